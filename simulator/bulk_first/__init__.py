"""Bulk API 1.0 for queries (clients.md 9): jobs that hold batches, each with a result.

``job``       jobs and batches: what is known of them, and how they count
``jobs``      all jobs of the org, kept in the database; their batches run by a few threads
``given``     what callers send: job descriptions in XML or JSON, the PK chunking header
``chunks``    a batch cut into ranges of Ids
``results``   a batch's records as CSV, JSON or XML, written once
``shapes``    jobs, batches, result lists and refusals in XML or JSON
``resources`` the HTTP resources
"""
