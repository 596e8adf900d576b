"""`make org`: the simulated Salesforce org alone, for any client, until someone stops it.

It is another org than the one of `make run` and `make up`: it has its own records and its own keys.
"""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from desk.embedded import embedded_postgres
from desk.org import Place, Source, has_org, org_url, simulated_org
from desk.processes import Started, require_free_port, require_running
from desk.progress import say, step
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid

DATABASE = "org_alone"
SECONDS_BETWEEN_LOOKS = 1.0


def main(arguments: Sequence[str]) -> int:
    """Start the org, say how it is reached, and stop it at the end.

    The arguments are a folder, a number of opportunities and a seed, each empty when not given;
    without any of them the org of the last time goes on.
    """
    environment = Environment.read(os.environ)
    wanted = _source(*arguments)
    tls_port, proxy_port = environment.simulator_port + 1, environment.simulator_port + 2
    for port, what in ((tls_port, "TLS"), (proxy_port, "The proxy")):
        require_free_port(port, variable="ELT_SIMULATOR_PORT", what=what)
    place = Place(
        DATABASE,
        folder=environment.home / "org-alone",
        credentials=environment.home / "org-alone.json",
        more=("--tls-port", str(tls_port), "--proxy-port", str(proxy_port)),
    )
    with ExitStack() as stack:
        started = _start(environment, stack, wanted=wanted, place=place)
        _say_how(environment, place=place, tls_port=tls_port, proxy_port=proxy_port)
        _watch_until_asked_to_stop(started)
        say("\nStopping ...")
    say("The org is stopped; its records stay for the next make org.")
    return 0


def _start(
    environment: Environment, stack: ExitStack, *, wanted: Source | None, place: Place
) -> Started:
    with step("PostgreSQL"):
        postgres = stack.enter_context(embedded_postgres(environment))
    source = wanted or (None if has_org(postgres, DATABASE) else Source())
    title = f"a simulated org: {source}" if source else "the simulated org of the last time"
    with step(title):
        org = simulated_org(environment, postgres, source=source, place=place)
        return stack.enter_context(org)


def _source(folder: str = "", size: str = "", seed: str = "") -> Source | None:
    if folder:
        return Source(folder=Path(folder).expanduser().absolute())
    if not (size or seed):
        return None
    for name, value in (("N", size), ("SEED", seed)):
        if value and not value.isdecimal():
            raise SettingsInvalid(f"{name} is '{value}'. Give a whole number, for example {name}=7")
    return Source(size=int(size or Source.size), seed=int(seed or Source.seed))


def _watch_until_asked_to_stop(started: Started) -> None:
    try:
        while True:
            require_running([started])
            time.sleep(SECONDS_BETWEEN_LOOKS)
    except (KeyboardInterrupt, SystemExit):
        return


def _say_how(environment: Environment, *, place: Place, tls_port: int, proxy_port: int) -> None:
    authority = place.folder / "tls/authority.pem"
    say(f"\n  instance URL   {org_url(environment)}")
    say(f"  with TLS       https://localhost:{tls_port}")
    say(f"  credentials    {place.credentials}   (consumer key and secret, user, private key)")
    say("\n  A client with login.salesforce.com or *.my.salesforce.com built in reaches it with")
    say(f"    export HTTPS_PROXY=http://127.0.0.1:{proxy_port}")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        say(f"    export {name}='{authority}'")
    say("\n  Log in as an app:")
    say(
        f"    curl {org_url(environment)}/services/oauth2/token -d grant_type=client_credentials \\"
    )
    say("      -d client_id=<consumer_key> -d client_secret=<consumer_secret>")
    say("\n  simulator/README.md says what else there is. Ctrl-C stops the org.")
