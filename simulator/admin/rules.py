"""What makes an org refuse what it is given: validation and duplicate rules, locked records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from simulator.admin.bodies import body_of
from simulator.catalog.types import SObject
from simulator.errors import SalesforceError, SoqlError, not_found
from simulator.formulas.typed import BOOLEAN, FormulaInvalid, of_kind
from simulator.ids import is_id, to_18
from simulator.org import Org
from simulator.soql.scope import Scope
from simulator.storage.rules import DUPLICATE, VALIDATION, Rule, drop_rule, keep_rule
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

LONGEST_LOCK_SECONDS = 86_400


def add_rule(org: Org, call: Call) -> Answer:
    """A rule: ``{"kind": "validation", "object": …, "name": …, "formula": …, "message": …}``."""
    body = body_of(call, "kind", "object", "name", "formula", "message", "fields")
    sobject = org.store.sobjects.get(str(body.get("object", "")))
    if sobject is None:
        raise not_found(f"this org has no object {body.get('object')!r}")
    rule = _rule(sobject, body)
    if rule.kind == VALIDATION:
        _check_formula(org, sobject, rule.formula)
    with org.store.connections.transaction() as connection:
        keep_rule(connection, org.store.state, rule)
    return Answer(201, {"object": rule.sobject, "name": rule.name, "kind": rule.kind})


def remove_rule(org: Org, call: Call) -> Answer:
    """Take the rule of that name away."""
    with org.store.connections.transaction() as connection:
        named = call.params
        drop_rule(connection, org.store.state, sobject=named["sobject"], name=named["name"])
    return Answer(204)


def lock(org: Org, call: Call) -> Answer:
    """Hold records, as somebody else's transaction would: ``{"ids": […], "seconds": 30}``."""
    body = body_of(call, "ids", "seconds")
    ids, seconds = body.get("ids"), body.get("seconds", 30)
    if not isinstance(ids, list) or not all(isinstance(i, str) and is_id(i) for i in ids):
        raise _refused('send the Ids of the records: {"ids": [...]}')
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _refused("seconds is a number")
    held = timedelta(seconds=min(max(float(seconds), 0), LONGEST_LOCK_SECONDS))
    until = org.clock.now() + held
    org.store.locks.update({to_18(record_id): until for record_id in ids})
    return Answer(body={"locked": ids, "until": until.isoformat()})


def _rule(sobject: SObject, body: Mapping[str, Any]) -> Rule:
    kind, fields = body.get("kind"), body.get("fields", [])
    if kind not in (VALIDATION, DUPLICATE):
        raise _refused(f"kind is {VALIDATION} or {DUPLICATE}, not {kind!r}")
    known = [sobject.field(str(name)) for name in fields] if isinstance(fields, list) else [None]
    names = tuple(field.name for field in known if field is not None and not field.computed)
    if len(names) < len(known) or (kind == DUPLICATE and not names):
        raise _refused(f"fields is a list of fields of {sobject.name}")
    texts = {name: str(body.get(name, "")) for name in ("name", "formula", "message")}
    if not texts["name"]:
        raise _refused("a rule has a name")
    return Rule(kind=str(kind), sobject=sobject.name, fields=names, **texts)


def _check_formula(org: Org, sobject: SObject, formula: str) -> None:
    scope = Scope(org.reader(), sobject)
    try:
        of_kind(scope.formulas.typed(formula, scope.root), BOOLEAN, "a validation rule")
    except (FormulaInvalid, SoqlError) as error:
        raise _refused(str(error)) from error


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = (
    Route("POST", "/simulator/rules", add_rule, Access.ADMIN),
    Route("DELETE", "/simulator/rules/{sobject}/{name}", remove_rule, Access.ADMIN),
    Route("POST", "/simulator/locks", lock, Access.ADMIN),
)
