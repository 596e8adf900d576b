"""HTTP around the org: calls in, answers out.

``calls``      what a handler gets and gives
``routing``    which handler answers a path
``serving``    sessions, versions, quotas and errors around every handler
``app``        the ASGI application
"""
