"""TLS for clients that speak only ``https`` and have Salesforce's hosts built in (clients.md 12).

``names``      the hosts that an org answers for, and the URL that a caller reached
``authority``  a certificate authority of the org's own, and the certificate that it signs
``proxy``      a CONNECT proxy on the loopback address that leads those hosts here, and no other
"""
