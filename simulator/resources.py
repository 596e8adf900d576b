"""All resources of an org, in one table."""

from __future__ import annotations

from simulator.admin import declaring, logins, permissions
from simulator.admin import resources as admin
from simulator.admin import rules as admin_rules
from simulator.auth import authorize, identity, soap, token
from simulator.bulk import resources as bulk
from simulator.bulk_first import resources as bulk_first
from simulator.faults import resources as faults
from simulator.ingest import resources as ingest
from simulator.org import Org
from simulator.rest import (
    bodies,
    collections,
    composite,
    discovery,
    external_ids,
    limits,
    query,
    replication,
    rows,
    ui_api,
)
from simulator.web.calls import Answer, Call
from simulator.web.routing import Router
from simulator.web.serving import Server


def server(org: Org) -> Server:
    """Everything that the org answers."""

    def serve(call: Call) -> Answer:
        return serving.inner(call)

    # paths with a fixed last segment stand before those with a parameter in its place
    tables = (
        token.ROUTES,
        authorize.ROUTES,
        identity.ROUTES,
        soap.ROUTES,
        composite.routes(serve),
        collections.ROUTES,
        limits.ROUTES,
        query.ROUTES,
        replication.ROUTES,
        discovery.ROUTES,
        rows.ROUTES,
        bodies.ROUTES,
        external_ids.ROUTES,
        ui_api.ROUTES,
        bulk.ROUTES,
        ingest.ROUTES,
        bulk_first.ROUTES,
        admin.ROUTES,
        faults.ROUTES,
        logins.ROUTES,
        permissions.ROUTES,
        declaring.ROUTES,
        admin_rules.ROUTES,
    )
    serving = Server(org, Router(route for table in tables for route in table))
    return serving
