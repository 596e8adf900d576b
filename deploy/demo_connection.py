"""`python -m deploy.demo_connection`: the connection to the simulated org, as Airflow reads it."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from salesforce_elt.connection_fields import CONNECTION_TYPE

NAME = "salesforce_demo"


def connection(
    credentials: Mapping[str, str], *, host: str, authority: Path
) -> dict[str, dict[str, object]]:
    """What `airflow connections import` reads: by its name, the org at `host` over TLS."""
    extra = {name: credentials[name] for name in ("consumer_key", "consumer_secret")}
    extra["certificate_authority_file"] = str(authority)
    return {NAME: {"conn_type": CONNECTION_TYPE, "host": host, "extra": json.dumps(extra)}}


def main(arguments: list[str] | None = None) -> None:
    """Prints the connection as JSON."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo_connection", description=__doc__)
    parser.add_argument("--credentials", type=Path, required=True, help="the simulator's file")
    parser.add_argument("--host", required=True, help="where the org answers, https://...")
    parser.add_argument("--authority", type=Path, required=True, help="whom to trust, PEM")
    given = parser.parse_args(arguments)
    credentials = json.loads(given.credentials.read_text())
    json.dump(connection(credentials, host=given.host, authority=given.authority), sys.stdout)


if __name__ == "__main__":
    main()
