"""How many licences are in use: of users by their profiles, of permission sets by assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.soql.sql import quote

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

# saving one of these changes how many licences are in use
COUNTED = frozenset({"User", "Profile", "PermissionSetLicenseAssign"})
_OF_USERS = """
    update {schema}."UserLicense" l set "UsedLicenses" = used.n, "UsedLicensesLastUpdated" = %(at)s
    from (
        select o."Id", count(u."Id") as n from {schema}."UserLicense" o
        left join {schema}."Profile" p on p."UserLicenseId" = o."Id"
        left join {schema}."User" u on u."ProfileId" = p."Id" and u."IsActive"
        group by o."Id"
    ) used
    where used."Id" = l."Id" and l."UsedLicenses" is distinct from used.n
"""
_OF_PERMISSION_SETS = """
    update {schema}."PermissionSetLicense" l set "UsedLicenses" = used.n, "SystemModstamp" = %(at)s
    from (
        select o."Id", count(a."Id") as n from {schema}."PermissionSetLicense" o
        left join {schema}."PermissionSetLicenseAssign" a on a."PermissionSetLicenseId" = o."Id"
        group by o."Id"
    ) used
    where used."Id" = l."Id" and l."UsedLicenses" is distinct from used.n
"""
_COUNTS = (
    ({"UserLicense", "Profile", "User"}, _OF_USERS),
    ({"PermissionSetLicense", "PermissionSetLicenseAssign"}, _OF_PERMISSION_SETS),
)


def count_licenses(work: Transaction) -> None:
    """Count again what is in use."""
    for needed, statement in _COUNTS:
        if needed <= work.org.sobjects.keys():
            query = statement.format(schema=quote(work.org.schema))
            work.connection.execute(query, {"at": work.at})
