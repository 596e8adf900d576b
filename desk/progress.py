"""What a person sees while something takes longer than they like."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

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


def done(title: str, *, seconds: float, went_wrong: bool = False) -> None:
    """Say that something has ended, and how."""
    mark = "[red]✗[/]" if went_wrong else "[green]✓[/]"
    console.print(f"  {mark} {escape(title)}  [dim]{seconds:.1f} s[/]", soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line as it is."""
    console.print(text, markup=False, soft_wrap=True)
