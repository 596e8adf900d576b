"""Small files with a secret in them, which nobody but their owner may read."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)


def kept_secret(path: Path, *, new: Callable[[], str] = secrets.token_urlsafe) -> str:
    """The secret that a file keeps; made the first time it is asked for."""
    if not path.exists():
        write_secret(path, new())
    return path.read_text()
