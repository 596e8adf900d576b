"""The one error of loading an org folder."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN_LENGTH = 60


class OrgFolderInvalid(ValueError):
    """An org folder that cannot be loaded; the message says where, which value, and what to do."""


@dataclass(frozen=True)
class Place:
    """Where in an org folder something stands."""

    file: str
    line: int | None = None
    field: str | None = None

    def problem(self, what: str, *, do: str) -> OrgFolderInvalid:
        """The error that says what is wrong here, and what to do about it."""
        where = [self.file]
        if self.line is not None:
            where.append(f"line {self.line}")
        if self.field is not None:
            where.append(f"field {self.field}")
        return OrgFolderInvalid(_harmless(f"{', '.join(where)}: {what}. {do} Nothing was loaded."))


def _harmless(text: str) -> str:
    """Names of files and columns are anybody's: what would move a terminal is made visible."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def shown(value: str) -> str:
    """A value as a message shows it: quoted, on one line, not too long."""
    return repr(value if len(value) <= SHOWN_LENGTH else value[:SHOWN_LENGTH] + "…")
