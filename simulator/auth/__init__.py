"""Logins: OAuth tokens, SOAP login(), sessions, and who one is (api.md 1).

``sessions``   who is logged in, until when
``grants``     authorization codes and refresh tokens
``restrictions``  from where, when and how often one may log in; ``rules`` checks it
``reasons``    why a login is refused
``history``    what LoginHistory and SetupAuditTrail keep
``token``      the token endpoint and its flows
``authorize``  where the web server flow begins
``admission``  whether a session opens the data APIs
``assertions`` the JWT bearer flow's assertion
``soap``       SOAP login()
``identity``   userinfo, identity, introspection, revocation
"""
