"""
Every error that a sync raises, sorted by what to do about it.

    SyncError
    ├── RetryableError             wait and try again
    │   ├── ServerUnavailable      Salesforce answered 5xx, 420 or 429, or did not answer
    │   ├── AnswerLost             a Bulk job failed or is gone: ask again from the start
    │   │   └── QueryTimedOut      too much was asked at once: ask for less
    │   ├── Incomplete             fewer or more rows landed than Salesforce says it sent
    │   └── WarehouseUnavailable   PostgreSQL did not answer
    ├── SyncNotSuccessful          the report's verdict: what went wrong is in its message
    ├── QuotaReached               defer: the org's quota share is used up, the next run goes on
    └── StopError                  no retry helps: someone has to change something
        ├── SettingsInvalid        include/sync.yaml, the member directory, a trigger form
        ├── ConnectionInvalid      the Airflow connection: missing, incomplete, refused
        ├── OrgReplaced            another org than staging came from: a full synchronization
        ├── WarehouseRefused       PostgreSQL refuses what only a change there can mend
        ├── MigrationRefused       the warehouse is newer than the code, or cannot be migrated
        ├── AccessDenied           the integration user may not see what the sync needs
        ├── SchemaDrift            a field changed in a way that staging cannot follow
        ├── RequestRefused         Salesforce refuses a request that only a change can mend
        │   └── NotForBulk         Bulk cannot read it: ask by REST
        ├── CheckFailed            a critical data-quality check stopped the publish
        └── LeaseLost              another run took the org over: this one must not write

A message says what, where, which value, and what to do next; it never holds a token, a secret
or a response body. What tests and callers need is an attribute, not text to be parsed.
"""

from salesforce_elt.printable import printable


class SyncError(Exception):
    """What every error of this project is.

    Its message may quote an attacker, and shows what would move a terminal instead of doing it.
    """

    def __str__(self) -> str:
        return printable(super().__str__().expandtabs(1))


class SyncNotSuccessful(SyncError):
    """A sync ended as something else than a success; `status` says as what."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class RetryableError(SyncError):
    """Waiting may help."""


class ServerUnavailable(RetryableError):
    """Salesforce did not answer, or answered that it cannot now."""


class AnswerLost(RetryableError):
    """A Bulk job failed, was aborted or is gone; what was asked has to be asked anew."""


class QueryTimedOut(AnswerLost):
    """Salesforce gave a query up after too long; the same question again would end the same."""


class Incomplete(RetryableError):
    """The rows that landed are not those that Salesforce counted."""

    def __init__(self, message: str, *, expected: int, landed: int) -> None:
        super().__init__(message)
        self.expected = expected
        self.landed = landed


class WarehouseUnavailable(RetryableError):
    """PostgreSQL did not answer."""


class QuotaReached(SyncError):
    """The configured share of a Salesforce quota is used up, or the whole of it.

    `quota` has the name of the limits resource; `used` and `allowed` are None where nobody said.
    """

    def __init__(self, message: str, *, quota: str, used: int | None, allowed: int | None) -> None:
        super().__init__(message)
        self.quota = quota
        self.used = used
        self.allowed = allowed


class StopError(SyncError):
    """Someone has to change something before this can work."""


class SettingsInvalid(StopError):
    """A setting, a directory row or a trigger-form value is wrong."""


class ConnectionInvalid(StopError):
    """The Airflow connection is missing, incomplete or refused by Salesforce."""


class OrgReplaced(StopError):
    """The connection leads to another org than the one that staging came from."""


class WarehouseRefused(StopError):
    """PostgreSQL refuses to do what a sync has to do: a privilege, a standby, an altered table."""


class MigrationRefused(StopError):
    """The warehouse's own tables are of a newer version, or cannot be brought to this one."""


class AccessDenied(StopError):
    """The integration user may not see something; `error_code` is Salesforce's own code."""

    def __init__(self, message: str, *, error_code: str = "") -> None:
        super().__init__(message)
        self.error_code = error_code


class SchemaDrift(StopError):
    """A field holds what its staging column cannot."""


class RequestRefused(StopError):
    """Salesforce refuses a request; `error_code` is Salesforce's own code."""

    def __init__(self, message: str, *, error_code: str, http_status: int) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.http_status = http_status


class NotForBulk(RequestRefused):
    """An object, or a field of it, that the Bulk API does not read."""


class CheckFailed(StopError):
    """A critical data-quality check does not hold; `checks` names those that failed."""

    def __init__(self, message: str, *, checks: tuple[str, ...]) -> None:
        super().__init__(message)
        self.checks = checks


class LeaseLost(StopError):
    """A newer run holds the org's lease; this one must not write any more."""
