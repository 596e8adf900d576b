"""The product's own stations in a process of their own, timed: ``python -m bench.ours``.

Reads an Order as JSON from its standard input and writes a Done to its standard output. What
Airflow adds (its scheduler, its processes) and the import of Great Expectations are left out.
"""

from __future__ import annotations

import json
import resource
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import httpx

from salesforce_elt import stations
from salesforce_elt.environment import ANALYST, PROJECT
from salesforce_elt.hashing import Salt
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, log_in
from salesforce_elt.settings import OrgSettings
from salesforce_elt.stations import Site

ORG = "bench"
A_DAY = timedelta(days=1)
T = TypeVar("T")
# each station opens its own; what they called is counted together
_clients: list[SalesforceClient] = []


@dataclass(frozen=True)
class Order:
    """What is run: ``steps`` are ``plan`` (that alone), ``extract`` of one object, or ``sync``."""

    instance_url: str
    consumer_key: str
    consumer_secret: str
    warehouse_url: str
    run_id: str
    steps: str
    kind: str = "incremental"
    sobject: str = ""


@dataclass
class Done:
    """What it took; ``seconds`` has what each station took, waits for the org's jobs left out."""

    seconds: dict[str, float] = field(default_factory=dict)
    waited_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_kb: int = 0
    fetched: int = 0
    api_calls: int = 0


def main() -> int:
    """Run the order, tell what it took."""
    order = Order(**json.loads(sys.stdin.read()))
    done = Done()
    site = _site(order, done)
    if order.steps == "extract":
        _extract(site, order, done)
    else:
        _sync(site, order, done)
    done.peak_memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(asdict(done)))
    return 0


def _extract(site: Site, order: Order, done: Done) -> None:
    run = stations.start(site, _request(order))
    stations.make_plan(site, run)
    _timed(done, "extract", partial(_read, site, run, order.sobject, done))


def _sync(site: Site, order: Order, done: Done) -> None:
    import great_expectations  # noqa: F401  (its import is not what is measured)

    run = _timed(done, "start", partial(stations.start, site, _request(order)))
    planned = _timed(done, "plan", partial(stations.make_plan, site, run))
    if order.steps == "plan":
        return
    for sobject in planned:
        _timed(done, f"extract {sobject}", partial(_read, site, run, sobject, done))
    transformed = _timed(done, "transform", partial(stations.transform_marts, site, run))
    if transformed:
        _timed(done, "audit", partial(stations.audit_marts, site, run, transformed))
        _timed(done, "publish", partial(stations.publish_marts, site, run, transformed))


def _read(site: Site, run: Run, sobject: str, done: Done) -> None:
    done.fetched += stations.extract_object(site, run, sobject).fetched


def _timed(done: Done, station: str, work: Callable[[], T]) -> T:
    began, waited, used, calls = time.monotonic(), done.waited_seconds, _cpu(), _calls()
    result = work()
    done.seconds[station] = time.monotonic() - began - (done.waited_seconds - waited)
    done.cpu_seconds += _cpu() - used
    done.api_calls += _calls() - calls
    return result


def _request(order: Order) -> RunRequest:
    return RunRequest(ORG, order.run_id, order.kind)


def _site(order: Order, done: Done) -> Site:
    def pause(seconds: float) -> None:
        began = time.monotonic()
        time.sleep(seconds)
        done.waited_seconds += time.monotonic() - began

    given = {"key": ORG, "connection": "bench", "pipelines": {"mode": "split"}}
    settings = OrgSettings.model_validate(given, strict=False)
    login = ClientCredentials(order.instance_url, order.consumer_key, order.consumer_secret)

    def client() -> SalesforceClient:
        http = httpx.Client(trust_env=False)
        _clients.append(
            SalesforceClient(
                lambda _: log_in(login, http=http, now=partial(datetime.now, UTC)),
                http=http,
                pause=pause,
                share=settings.quota.share,
            )
        )
        return _clients[-1]

    return Site(
        settings,
        order.warehouse_url,
        client,
        pause,
        PROJECT / "include",
        read_salt=lambda: Salt.of(secrets.token_hex()),  # nothing is hashed here
        now=lambda: datetime.now(UTC) + A_DAY,  # the org's clock is moved on by hours
        analyst=ANALYST,
    )


def _calls() -> int:
    return sum(client.calls for client in _clients)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
