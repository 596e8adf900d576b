"""What a person may choose when triggering a DAG by hand, with the help beside it."""

from collections.abc import Iterable

from airflow.sdk import Param

from salesforce_elt.objects import objects_to_sync
from salesforce_elt.settings import OrgSettings


def sync_form(orgs: tuple[OrgSettings, ...]) -> dict[str, Param]:
    """What a person may choose when triggering a sync by hand."""
    keys = [org.key for org in orgs]
    return {
        "kind": Param(
            "incremental",
            type="string",
            title="Kind",
            enum=["incremental", "full", "reconcile"],
            values_display={
                "incremental": "Incremental: what changed since the last sync",
                "full": "Full synchronization: every record",
                "reconcile": "Reconcile: what changed, formulas, untraced deletes, and a proof",
            },
            description="A full synchronization reads everything again; unchanged records change "
            "nothing in the marts. A reconcile looks for what changes do not tell.",
        ),
        "orgs": Param(
            keys,
            type="array",
            title="Orgs",
            examples=keys,
            description="The orgs to sync.",
        ),
        "objects": Param(
            [],
            type=["array", "null"],
            title="Objects",
            examples=_objects(orgs),
            description="The objects to read in full or to reconcile; the others are synced "
            "incrementally. None chosen: all of them.",
        ),
    }


def orgs_form(orgs: Iterable[str]) -> dict[str, Param]:
    """Which orgs a person may choose to have checked."""
    keys = list(orgs)
    return {
        "orgs": Param(
            keys, type="array", title="Orgs", examples=keys, description="The orgs to check."
        )
    }


def _objects(orgs: Iterable[OrgSettings]) -> list[str]:
    """The API names of everything that one of the orgs syncs."""
    names = [one.name for org in orgs for one in objects_to_sync(tuple(org.objects))]
    return list(dict.fromkeys(names))
