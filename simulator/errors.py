"""What Salesforce answers when it refuses: a status, a code and a message.

SalesforceError            a JSON array of message and errorCode (api.md 2.8)
├── SoqlError              with the place in the statement: caret, row and column
└── RowError               what a record broke, with the fields that broke it
OAuthError                 a bare object of error and error_description (api.md 1.2)
PlainError                 text, as the identity services answer (api.md 1.3)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NOT_FOUND_MESSAGE = "The requested resource does not exist"
CONTEXT_LENGTH = 20


class SimulatorError(Exception):
    """Anything that becomes an answer of the server instead of a stack trace."""


class SalesforceError(SimulatorError):
    """A refusal in the form of the REST and Bulk 2.0 resources."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status

    def body(self) -> list[object]:
        """The JSON array; NOT_FOUND shows its code first, as recorded."""
        if self.code == "NOT_FOUND":
            return [{"errorCode": self.code, "message": self.message}]
        return [{"message": self.message, "errorCode": self.code}]


class RowError(SalesforceError):
    """A record that breaks a rule of its object."""

    def __init__(
        self, code: str, message: str, *, fields: tuple[str, ...] = (), status: int = 400
    ) -> None:
        super().__init__(code, message, status=status)
        self.fields = fields

    def body(self) -> list[object]:
        """As other errors, with the fields at fault."""
        return [{"message": self.message, "errorCode": self.code, "fields": list(self.fields)}]


@dataclass(frozen=True)
class Place:
    """Where in a SOQL statement something stands, both counted from one."""

    row: int
    column: int


class SoqlError(SalesforceError):
    """A statement that cannot be understood, with a caret under the place."""

    def __init__(self, code: str, message: str, *, soql: str = "", place: Place) -> None:
        super().__init__(code, pointed(message, soql=soql, place=place))
        self.bare, self.place = message, place

    def within(self, soql: str) -> SoqlError:
        """The same error, pointing into the whole statement."""
        return SoqlError(self.code, self.bare, soql=soql, place=self.place)


@contextmanager
def pointing_into(soql: str) -> Iterator[None]:
    """Errors of a part of this statement point into the whole of it."""
    try:
        yield
    except SoqlError as error:
        raise error.within(soql) from error


class OAuthError(SimulatorError):
    """A refused login."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status


class PlainError(SimulatorError):
    """A refusal in plain text."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


def pointed(message: str, *, soql: str, place: Place) -> str:
    """The message under the line of the statement and a caret (api.md 2.8)."""
    lines = soql.splitlines() or [""]
    line = lines[min(place.row, len(lines)) - 1]
    start = max(0, place.column - 1 - CONTEXT_LENGTH)
    shown = line[start : place.column - 1 + 2 * CONTEXT_LENGTH]
    caret = " " * (place.column - 1 - start) + "^"
    return f"\n{shown}\n{caret}\nERROR at Row:{place.row}:Column:{place.column}\n{message}"


def not_found(message: str = NOT_FOUND_MESSAGE) -> SalesforceError:
    """The 404 of anything that is not there, or that the user may not see."""
    return SalesforceError("NOT_FOUND", message, status=404)


def no_such_column(field: str, sobject: str) -> str:
    """The message for a field that is missing or hidden: Salesforce does not tell which."""
    return (
        f"No such column '{field}' on entity '{sobject}'. If you are attempting to use a custom "
        "field, be sure to append the '__c' after the custom field name. Please reference your "
        "WSDL or the describe call for the appropriate names."
    )


def no_such_object(sobject: str) -> str:
    """The message for an object that is missing or hidden."""
    return (
        f"sObject type '{sobject}' is not supported. If you are attempting to use a custom object, "
        "be sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names."
    )


def too_complicated() -> SalesforceError:
    """A statement that is nested too deeply to be understood (api.md 2.8)."""
    return SalesforceError("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or "
                           "the filter conditions are too complicated.")  # fmt: skip
