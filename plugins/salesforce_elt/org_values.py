"""What an org has of the things that settings name: opportunity types and sales processes."""

from collections.abc import Iterable, Mapping, Sequence

import psycopg
from psycopg import sql

from salesforce_elt.run import Run
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.warehouse.staging import StagingTable

FIELDS = (("Opportunity", "Type"),)  # the picklists whose values settings name


def note_picklists(conn: psycopg.Connection, run: Run, describes: Mapping[str, Answer]) -> None:
    """Keeps the values of the picklists that settings name, as the org describes them now."""
    for sobject, name in FIELDS:
        answer = describes[sobject]
        fields = answer.body["fields"] if answer.is_success else []
        for values in (one["picklistValues"] for one in fields if one["name"] == name):
            _replace_picklist(conn, run.org, sobject, name, values)


def known_types(conn: psycopg.Connection, org: str, names: Sequence[str]) -> set[str]:
    """Those of the names that the picklist has or an opportunity bears, compared by the server, as
    the models do. Opportunities are looked through only for what the picklist lacks."""
    rows = conn.execute(
        sql.SQL(
            "select n.name from unnest({names}::text[]) as n (name)"
            " where exists (select 1 from sync.picklist_values as p where p.org = {org}"
            " and p.sobject = 'Opportunity' and p.field = 'Type'"
            " and lower(p.value) = lower(n.name))"
            " or exists (select 1 from {opportunity} as o where not o._is_deleted"
            " and lower(o.type) = lower(n.name))"
        ).format(names=list(names), org=org, opportunity=StagingTable(org, "Opportunity").name)
    )
    return {name for (name,) in rows}


def all_types(conn: psycopg.Connection, org: str) -> list[str]:
    """Every type of the picklist or of an opportunity."""
    rows = conn.execute(
        sql.SQL(
            "select value from sync.picklist_values where org = {org} and sobject = 'Opportunity'"
            " and field = 'Type' union select type from {opportunity}"
            " where not _is_deleted and type is not null order by 1"
        ).format(org=org, opportunity=StagingTable(org, "Opportunity").name)
    )
    return [name for (name,) in rows]


def present_processes(conn: psycopg.Connection, org: str) -> dict[str, str]:
    """The sales processes of opportunities: Ids and names."""
    rows = conn.execute(
        sql.SQL(
            "select id, name from {} where not _is_deleted and table_enum_or_id = 'Opportunity'"
            " and name is not null order by id"
        ).format(StagingTable(org, "BusinessProcess").name)
    )
    return dict(rows.fetchall())


def _replace_picklist(
    conn: psycopg.Connection,
    org: str,
    sobject: str,
    field_name: str,
    values: Iterable[Mapping[str, object]],
) -> None:
    place = [org, sobject, field_name]
    with conn.transaction():
        conn.execute(
            "delete from sync.picklist_values where org = %s and sobject = %s and field = %s", place
        )
        conn.execute(
            "insert into sync.picklist_values (org, sobject, field, value)"
            " select %s, %s, %s, v.value from unnest(%s::text[]) as v (value)"
            " on conflict do nothing",
            [*place, [one["value"] for one in values]],
        )
