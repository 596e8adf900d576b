"""`python -m desk <command>`: the commands of the Makefile."""

import signal
import sys
from importlib import import_module
from types import FrameType

from salesforce_elt.errors import SyncError
from salesforce_elt.warehouse.refusals import explained

COMMANDS = (
    "sql",
    "profile",
    "results",
    "permission_set",
    "forget",
    "run",
    "up",
    "down",
    "org_alone",
    "check",
    "clean",
    "compose_secrets",
    "sbom",
)
INTERRUPTED = 130
TERMINATED = 143


def main(arguments: list[str]) -> int:
    """Carry out one command; what stops it is one paragraph and a non-zero exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGHUP, _terminate)
    command, *rest = arguments or ["?"]
    if command not in COMMANDS:
        print(f"There is no command '{command}'. There are: {', '.join(COMMANDS)}.")
        return 2
    try:
        with explained(f"The command {command}"):
            code: int = import_module(f"desk.{command}").main(rest)
    except SyncError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return code


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
