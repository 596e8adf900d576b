"""What is hidden from the integration user whatever was granted, and what is private (6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.access.rights import Rights
from simulator.catalog.types import SObject


class Permissions:
    """Hidden objects and fields; what is hidden is as if it did not exist."""

    def __init__(self) -> None:
        self.objects: set[str] = set()
        self.fields: set[tuple[str, str]] = set()
        self.private: set[str] = set()

    def hide(self, sobject: str, field: str | None = None) -> None:
        """Take away an object, or one of its fields."""
        if field is None:
            self.objects.add(sobject)
        else:
            self.fields.add((sobject, field))

    def show(self, sobject: str, field: str | None = None) -> None:
        """Give back an object, or one of its fields."""
        self.objects.discard(sobject) if field is None else self.fields.discard((sobject, field))

    def clear(self) -> None:
        """Hide nothing."""
        self.objects.clear()
        self.fields.clear()
        self.private.clear()

    def share(self, sobject: str, *, private: bool) -> None:
        """Make an object private by the org-wide default, or public again."""
        self.private.add(sobject) if private else self.private.discard(sobject)

    def visible(self, catalog: Mapping[str, SObject], rights: Rights) -> dict[str, SObject]:
        """The catalog as the user sees it: what the rights grant, less what is hidden."""
        granted = (
            rights.visible(sobject) for name, sobject in catalog.items() if name not in self.objects
        )
        return {one.name: self._visible(one) for one in granted if one is not None}

    def _visible(self, sobject: SObject) -> SObject:
        hidden = {field for owner, field in self.fields if owner == sobject.name}
        if not hidden:
            return sobject
        kept = tuple(field for field in sobject.fields if field.name not in hidden)
        return replace(sobject, fields=kept)
