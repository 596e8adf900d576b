"""A Salesforce org on your desk: what its API answers, over HTTP, with data in PostgreSQL.

What an org is:

``catalog``      its objects and fields, and how they describe themselves
``store``        its records, and every way to change them (``storage`` does the work)
``ids``          its record Ids; ``derived``, ``stages``, ``processes``: what it works out by itself
``seeds``        what every org has on its first day
``formulas``     fields that compute when they are read
``folders``      its data from CSV files; ``generate``: from a seed; ``changes``: as users change it
``clock``        its time; ``options``: its switches; ``access``, ``permissions``: what users see
``usage``        what was used of its quotas; ``credentials``: its keys; ``org``: all of it together

What it answers:

``auth``         logins and sessions
``soql``         statements become SQL, rows become records
``rest``         describe, query, rows, composite, replication, limits
``bulk``         Bulk 2.0 query jobs; ``bulk_first``: Bulk 1.0; ``ingest``: Bulk 2.0 ingest
``admin``        what only the simulator has: data, clock, switches
``faults``       what goes wrong on demand
``tls``          https, an authority of its own and a proxy for Salesforce's hosts
``web``          HTTP around all of them; ``resources``: the table of paths; ``server``: runs it

It answers as the API does, knows nothing of who asks, and says of itself in ``options`` where the
documentation leaves two readings.
"""
