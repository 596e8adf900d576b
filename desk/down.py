"""`make down`: stop everything that `make up` started, also when that was killed."""

import os
from collections.abc import Sequence

from desk.embedded import stop_if_unused
from desk.one_at_a_time import stop_leftovers, stop_supervisor
from desk.progress import say, step
from salesforce_elt.environment import Environment


def main(_arguments: Sequence[str]) -> int:
    """Stop it, and say what there was to stop."""
    environment = Environment.read(os.environ)
    with step("stopping"):
        had_supervisor = stop_supervisor(environment)
        leftovers = stop_leftovers(environment)
        had_server = stop_if_unused(environment)
    if had_supervisor:
        say("Everything is stopped.")
    elif leftovers or had_server:
        say("A killed session had left processes behind; they are stopped.")
    else:
        say("Nothing was running.")
    return 0
