"""
What an Airflow connection says becomes access to an org. Nothing here imports Airflow.

    given      what one connection gives, under one name each, blanks left out
    choice     which login that amounts to, or what is missing or contradicts itself
    hosts      the address to log in at
    trust      proxy, certificate authority, private key: what surrounds a login
    access     all of it: a client for HTTP, and a token
"""

from salesforce_elt.connections.access import OrgAccess, org_access
from salesforce_elt.connections.given import ConnectionFields

__all__ = ["ConnectionFields", "OrgAccess", "org_access"]
