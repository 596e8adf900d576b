"""The product and the limit on one org: runs that measure, and what came of them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

import psycopg

from bench import processes
from bench.clients import OrgClient
from bench.ours import ORG, Done, Order
from bench.places import Database, Place, database, org
from bench.processes import Used
from bench.truth import Truth, columns
from salesforce_elt.environment import PROJECT
from salesforce_elt.warehouse.names import staging_schema, warehouse_name

OBJECT = "Opportunity"
WAREHOUSE = "warehouse"
# the daily requests of a large org, so that no tool meets the end of them
PLENTY = {"daily_api_requests": 5_000_000}


@dataclass
class Desk:
    """An org of some size, a warehouse beside it, and a folder for what programs write."""

    size: int
    server: Database
    place: Place
    folder: Path
    client: OrgClient
    run_numbers: Iterator[int] = field(default_factory=count)

    @cached_property
    def truth(self) -> Truth:
        """The opportunities as the org holds them; read again when they have changed."""
        return Truth(self.place.database_url, OBJECT, wanted=self.shape.keys())

    @cached_property
    def shape(self) -> dict[str, str]:
        """The fields of an opportunity that the product reads, and the types of their columns."""
        self.ours("plan", self.server.fresh(WAREHOUSE))
        url = self.server.url(WAREHOUSE)
        types = columns(url, staging_schema(ORG), warehouse_name(OBJECT))
        query = "select fields from sync.run_objects where sobject = %s"
        with psycopg.connect(url) as connection:
            (fields,) = next(connection.execute(query, [OBJECT]))
        return {name: types[warehouse_name(name)] for name in fields}

    def change(self, number: int) -> None:
        """Have so many opportunities changed."""
        self.client.change(number, seed=next(self.run_numbers))
        self.__dict__.pop("truth", None)

    def ours(self, steps: str, warehouse_url: str, *, kind: str = "incremental") -> Done:
        """Run the product's stations in a process of their own."""
        keys, number = self.place.keys, next(self.run_numbers)
        order = Order(
            self.place.url,
            keys["consumer_key"],
            keys["consumer_secret"],
            warehouse_url,
            f"{ORG}/run-{number:04d}",
            steps,
            kind,
            OBJECT,
        )
        used = self.run([sys.executable, "-m", "bench.ours"], given=json.dumps(asdict(order)))
        return Done(**json.loads(used.output))

    def new_folder(self) -> Path:
        """An empty folder, gone with the desk."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def run(
        self,
        command: Sequence[str | Path],
        *,
        given: str = "",
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Used:
        """Run a program, which finds this project's packages unless PYTHONPATH says otherwise."""
        path = f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT}"
        named = {"PYTHONPATH": path, **(variables or {})}
        return processes.run(
            command, variables=named, folder=folder or self.new_folder(), given=given
        )

    def columns_as_staged(self) -> dict[str, str]:
        """The columns of the fields, where they are named as the product names them."""
        return {name: f'"{warehouse_name(name)}"' for name in self.shape}


@contextmanager
def desk(size: int) -> Iterator[Desk]:
    """A desk with a new generated org."""
    with database() as server, org(server, size) as place:
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=server.folder.parent))
        client = OrgClient(place)
        client.allow(**PLENTY)
        try:
            yield Desk(size, server, place, folder, client)
        finally:
            shutil.rmtree(folder)
