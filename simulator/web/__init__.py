"""HTTP around the org: calls in, answers out.

``calls``         what a handler gets and gives
``routing``       which handler answers a path
``serving``       sessions, versions, quotas and errors around every handler
``header_names``  how header names are written
``app``           the ASGI application
"""
