"""Logins: OAuth tokens, SOAP login(), sessions, and who one is (api.md 1).

``sessions``   who is logged in, until when
``token``      the token endpoint and its flows
``assertions`` the JWT bearer flow's assertion
``soap``       SOAP login()
``identity``   userinfo, identity, introspection, revocation
"""
