"""What the permission set would grant and the integration user does not have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from salesforce_elt.permission_set import (
    LABEL,
    Describes,
    PermissionSet,
    fields_by_name,
)
from salesforce_elt.permissionable import SHOWN_BY, SystemPermission
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer, ask, query_path

READ, VIEW_ALL, FIELD_READ = "Read", "View All Records", "Read Access"
SEES_EVERYTHING = ("ViewAllData", "ModifyAllData")
SEES_LOGINS = ("MonitorLoginHistory", "ManageUsers")
_ACCESS, _OBJECTS = "UserPermissionAccess", "ObjectPermissions"


@dataclass(frozen=True)
class Lack:
    """A right that is not there, and where it is given; `right` is as Setup's page calls it."""

    sobject: str | None
    field: str | None
    right: str
    cure: str


@dataclass(frozen=True)
class Held:
    """What the org tells of the user's rights.

    A system permission that is not in `system` is one that the org does not tell of. `seen_whole`
    are the objects with View All Records; None: only who may view setup is told, and the user
    may not.
    """

    system: Mapping[str, bool]
    seen_whole: frozenset[str] | None


def read_held(client: SalesforceClient, wanted: PermissionSet) -> Held:
    """The rights of the user that the client logs in as, in three API calls.

    UserPermissionAccess tells of whoever asks, ObjectPermissions only to who may view setup. What
    is refused is not known; no right is taken to be missing because of it.
    """
    root = client.get(f"{client.data_path}/", asked="Ask who this connection is")
    user_id = str(root["identity"]).rsplit("/", 1)[-1]
    path = {_ACCESS: f"/sobjects/{_ACCESS}/describe"}
    told = ask(client, path, asked="Ask which permissions Salesforce tells of")[_ACCESS]
    names = dict.fromkeys([*(one.name for one in wanted.system), *SEES_EVERYTHING, *SEES_LOGINS])
    asked = [name for name in names if f"Permissions{name}" in fields_by_name(told)]
    questions = {_OBJECTS: query_path(_view_all_of(wanted, user_id))}
    if asked:
        listed = ", ".join(f"Permissions{name}" for name in asked)
        questions[_ACCESS] = query_path(f"SELECT {listed} FROM {_ACCESS}")
    answers = ask(client, questions, asked="Ask what the integration user is granted")
    system = _first(answers[_ACCESS], asked) if asked else {}
    return Held(system, _seen_whole(answers[_OBJECTS], wanted, system))


def lacking(wanted: PermissionSet, describes: Describes, held: Held) -> tuple[Lack, ...]:
    """Objects, fields and rights that are missing, in the order of the permission set.

    `describes` are what the integration user is shown; an object without one is not judged.
    """
    return (
        *_system(wanted, describes, held),
        *_objects(wanted, describes, held),
        *_fields(wanted, describes),
    )


def _view_all_of(wanted: PermissionSet, user_id: str) -> str:
    names = ", ".join(f"'{one.sobject}'" for one in wanted.objects if one.sees_all)
    return (
        f"SELECT SobjectType FROM {_OBJECTS} WHERE PermissionsViewAllRecords = true"
        f" AND SobjectType IN ({names}) AND ParentId IN (SELECT PermissionSetId"
        f" FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}')"
    )


def _first(answer: Answer, asked: list[str]) -> dict[str, bool]:
    records = answer.body["records"] if answer.is_success else []
    return {name: bool(row[f"Permissions{name}"]) for row in records[:1] for name in asked}


def _seen_whole(
    answer: Answer, wanted: PermissionSet, system: Mapping[str, bool]
) -> frozenset[str] | None:
    if any(system.get(name) for name in SEES_EVERYTHING):
        return frozenset(one.sobject for one in wanted.objects)
    if not answer.is_success:
        return None
    return frozenset(one["SobjectType"] for one in answer.body["records"])


def _system(wanted: PermissionSet, describes: Describes, held: Held) -> Iterator[Lack]:
    hidden = {
        SHOWN_BY[name] for name in describes if name in SHOWN_BY and _is_hidden(name, describes)
    }
    for one in wanted.system:
        if held.system.get(one.name) is False or one in hidden:
            yield Lack(None, None, one.label, _find(one))


def _objects(wanted: PermissionSet, describes: Describes, held: Held) -> Iterator[Lack]:
    for one in wanted.objects:
        if _is_hidden(one.sobject, describes):
            yield Lack(one.sobject, None, READ, _object_settings(one.sobject, f"tick {READ}"))
        elif one.sees_all and held.seen_whole is not None and one.sobject not in held.seen_whole:
            cure = _object_settings(one.sobject, f"tick {VIEW_ALL}")
            yield Lack(one.sobject, None, VIEW_ALL, cure)


def _fields(wanted: PermissionSet, describes: Describes) -> Iterator[Lack]:
    for one in wanted.fields:
        sobject, _, field = one.partition(".")
        shown = fields_by_name(describes[sobject]) if sobject in describes else {}
        if shown and field not in shown:
            cure = _object_settings(sobject, f"tick {FIELD_READ} beside {field}")
            yield Lack(sobject, field, FIELD_READ, cure)


def _is_hidden(sobject: str, describes: Describes) -> bool:
    return sobject in describes and describes[sobject].is_hidden


def _object_settings(sobject: str, what: str) -> str:
    return f"Setup > Permission Sets > {LABEL} > Object Settings > {sobject} > Edit: {what}, Save"


def _find(one: SystemPermission) -> str:
    return f"Setup > Permission Sets > {LABEL} > System Permissions > Edit: tick {one.label}, Save"
