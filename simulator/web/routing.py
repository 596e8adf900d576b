"""Which handler answers a path: the tables of all resources, compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from simulator.errors import SalesforceError, not_found
from simulator.org import Org
from simulator.web.calls import Answer, Call

Handler = Callable[[Org, Call], Answer]


class Access(Enum):
    """Who may call a resource, and whether the call counts."""

    OPEN = "anybody"
    SESSION = "a session; counts as an API call"
    ADMIN = "the administrator of the simulator"


@dataclass(frozen=True)
class Route:
    """A resource: ``{name}`` in the path stands for one segment; letters in any case."""

    method: str
    path: str
    handler: Handler
    access: Access = Access.SESSION
    is_counted: bool = True

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        pieces = re.split(r"(\{\w+\})", self.path)
        parts = (
            f"(?P<{piece[1:-1]}>[^/]+)" if piece.startswith("{") else re.escape(piece)
            for piece in pieces
        )
        return re.compile("".join(parts) + "/?", re.IGNORECASE)


class Router:
    """Finds the route of a call; the first one that matches wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)

    def __iter__(self) -> Iterator[Route]:
        """The routes in their order."""
        return iter(self._routes)

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route and its parameters; NOT_FOUND or METHOD_NOT_ALLOWED when there is none."""
        allowed = []
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route, match.groupdict()
            if match:
                allowed.append(route.method)
        if allowed:
            message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
            raise SalesforceError("METHOD_NOT_ALLOWED", message, status=405)
        raise not_found()
