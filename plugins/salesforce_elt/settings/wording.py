"""How a wrong setting is told: where it is, what was written, and what would be right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from salesforce_elt.errors import SettingsInvalid

Path = tuple[str | int, ...]

# The end of a path to a name, not to the value under it (as pydantic has it).
NAME_ITSELF = "[key]"
LONGEST_SHOWN = 60
MOST_SHOWN = 100
NEAR_ENOUGH = 0.6


@dataclass(frozen=True)
class Place:
    """Where something is written in a file (both count from 1), and the text that stands there."""

    line: int
    column: int = 1
    written: str = ""


TOP = Place(line=1)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `text` follows the setting's path in a sentence."""

    place: Place
    path: Path
    text: str

    def __str__(self) -> str:
        sentence = f"{setting_name(self.path)} {self.text}".strip()
        sentence += "" if sentence.endswith((".", "?")) else "."
        return f"  line {self.place.line}, column {self.place.column}: {sentence}"


def invalid(file: object, problems: Iterable[Problem]) -> SettingsInvalid:
    """One error for all problems of a file, in the order of its lines."""
    ordered = sorted(problems, key=lambda one: (one.place.line, one.place.column))
    lines = [str(problem) for problem in ordered[:MOST_SHOWN]]
    if len(ordered) > MOST_SHOWN:
        lines.append(f"  ... and {len(ordered) - MOST_SHOWN} more.")
    count = (
        "1 problem; correct it" if len(ordered) == 1 else f"{len(ordered)} problems; correct them"
    )
    head = f"{file} has {count} (docs/settings.md explains every setting):"
    return SettingsInvalid("\n".join([head, *lines]))


def setting_name(path: Path) -> str:
    """`orgs.acme.opportunity_types, item 2`: a setting as people call it."""
    name = ""
    for part in path[:-1] if path[-1:] == (NAME_ITSELF,) else path:
        if isinstance(part, int):
            name += f", item {part + 1}"
        else:
            name += f".{shown(part)}" if name else shown(part)
    return name


def shown(text: str) -> str:
    """A text that is safe on a terminal, on one line, not too long, and holds no address."""
    if "://" in text:
        return "(not shown: it may hold a password)"
    first, *more = text.splitlines() or [""]
    if more or len(first) > LONGEST_SHOWN:
        first = first[:LONGEST_SHOWN] + "..."
    return printable(first)


def printable(text: str) -> str:
    """A text without characters that a terminal would act on or not show."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is most like this one, if any is."""
    return next(iter(nearest_names(name, known, most=1)), None)


def nearest_names(name: str, known: Sequence[str], *, most: int = 3) -> list[str]:
    """The known names that are like this one, the most alike first."""
    by_lower = {one.lower(): one for one in reversed(known)}
    short = name.lower()[:LONGEST_SHOWN]
    return [by_lower[one] for one in get_close_matches(short, by_lower, most, NEAR_ENOUGH)]


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The sentence that suggests the nearest known name, or lists them all."""
    near = nearest(name, known)
    if near:
        return f"Did you mean {near}?"
    return f"Known here: {', '.join(known)}" if known else ""
