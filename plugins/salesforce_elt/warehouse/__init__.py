"""
The PostgreSQL warehouse, from the connection to the tables a record passes.

    connection   how stations reach it, and the sync schema that they find there
    names        what an SObject and a field are called here
    staging      a table per SObject: made, widened, never narrowed
    landing      where an extract's pages arrive
    replacing    what was loaded beside staging becomes staging
    locks        waiting for a table, but not without end
    leases       one writer per org, by a fencing number
"""
