"""The warehouse as the page reads it: quickly or not at all.

The page shares the API server's threads with everything that Airflow's UI and its tasks ask, so a
slow warehouse must not hold many of them, nor one for long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import psycopg

from salesforce_elt.errors import WarehouseUnavailable
from salesforce_elt.warehouse.connection import connect_to_read

SECONDS = 3
AT_ONCE = 4

_places = BoundedSemaphore(AT_ONCE)


@contextmanager
def reading(url: str) -> Iterator[psycopg.Connection]:
    """A connection that reads one state of the warehouse.

    Raises WarehouseUnavailable when the server does not answer, when an answer takes too long, or
    when too many ask at once.
    """
    if not _places.acquire(timeout=SECONDS):
        raise WarehouseUnavailable(f"{AT_ONCE} others are reading the sync results already.")
    try:
        with connect_to_read(url, seconds=SECONDS) as conn:
            yield conn
    except psycopg.errors.QueryCanceled as error:
        raise WarehouseUnavailable(f"A query took longer than {SECONDS} s.") from error
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable("The connection to the warehouse was lost.") from error
    finally:
        _places.release()
