"""What a parser may do with whatever it is given: read it, or refuse it in words that are safe."""

from collections.abc import Callable
from typing import Any

from tests.attackers.hostile import moves_a_terminal


def read_or_refused(read: Callable[[], Any], refusal: type[Exception]) -> None:
    """Any other error, and a message that moves a terminal, fails the test."""
    try:
        read()
    except refusal as refused:
        said = str(refused)
    else:
        return
    assert said
    assert moves_a_terminal(said) == []
