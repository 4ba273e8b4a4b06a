"""Under which user a server can run, for servers that refuse to run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from harness.core.recipe import Account

CHECK_TIMEOUT = 10.0
UNPRIVILEGED = ("postgres", "nobody")
SHARED_CACHE = Path("/var/tmp")


def account_for(binary: Path) -> Account | str:
    """Return the user under which `binary` can run, or why there is none.

    The ways, in order: as we are, if that is not root; as another user; in a user namespace that
    maps us to an ordinary user, which can still read what only root may enter; as another user,
    from a copy of the binaries.

    Args:
        binary: A program that prints its version with `--version`.
    """
    if not is_root():
        return Account() if has_name() or not namespaces_work(binary) else namespace()
    user = next((name for name in UNPRIVILEGED if known(name)), None)
    if user is not None and runs(binary, Account(user=user)):
        return Account(user=user)
    if namespaces_work(binary):
        return namespace()
    if user is not None and can_switch(user):
        return Account(user=user, copy_to=SHARED_CACHE / f"harness-binaries-{os.getuid()}")
    return (
        "PostgreSQL refuses to run as root, and no other user can be used here "
        "(no right to switch users, and no user namespaces)"
    )


def is_root() -> bool:
    """Tell whether this process runs as root, where there is such a user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_name() -> bool:
    """Tell whether our own user has a name, which initdb looks up."""
    if not hasattr(os, "geteuid"):
        return True
    import pwd

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def known(user: str) -> bool:
    """Tell whether a user of that name exists."""
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def namespace() -> Account:
    """Return the account of an ordinary user in a user namespace of its own."""
    unshare = shutil.which("unshare") or "unshare"
    return Account(prefix=(unshare, "--user", "--map-user=65534", "--map-group=65534", "--"))


def namespaces_work(binary: Path) -> bool:
    """Tell whether a user namespace can be made here and the binary runs in it."""
    return shutil.which("unshare") is not None and runs(binary, namespace())


def can_switch(user: str) -> bool:
    """Tell whether we may become another user."""
    return runs(Path("/bin/true"), Account(user=user))


def runs(binary: Path, account: Account) -> bool:
    """Tell whether a program can be executed under an account."""
    try:
        subprocess.run(
            [*account.prefix, str(binary), "--version"],
            user=account.user,
            group=group_of(account.user),
            extra_groups=None if account.user is None else [],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=CHECK_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def group_of(user: str | None) -> int | None:
    """Return the login group of a user; None for the user we are."""
    if user is None:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid


def ids_of(account: Account) -> tuple[int, int] | None:
    """Return the numbers of the account's user and group; None for the user we are."""
    if account.user is None:
        return None
    import pwd

    entry = pwd.getpwnam(account.user)
    return entry.pw_uid, entry.pw_gid


def give_to(account: Account, path: Path) -> None:
    """Make the account's user the owner of what we made for it."""
    owner = ids_of(account)
    if owner is not None:
        os.chown(path, *owner, follow_symlinks=False)
