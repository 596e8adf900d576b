"""Bulk API 2.0 query (api.md 3).

``jobs``      all jobs of the org, kept in the database, run by a few threads
``job``       one job: its states and how it shows itself
``checks``    what Bulk refuses although SOQL allows it
``results``   the result file of a job, written once, served in pages
``resources`` the HTTP resources
"""
