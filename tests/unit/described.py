"""Describe answers made by hand, with what a permission set is made of."""

from typing import Any

from salesforce_elt.objects import objects_to_sync
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.settings import OrgSettings

HIDDEN = Answer(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource is not there"}])


def field(name: str, kind: str = "string", *, permissionable: bool = True, **more: Any) -> dict:
    return {
        "name": name,
        "type": kind,
        "permissionable": permissionable,
        "compoundFieldName": None,
        "relationshipOrder": None,
        "referenceTo": [],
        **more,
    }


def described(*fields: dict, custom_setting: bool = False) -> Answer:
    return Answer(200, {"fields": list(fields), "customSetting": custom_setting})


def plain() -> Answer:
    """An object without a field that can be granted."""
    return described(field("Id", "id", permissionable=False))


def describes_of(settings: OrgSettings, **shown: Answer) -> dict[str, Answer]:
    """An org that shows every synced object, and these as they are given."""
    wanted = objects_to_sync(tuple(settings.objects))
    return {one.name: plain() for one in wanted if one.source == "sobject"} | shown
