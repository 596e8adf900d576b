"""PostgreSQL refuses to run as root, so as root it runs as an account of its own."""

import errno
import logging
import os
import pwd
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from salesforce_elt.environment import PROJECT
from salesforce_elt.errors import SettingsInvalid

ACCOUNT = "pgserver"
ACL = "system.posix_acl_access"
ACL_VERSION = 2
USER_OBJECT, NAMED_USER, GROUP_OBJECT, NAMED_GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NOBODY = 0xFFFFFFFF
SEARCH = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """Whom the server's programs run as."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Give a file or folder to the account, closed to everybody else."""
        os.chown(path, self.uid, self.gid)
        path.chmod(0o700 if path.is_dir() else 0o600)


def server_account() -> Account | None:
    """The account for the server when this process is root; None when no other one is needed."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _new_account()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _new_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SettingsInvalid(
            "PostgreSQL refuses to run as root, and an account for it could not be made "
            f"({error}). Make one with '{' '.join(command)}', or run make as another user."
        ) from error
    return pwd.getpwnam(ACCOUNT)


def let_pass(account: Account, path: Path) -> None:
    """Let the account, and nobody else, pass through the folders on the way to `path`."""
    closed = [one for one in path.resolve().parents if not _may_search(account, one.stat())]
    opened = [folder for folder in reversed(closed) if _grant_search(account, folder)]
    foreign = [str(folder) for folder in opened if not folder.is_relative_to(PROJECT)]
    if foreign:
        log.warning("PostgreSQL runs as '%s': let it pass %s", account.name, ", ".join(foreign))


def let_execute(folder: Path) -> None:
    """Make programs that were installed with a narrow umask executable for every account."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _may_search(account: Account, folder: os.stat_result) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _grant_search(account: Account, folder: Path) -> bool:
    grant = (NAMED_USER, SEARCH, account.uid)
    entries = _acl(folder)
    # A later chmod narrows the mask, and with it every grant.
    if grant in entries and any(tag == MASK and bits & SEARCH for tag, bits, _ in entries):
        return False
    try:
        os.setxattr(folder, ACL, _packed([*(e for e in entries if e != grant), grant]))
    except OSError as error:
        raise SettingsInvalid(
            f"PostgreSQL refuses to run as root, so its account '{account.name}' may not pass "
            f"through {folder} ({error.strerror}). Allow it with 'chmod o+x {folder}', "
            "move the checkout and ELT_HOME to a place that other users may enter, "
            "or run make as another user."
        ) from error
    return True


def _acl(folder: Path) -> list[tuple[int, int, int]]:
    try:
        packed = os.getxattr(folder, ACL)
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise
        mode = folder.stat().st_mode
        return [
            (USER_OBJECT, mode >> 6 & 7, NOBODY),
            (GROUP_OBJECT, mode >> 3 & 7, NOBODY),
            (OTHER, mode & 7, NOBODY),
        ]
    return list(struct.iter_unpack("<HHI", packed[4:]))


def _packed(entries: list[tuple[int, int, int]]) -> bytes:
    kept = [entry for entry in entries if entry[0] != MASK]
    mask = 0
    for tag, permission, _ in kept:
        mask |= permission if tag in (NAMED_USER, GROUP_OBJECT, NAMED_GROUP) else 0
    ordered = sorted([*kept, (MASK, mask, NOBODY)], key=lambda entry: (entry[0], entry[2]))
    return struct.pack("<I", ACL_VERSION) + b"".join(struct.pack("<HHI", *e) for e in ordered)
