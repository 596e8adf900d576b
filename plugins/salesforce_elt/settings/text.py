"""From a file to its YAML tree; everything that can be wrong before a setting is looked at."""

from pathlib import Path

import yaml

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings.tree import NESTED_TOO_DEEPLY, Tree, Unusable, grow
from salesforce_elt.settings.wording import TOP, Place, Problem, invalid, printable, shown

MOST_BYTES = 256 * 1024
EXAMPLE = "it needs at least orgs:, an org's key, and the connection of that org"

# What PyYAML says (its beginning) -> what to do about it.
REMEDIES = {
    "mapping values are not allowed here": "indent it like its neighbours; a text with ': ' in it "
    "needs quotes",
    "could not find expected ':'": "a colon and a space belong after every name",
    "found unexpected end of stream": "a quote or bracket is never closed",
    "expected <block end>": "indent it like its neighbours",
    "expected ',' or": "a comma or a closing bracket is missing",
    "found character": "a text that begins with this character needs quotes",
    "found unknown escape character": "write a backslash in 'single quotes'",
    "found undefined alias": "a text that begins with * needs quotes",
    "but found another document": "one file holds one document: remove the line ---",
}


def read_tree(path: Path) -> Tree:
    """The tree of a settings file; a file that cannot be one is SettingsInvalid."""
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise Unusable(Problem(TOP, (), f"The file is empty: {EXAMPLE}"))
        if not isinstance(node, yaml.MappingNode):
            place = Place(node.start_mark.line + 1)
            raise Unusable(Problem(place, (), f"These are no settings: {EXAMPLE}"))
        return grow(node, text)
    except Unusable as unusable:
        problem = unusable.problem
    except yaml.YAMLError as error:
        problem = _syntax_problem(error, text)
    except RecursionError:
        problem = Problem(TOP, (), f"The file {NESTED_TOO_DEEPLY}, or an alias (*) holds itself")
    raise invalid(path, [problem])


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise SettingsInvalid(f"{path} is not a file: {_what_to_set()}.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SettingsInvalid(f"{path} does not exist: {_what_to_set()}.") from None
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise SettingsInvalid(
            f"{path} cannot be read ({reason}): let this user read it, or {_what_to_set()}."
        ) from error
    if len(content) > MOST_BYTES:
        raise SettingsInvalid(
            f"{path} is larger than {MOST_BYTES // 1024} KB, which no settings file is: "
            f"{_what_to_set()}."
        )
    return _decoded(content, path)


def _what_to_set() -> str:
    return "write the settings there, or set ELT_SETTINGS to the file that holds them"


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise invalid(
            path, [Problem(Place(line), (), "This is not UTF-8 text: save the file as UTF-8")]
        ) from error


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        return _forbidden_character(error, text)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(TOP, (), f"This is not YAML: {shown(str(error))}")
    mark = error.problem_mark
    place = Place(mark.line + 1, mark.column + 1)
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Problem(place, (), "This line is indented with a tab: YAML wants spaces")
    return Problem(place, (), f"This is not YAML: {_explained(error)}")


def _explained(error: yaml.MarkedYAMLError) -> str:
    said = error.problem or error.context or "it cannot be read"
    if error.context and error.context_mark:
        said += f", {error.context} that began in line {error.context_mark.line + 1}"
    whole = f"{error.context or ''} {error.problem or ''}"
    remedy = next((todo for saying, todo in REMEDIES.items() if saying in whole), None)
    return printable(f"{said} ({remedy})" if remedy else said)


def _forbidden_character(error: yaml.reader.ReaderError, text: str) -> Problem:
    position = int(error.position)
    line_start = text.rfind("\n", 0, position) + 1
    place = Place(text.count("\n", 0, position) + 1, position - line_start + 1)
    code = f"U+{ord(text[position]):04X}"
    return Problem(place, (), f"The character {code} is not allowed in YAML: remove it")
