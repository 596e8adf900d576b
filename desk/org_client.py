"""The API of an org for a command, by an Airflow connection."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from desk.airflow import airflow_environment
from desk.embedded import embedded_postgres
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.warehouse.connection import connect, prepare

# (an Airflow connection's id, the share of the daily requests that may be used) -> a client
OpenClient = Callable[[str, Decimal], SalesforceClient]


@contextmanager
def org_clients(environment: Environment) -> Iterator[OpenClient]:
    """Opens clients by connection, while the embedded server runs: Airflow's own connections are
    in it, and the session that a client shares with the tasks is in the warehouse.

    A client logs in anew. Opening one raises ConnectionInvalid when the connection is not there.
    """
    with embedded_postgres(environment):
        # Nobody reads a log here: what matters is an error, or what the command prints.
        quiet = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
        os.environ.update(airflow_environment(environment) | quiet)
        url = warehouse_url(environment)
        with connect(url) as conn:
            prepare(conn)  # the session is kept there, and this may be the first command
        yield lambda conn_id, share: _open(conn_id, share, url)


def _open(conn_id: str, share: Decimal, url: str) -> SalesforceClient:
    # Airflow reads its settings when it is imported, so they have to be there before.
    from airflow.models.connection import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from salesforce_elt.connections import org_access
    from salesforce_elt.hooks.salesforce import fields_of, no_connection, open_client

    try:
        connection = Connection.get_connection_from_secrets(conn_id)
    except AirflowNotFoundException as error:
        raise no_connection(conn_id) from error
    return open_client(
        org_access(fields_of(connection, conn_id=conn_id)),
        share=share,
        connect=lambda: connect(url),
        is_login_tested=True,
    )
