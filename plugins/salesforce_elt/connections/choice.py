"""Which login a connection's fields amount to, or what is missing or contradicts itself."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import combinations

from salesforce_elt.connection_fields import (
    DECISIVE,
    EXTRA_NAMES,
    METHOD_NAMES,
    METHODS,
    Method,
    place,
)
from salesforce_elt.connections.given import Given

FORM = "Admin > Connections"


def chosen_method(given: Given) -> Method:
    """The login that is named by `login_method`, else the one that all given fields belong to.

    Raises ConnectionInvalid, naming what is missing for which login, or which fields belong to
    different ones.
    """
    if name := given.text("login_method"):
        return _complete(_named(name, given), given)
    names = DECISIVE & given.names
    fitting = [method for method in METHODS if names <= method.takes]
    if not fitting:
        raise given.wrong(_contradiction(names))
    # The declared logins differ so much that no set of fields completes two of them.
    complete = [method for method in fitting if method.needs <= names]
    if not complete:
        raise given.wrong(f"is not complete. {_lacks(fitting, given)}")
    return complete[0]


def _named(name: str, given: Given) -> Method:
    found = next((method for method in METHODS if method.name == name), None)
    if found is None:
        raise given.wrong(
            f"has the extra 'login_method' {name!r}, which is no login. "
            f"Write one of {', '.join(METHOD_NAMES)}, or leave it out."
        )
    return found


def _complete(method: Method, given: Given) -> Method:
    if not method.needs <= given.names:
        raise given.wrong(f"is not complete. {_lacks([method], given)}")
    return method


def _lacks(methods: Iterable[Method], given: Given) -> str:
    """What the nearest logins lack: those that lack the fewest fields."""
    lacking = {method: sorted(method.needs - given.names) for method in methods}
    fewest = min(map(len, lacking.values()))
    ways = [
        f"For the login by {method.words} it lacks {' and '.join(map(place, missing))}."
        for method, missing in lacking.items()
        if len(missing) == fewest
    ]
    return f"{' '.join(ways)} Add it in {FORM}.{_misspelt(given)}"


def _misspelt(given: Given) -> str:
    known = {*EXTRA_NAMES, "host", "port", "login", "password"}
    for name in sorted(given.values.keys() - known):
        if near := get_close_matches(name, EXTRA_NAMES, n=1):
            return f" The extra {name!r} is not known: is {near[0]!r} meant?"
    return ""


def _contradiction(names: frozenset[str]) -> str:
    first, second = next(
        pair
        for pair in combinations(sorted(names), 2)
        if not any(method.takes >= set(pair) for method in METHODS)
    )
    return (
        f"has {place(first)} and {place(second)}, which belong to different logins: the first to "
        f"{_taking(first)}, the second to {_taking(second)}. Remove one of them in {FORM}, or say "
        f"which login is meant by the extra 'login_method' ({', '.join(METHOD_NAMES)})."
    )


def _taking(field: str) -> str:
    return " or ".join(method.words for method in METHODS if field in method.takes)
