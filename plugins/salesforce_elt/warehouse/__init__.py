"""
The PostgreSQL warehouse, from the connection to the tables a record passes.

    connection   how stations reach it, and that they find its own tables there
    versions     which version of its own tables it has, and which are known
    migrating    from its version to that of this code, step by step
    migrations   the steps
    names        what an SObject and a field are called here
    staging      a table per SObject: made, widened, never narrowed
    landing      where an extract's pages arrive
    replacing    what was loaded beside staging becomes staging
    locks        waiting for a table, but not without end
    leases       one writer per org, by a fencing number
"""
