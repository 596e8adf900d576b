"""What a fault works on: the request, the org, and the answer that it would have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.errors import SalesforceError
from simulator.org import Org
from simulator.web.calls import Answer, Call


@dataclass(frozen=True)
class Work:
    """One request that is hit, the values of the fault, and how the org answers a request."""

    org: Org
    call: Call
    kind: str
    values: Mapping[str, Any]
    serve: Callable[[Call], Answer]

    def proceed(self) -> Answer:
        """What the org answers."""
        return self.serve(self.call)

    def in_vain(self) -> SalesforceError:
        """A fault that finds nothing to spoil is a mistake of the test, and has to be loud."""
        message = f"the fault {self.kind} finds nothing to change in the answer to {self.call.path}"
        return SalesforceError("FAULT_IN_VAIN", message, status=500)
