"""A large org is made and loaded by several processes at once, one for each core.

Making records is work for the processor, of which Python gives a process one core. Each process
has a connection of its own; what an org holds does not depend on how many there are.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from multiprocessing import get_context, parent_process
from threading import Thread

from simulator.clock import Clock
from simulator.generated.parts import Loaded, Part, load_part, parts
from simulator.generated.plan import Plan
from simulator.store import Store

# below this starting processes takes longer than they save
LARGE = 15_000


@dataclass(frozen=True)
class Order:
    """Which org is made, and where it is loaded."""

    database_url: str
    schema: str
    size: int
    seed: int
    now: datetime


def load_parts(store: Store, plan: Plan) -> Iterator[Loaded]:
    """Make and load all parts of an org, a large one by several processes."""
    if plan.size < LARGE:
        yield from (load_part(store, plan, part) for part in parts(plan))
        return
    order = Order(store.connections.url, store.schema, plan.size, plan.seed, plan.now)
    # forking would copy the threads' locks and the open connections
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_begin) as crew:
        work = [crew.submit(_load, order, part) for part in parts(plan)]
        try:
            yield from (done.result() for done in work)
        finally:
            crew.shutdown(cancel_futures=True)


def _begin() -> None:
    """In a process of the crew: whoever started it decides when it ends, and it dies with them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _load(order: Order, part: Part) -> Loaded:
    store, plan = _opened(order)
    return load_part(store, plan, part)


@cache
def _opened(order: Order) -> tuple[Store, Plan]:
    store = Store(order.database_url, Clock(order.now), order.schema)
    store.is_loading = True
    return store, Plan(order.size, order.seed, order.now, store.sobjects)
