"""Bulk 2.0 ingest: records in by CSV, one answer a row (api.md 3.8).

``job``        one job: its states and how it shows itself
``table``      the CSV that was uploaded, as rows of values
``loading``    a row becomes an insert, an update, an upsert or a delete
``jobs``       all jobs of an org: their files, the thread that works on them
``resources``  the HTTP resources
"""
