"""What a person sees while something takes longer than they like."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something is going on, and how long it took in the end."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"  … {title}", markup=False)
    with console.status(title):
        yield
    done(title, seconds=time.monotonic() - began)


def done(title: str, *, seconds: float) -> None:
    """Say that something is done."""
    console.print(f"  [green]✓[/] {title}  [dim]{seconds:.1f} s[/]")


def say(text: str = "") -> None:
    """Print a line as it is."""
    console.print(text, markup=False, soft_wrap=True)
