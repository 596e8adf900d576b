"""A new org: empty, from a folder, or generated."""

from __future__ import annotations

from pathlib import Path

from simulator import seeds
from simulator.catalog import standard_catalog
from simulator.derived import Save, default_values, derive
from simulator.folders import load_folder, prepare
from simulator.generate import generate_org
from simulator.org import Org
from simulator.stages import DEFAULT_STAGES
from simulator.storage.rows import Record


def install(org: Org) -> None:
    """Make this an org without any records; what it was before is gone."""
    if org.store.sobjects:
        org.bulk.forget_all()
        org.batches.forget_all()
    org.permissions.clear()
    org.store.install(standard_catalog())


def fill_empty(org: Org) -> None:
    """What a new org holds on its first day: itself, its user, its stages."""
    store, at = org.store, org.clock.stamp()
    rows = {
        "Organization": [seeds.organization(at)],
        "Profile": seeds.profiles(at),
        "User": [seeds.running_user(at)],
        "OpportunityStage": seeds.stage_rows(DEFAULT_STAGES, at),
    }
    for name, records in rows.items():
        store.load(name, [_whole(org, name, record) for record in records])


def replace_by_folder(org: Org, folder: Path) -> dict[str, int]:
    """A new org with a folder's data; OrgFolderInvalid, and nothing changed, if it does not fit."""
    prepare(folder, standard_catalog(), now=org.clock.now())
    install(org)
    return load_folder(org.store, folder)


def replace_by_generated(org: Org, size: int, seed: int) -> dict[str, int]:
    """A new org with ``size`` opportunities and all that goes with them."""
    install(org)
    return generate_org(org.store, size, seed)


def replace_by_empty(org: Org) -> None:
    """A new org on its first day."""
    install(org)
    fill_empty(org)


def _whole(org: Org, name: str, record: Record) -> Record:
    complete = {**default_values(org.store.sobjects[name]), **record}
    with org.store.transaction() as work:
        return {**complete, **derive(name, Save(complete, record), work.facts)}
