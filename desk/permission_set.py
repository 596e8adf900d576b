"""`make permission-set`: the rights that a sync needs, as files for an administrator to deploy."""

import os
from collections.abc import Sequence
from pathlib import Path

from desk.org_client import org_clients
from salesforce_elt.environment import PROJECT, Environment
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.permission_files import SOURCE_FOLDER, files
from salesforce_elt.permission_remarks import remarks
from salesforce_elt.permission_set import NAME, PermissionSet, permission_set, read_describes
from salesforce_elt.settings import OrgSettings, Settings, load_settings


def main(arguments: Sequence[str]) -> int:
    """Write the permission set of one org, as its integration user or an administrator sees it."""
    org, connection, out = arguments
    environment = Environment.read(os.environ)
    settings = org_of(load_settings(environment.settings), org)
    with org_clients(environment) as open_client:
        client = open_client(connection or settings.connection, settings.quota.share)
        describes = read_describes(client, settings)
    granted = permission_set(settings, describes)
    folder = _folder(out, default=environment.home / "permission-set" / settings.key)
    write_files(folder, files(granted))
    print(_summary(granted, settings))
    for remark in remarks(granted, settings, describes=describes):
        print(f"  - {remark}")
    print(_seen_by(connection, settings))
    print(_next_steps(folder))
    return 0


def org_of(settings: Settings, key: str) -> OrgSettings:
    """The org that a person named; the only one where there is one."""
    known = ", ".join(settings.orgs)
    if key in settings.orgs:
        return settings.orgs[key]
    if key:
        raise SettingsInvalid(f"ORG is '{key}', which is not in the settings. There are: {known}.")
    if len(settings.orgs) > 1:
        raise SettingsInvalid(f"The settings have several orgs: {known}. Say which: ORG=<key>.")
    return next(iter(settings.orgs.values()))


def write_files(folder: Path, texts: dict[str, str]) -> None:
    """Writes these files into a folder, in place of what they were; others are left alone."""
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsInvalid(
            f"The permission set cannot be written into {folder}: {error.strerror}. Name another "
            "folder: OUT=<folder>."
        ) from error


def _folder(out: str, *, default: Path) -> Path:
    return PROJECT / Path(out).expanduser() if out else default


def _summary(granted: PermissionSet, settings: OrgSettings) -> str:
    whole = ", ".join(one.sobject for one in granted.objects if one.sees_all)
    return (
        f"The permission set {NAME} for {settings.key}: Read on {len(granted.objects)} objects "
        f"(View All Records on {whole}), {len(granted.fields)} fields, and "
        f"{', '.join(one.label for one in granted.system)}. No right to change anything."
    )


def _seen_by(connection: str, settings: OrgSettings) -> str:
    if connection:
        return f"The fields are those that the connection {connection} is shown."
    return (
        f"The fields are those that the integration user ({settings.connection}) is shown, and "
        "those that marts need. A field that is hidden from it is not in the file: with an "
        "administrator's connection the file is complete (CONNECTION=<its id>)."
    )


def _next_steps(folder: Path) -> str:
    return (
        f"Written into {folder}. To deploy it, in that folder:\n"
        f"  sf project deploy start --source-dir {SOURCE_FOLDER} --target-org <org>\n"
        f"  sf org assign permset --name {NAME} --on-behalf-of <username> --target-org <org>\n"
        "docs/connecting-salesforce.md shows each step."
    )
