"""Takes what is right and damages it in one declared way: a table of damages, times places."""

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Damaged:
    """A thing that is wrong in one way; `name` says which and where."""

    name: str
    content: Any

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Damage:
    """A way to spoil a value; `fits` says which values it spoils for certain."""

    name: str
    fits: Callable[[Any], bool]
    spoil: Callable[[Any], Any]


def places(thing: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a nested thing with the way to it, in order."""
    if path:
        yield path, thing
    if isinstance(thing, Mapping):
        for name, value in thing.items():
            yield from places(value, (*path, name))
    elif isinstance(thing, list):
        for number, value in enumerate(thing):
            yield from places(value, (*path, number))


def replaced(thing: Any, path: Path, value: Any) -> Any:
    """The thing with another value at one place."""
    changed = deepcopy(thing)
    _above(changed, path)[path[-1]] = value
    return changed


def renamed(thing: Any, path: Path, name: str) -> Any:
    """The thing with another name at one place, in the same order."""
    changed = deepcopy(thing)
    above = _above(changed, path)
    entries = [(name if key == path[-1] else key, value) for key, value in above.items()]
    above.clear()
    above.update(entries)
    return changed


def without(thing: Any, path: Path) -> Any:
    """The thing without one place."""
    changed = deepcopy(thing)
    del _above(changed, path)[path[-1]]
    return changed


def spoilt(
    thing: Any, damages: tuple[Damage, ...], *, but: Collection[tuple[str, str]] = ()
) -> Iterator[Damaged]:
    """The thing, damaged in every way at every place where that is certain to be wrong.

    `but` has the damages, by name and place, that are none.
    """
    for path, value in places(thing):
        for damage in damages:
            where = ".".join(map(str, path))
            if damage.fits(value) and (damage.name, where) not in but:
                yield Damaged(f"{damage.name} at {where}",
                              replaced(thing, path, damage.spoil(value)))


def _above(thing: Any, path: Path) -> Any:
    for part in path[:-1]:
        thing = thing[part]
    return thing
