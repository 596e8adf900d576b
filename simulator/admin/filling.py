"""A new org: empty, from a folder, or generated."""

from __future__ import annotations

from pathlib import Path

from simulator import seeds
from simulator.access.seeding import seed_permissions
from simulator.catalog import standard_catalog
from simulator.catalog.features import with_person_accounts
from simulator.catalog.types import SObject
from simulator.derived import Save, default_values, derive
from simulator.folders import load_folder, prepare
from simulator.generate import generate_org
from simulator.generated.crew import load_parts
from simulator.org import Org
from simulator.storage.rows import Record


def catalog_of(org: Org) -> dict[str, SObject]:
    """The objects that a new org has with the features that its options switch on."""
    catalog = standard_catalog(multi_currency=org.options.on("multi_currency"))
    return with_person_accounts(catalog) if org.options.on("person_accounts") else catalog


def install(org: Org) -> None:
    """Make this an org without any records; what it was before is gone."""
    if org.store.sobjects:
        org.bulk.forget_all()
        org.batches.forget_all()
        org.ingest.forget_all()
    org.permissions.clear()
    org.store.install(catalog_of(org))


def fill_empty(org: Org) -> None:
    """What a new org holds on its first day: itself, its user, its stages."""
    store, at = org.store, org.clock.stamp()
    for name, records in seeds.own_rows(store.sobjects, at).items():
        store.load(name, [_whole(org, name, record) for record in records])
    seed_permissions(store)


def replace_by_folder(org: Org, folder: Path) -> dict[str, int]:
    """A new org with a folder's data; OrgFolderInvalid, and nothing changed, if it does not fit."""
    prepare(folder, catalog_of(org), now=org.clock.now())
    install(org)
    loaded = load_folder(org.store, folder)
    seed_permissions(org.store)
    return loaded


def replace_by_generated(org: Org, size: int, seed: int) -> dict[str, int]:
    """A new org with ``size`` opportunities and all that goes with them."""
    install(org)
    return fill_generated(org, size, seed)


def fill_generated(org: Org, size: int, seed: int) -> dict[str, int]:
    """What a new org holds that is generated; several processes work at a large one."""
    store = org.store
    with store.loading():
        generated = generate_org(store, size, seed, load=lambda plan: load_parts(store, plan))
    seed_permissions(store)
    return generated


def replace_by_empty(org: Org) -> None:
    """A new org on its first day."""
    install(org)
    fill_empty(org)


def _whole(org: Org, name: str, record: Record) -> Record:
    complete = {**default_values(org.store.sobjects[name]), **record}
    with org.store.transaction() as work:
        return {**complete, **derive(name, Save(complete, record), work.facts)}
