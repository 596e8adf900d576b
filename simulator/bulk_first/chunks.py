"""A batch cut into ranges of Ids, as ``Sforce-Enable-PKChunking`` asks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from simulator.bulk_first.job import IdRange
from simulator.soql.plan import Plan
from simulator.soql.sql import Sql, quote
from simulator.storage.connections import Connection


def ranges(connection: Connection, plan: Plan, *, schema: str, size: int) -> list[IdRange]:
    """Ranges of so many records of the object, whichever of them the query finds later."""
    table = f"{quote(schema)}.{quote(plan.sobject.name)}"
    numbered = f'select "Id", row_number() over (order by "Id") - 1 as place from {table}'
    found = connection.execute(
        f'select "Id" from ({numbered}) n where place > 0 and place %% %s = 0 order by "Id"',
        (size,),
    )
    edges = ["", *(row[0] for row in found.fetchall()), ""]
    return [IdRange(first, end) for first, end in pairwise(edges)]


def within(plan: Plan, ids: IdRange) -> Plan:
    """The plan for a range only."""
    column = f'{plan.table}."Id"'
    conditions = plan.conditions
    for sign, edge in ((">=", ids.first), ("<", ids.end)):
        if edge:
            word = " and " if conditions.text else " where "
            conditions = conditions + Sql(f"{word}{column} {sign} %s", (edge,))
    return replace(plan, conditions=conditions)
