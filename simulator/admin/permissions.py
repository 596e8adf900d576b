"""The administrator's resources for what the integration user may see and do."""

from __future__ import annotations

from typing import Any

from simulator.access import granting
from simulator.access.objects import governing, grantable_fields
from simulator.access.rights import OBJECT_RIGHTS
from simulator.admin.bodies import body_of
from simulator.auth.history import keep_audit
from simulator.catalog.types import SObject
from simulator.errors import SalesforceError, not_found
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

NAMES = {"permission_set", "object", "rights", "fields", "system"}
ALL = "all"


def show(org: Org, call: Call) -> Answer:
    """What the integration user holds, all sources together."""
    rights, catalog = org.rights(), org.catalog
    objects = {
        one.name: sorted(rights.on(one)) for one in catalog.values() if governing(one) == one.name
    }
    return Answer(
        body={
            "unlimited": rights.unlimited,
            "system": sorted(rights.system),
            "objects": objects,
            "private": sorted(org.permissions.private),
        }
    )


def profile(org: Org, call: Call) -> Answer:
    """Give the integration user a profile: ``{"profile": "Standard User"}``."""
    name = str(body_of(call, "profile").get("profile", ""))
    found = granting.profile_named(org.store, name)
    if found is None:
        raise not_found(f"this org has no profile {name[:60]!r}")
    granting.set_profile(org.store, found)
    _audit(org, "changedProfileForUser", f"Changed profile for user {_user(org)} to {name}")
    return show(org, call)


def grant(org: Org, call: Call) -> Answer:
    """Grant by a permission set, which is made and assigned where it is not yet.

    ``{"permission_set": "Extract", "object": "Account", "rights": ["Read"], "fields": "all"}``
    """
    return _changed(org, call, granted=True)


def withdraw(org: Org, call: Call) -> Answer:
    """Withdraw what a permission set grants; without anything named, the set itself."""
    return _changed(org, call, granted=False)


def share(org: Org, call: Call) -> Answer:
    """The org-wide default of an object: ``{"object": "Opportunity", "private": true}``."""
    body = body_of(call, "object", "private")
    name, is_private = _known(org, body.get("object")).name, body.get("private")
    if not isinstance(is_private, bool):
        raise _refused("private is true or false")
    org.permissions.share(name, private=is_private)
    word = "Private" if is_private else "Public Read/Write"
    _audit(org, "changedSharing", f"Changed default access of {name} to {word}")
    return Answer(204)


def _changed(org: Org, call: Call, *, granted: bool) -> Answer:
    body = call.json_object()
    name = body.get("permission_set")
    if not isinstance(name, str) or not name or set(body) - NAMES:
        raise _refused(f"name a permission_set; it takes {sorted(NAMES)}")
    change = _read(org, body, granted=granted)
    set_id = granting.set_named(org.store, name)
    _apply(org, set_id, change, granted=granted)
    if granted:
        granting.assign(org.store, set_id)
        _audit(org, "PermSetAssign", f"Permission set {name}: assigned to user {_user(org)}")
    elif set(body) == {"permission_set"}:
        granting.unassign(org.store, set_id)
        _audit(org, "PermSetUnassign", f"Permission set {name}: unassigned from {_user(org)}")
    else:
        _audit(org, "PermSetEntityPermChanged", f"Permission set {name}: withdrew {change}")
    return show(org, call)


def _read(org: Org, body: dict[str, Any], *, granted: bool) -> dict[str, Any]:
    """What is granted or withdrawn, complete and checked."""
    change: dict[str, Any] = {"system": _texts(body, "system", _system(org))}
    if "object" not in body:
        return change
    sobject = _known(org, body["object"])
    if governing(sobject) != sobject.name:
        raise _refused(f"{sobject.name} has no permissions of its own")
    names = grantable_fields(sobject)
    short = [name.partition(".")[2] for name in names]
    fields = short if body.get("fields") == ALL else _texts(body, "fields", short)
    is_object = granted or "fields" not in body
    rights = _texts(body, "rights", OBJECT_RIGHTS) or (["Read"] if is_object else [])
    full = [f"{sobject.name}.{field}" for field in fields]
    return {**change, "object": sobject.name, "rights": rights, "fields": full}


def _apply(org: Org, set_id: str, change: dict[str, Any], *, granted: bool) -> None:
    if change["system"]:
        granting.change_system(org.store, set_id, change["system"], granted=granted)
    if change.get("rights"):
        rights = dict.fromkeys(change["rights"], granted)
        granting.change_object(org.store, set_id, change["object"], rights=rights)
    if change.get("fields"):
        granting.change_fields(org.store, set_id, change["fields"], granted=granted)


def _texts(body: dict[str, Any], name: str, known: Any) -> list[str]:
    given = body.get(name, [])
    if not isinstance(given, list) or not all(item in known for item in given):
        raise _refused(f"{name} is a list of {sorted(known)}")
    return list(given)


def _system(org: Org) -> list[str]:
    names = (field.name for field in org.store.sobjects["PermissionSet"].fields)
    return [n.removeprefix("Permissions") for n in names if n.startswith("Permissions")]


def _known(org: Org, name: Any) -> SObject:
    found = org.store.sobjects.get(name) if isinstance(name, str) else None
    if found is None:
        raise not_found(f"this org has no object {str(name)[:60]!r}")
    return found


def _user(org: Org) -> str:
    return str(org.user().get("Username"))


def _audit(org: Org, action: str, display: str) -> None:
    keep_audit(org, action, section="Manage Users", display=display)


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = tuple(
    Route(method, f"/simulator/{path}", handler, Access.ADMIN)
    for method, path, handler in (
        ("GET", "permissions", show),
        ("POST", "permissions/profile", profile),
        ("POST", "permissions/grant", grant),
        ("POST", "permissions/withdraw", withdraw),
        ("POST", "sharing", share),
    )
)
