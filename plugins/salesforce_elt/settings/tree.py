"""
The settings file as a tree that remembers where everything was written.

Scalars keep their text: what a text means is decided by the setting that it is given to, so that
money stays exact and YAML's guesses (`010` is 8, `yes` is true) never change a value in silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from salesforce_elt.settings.wording import NAME_ITSELF, TOP, Path, Place, Problem, shown

MOST_VALUES = 50_000
TAG_PREFIX = "tag:yaml.org,2002:"
SCALAR_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "value", "merge"})
NESTED_TOO_DEEPLY = "is nested far deeper than any setting"


class Unusable(Exception):
    """The file as a whole cannot be read as settings; nothing more can be said about its parts."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@dataclass(frozen=True)
class Scalar:
    """A value as written; `plain` without quotes, `tag` what YAML takes a plain one for."""

    text: str
    plain: bool
    tag: str


Value = Scalar | dict[str, "Value"] | tuple["Value", ...] | None


@dataclass(frozen=True)
class Tree:
    """The values of a file, the places of its keys and values, and what is wrong with its form."""

    root: dict[str, Value]
    keys: dict[Path, Place]
    values: dict[Path, Place]
    problems: tuple[Problem, ...]

    def place(self, path: Path) -> Place:
        """Where a setting's value stands; its name, where the path ends with `NAME_ITSELF`."""
        if path[-1:] == (NAME_ITSELF,):
            return self.name_place(path[:-1])
        return self.values.get(path) or self.name_place(path)

    def name_place(self, path: Path) -> Place:
        """Where a setting's name stands; the top of the file for what has no name there."""
        return self.keys.get(path, TOP)


def grow(node: yaml.MappingNode, source: str) -> Tree:
    """The tree of a document; raises `Unusable` where aliases make it endless."""
    grower = _Grower(source)
    root = grower.mapping(node, ())
    return Tree(root, grower.keys, grower.values, tuple(grower.problems))


@dataclass
class _Grower:
    source: str
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    grown: int = 0

    def value(self, node: yaml.Node, path: Path) -> Value:
        place = self.values[path] = self.place(node)
        self.grown += 1
        if self.grown > MOST_VALUES:
            text = (
                f"holds more than {MOST_VALUES:,} values, each alias (*) counted where it is used"
            )
            raise Unusable(Problem(place, (), text))
        if isinstance(node, yaml.MappingNode) and node.tag == TAG_PREFIX + "map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == TAG_PREFIX + "seq":
            return tuple(self.value(item, (*path, i)) for i, item in enumerate(node.value))
        return self.scalar(node, path)

    def scalar(self, node: yaml.Node, path: Path) -> Value:
        tag = node.tag.removeprefix(TAG_PREFIX)
        if tag not in SCALAR_TAGS or not isinstance(node, yaml.ScalarNode):
            short = shown(node.tag.replace(TAG_PREFIX, "!!"))
            self.complain(node, path, f"has the YAML tag {short}: write it without a tag")
            return None
        if tag == "null" and not node.style:
            return None
        return Scalar(text=node.value, plain=not node.style, tag=tag)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Value]:
        grown: dict[str, Value] = {}
        for key_node, value_node in self.entries(node, path):
            key = self.key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in grown:
                first = self.keys[here].line
                text = f"is given twice, first in line {first}: keep one of the two"
                self.complain(key_node, here, text)
                continue
            self.keys[here] = self.place(key_node)
            grown[key] = self.value(value_node, here)
        return grown

    def entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        for key_node, value_node in node.value:
            if key_node.tag == TAG_PREFIX + "merge":
                self.complain(key_node, (*path, "<<"), "is not supported: write the settings out")
            else:
                yield key_node, value_node

    def key(self, node: yaml.Node, path: Path) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == TAG_PREFIX + "str":
            return str(node.value)
        written = self.place(node).written
        if isinstance(node, yaml.ScalarNode):
            text = "is no text to YAML: put a name in quotes, and write numbers without commas"
        else:
            text = "is not a name: a list or a mapping cannot be one"
        self.complain(node, (*path, written), text)
        return None

    def complain(self, node: yaml.Node, path: Path, text: str) -> None:
        self.problems.append(Problem(self.place(node), path, text))

    def place(self, node: yaml.Node) -> Place:
        start, end = node.start_mark, node.end_mark
        written = self.source[start.index : end.index]
        if isinstance(node, yaml.MappingNode):
            written = "a mapping"
        if isinstance(node, yaml.SequenceNode):
            written = "a list"
        return Place(start.line + 1, start.column + 1, written)
