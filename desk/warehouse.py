"""The warehouse, for commands that read: the embedded server is started if need be."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from desk.embedded import embedded_postgres
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import WarehouseUnavailable


@contextmanager
def readable_warehouse(environment: Environment) -> Iterator[psycopg.Connection]:
    """A connection that may read and nothing else.

    Raises WarehouseUnavailable when the server does not answer.
    """
    if environment.warehouse_url:
        with _connected(environment.warehouse_url) as connection:
            yield connection
    else:
        with embedded_postgres(environment), _connected(warehouse_url(environment)) as connection:
            yield connection


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable(
            f"The warehouse does not answer: {str(error).strip()}. "
            "Start it, or set ELT_WAREHOUSE_URL to where it is."
        ) from error
    with connection:
        connection.read_only = True
        yield connection
