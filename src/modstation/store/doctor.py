"""The doctor: what is wrong with this machine or desk, and how to mend it. It changes nothing and needs no key."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import doctor_machine as machine_checks
from .doctor_machine import Finding, Machine, guarded

__all__ = ["Finding", "examine"]

#: File systems on which locks between machines cannot be relied on.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ncpfs", "davfs"})
_PLAIN_HEADER = b"SQLite format 3\x00"
_MB = 1024 * 1024


def examine(folder: Path | None) -> tuple[Finding, ...]:
    """Look at the machine and, where a folder is given, at the desk in it. Takes seconds; never raises."""
    facts = machine_checks.look()
    checks = _machine_checks(facts) + (_desk_checks(folder) if folder is not None else [])
    return tuple(guarded(name, check) for name, check in checks)


def _machine_checks(facts: Machine) -> list[tuple[str, Callable[[], Finding]]]:
    return [
        ("python", partial(machine_checks.python, facts)),
        ("qt", partial(machine_checks.qt, facts)),
        ("libraries", partial(machine_checks.libraries, facts)),
        ("chinese font", partial(machine_checks.chinese_font, facts)),
        ("cipher", machine_checks.cipher),
        ("keyring", machine_checks.keyring),
    ]


def _desk_checks(folder: Path) -> list[tuple[str, Callable[[], Finding]]]:
    return [
        ("disk", partial(disk, folder)),
        ("permissions", partial(permissions, folder)),
        ("network share", partial(network_share, folder)),
        ("vault", partial(vault_state, folder)),
        ("encryption", partial(encryption, folder)),
        ("locks", partial(locks, folder)),
    ]


def disk(folder: Path) -> Finding:
    """Whether there is room to work."""
    from .diskspace import RESERVE_MB, free_bytes

    free = free_bytes(_nearest(folder)) // _MB
    if free >= RESERVE_MB:
        return Finding(True, f"{free} MiB are free.")
    return Finding(False, f"Only {free} MiB are free, so the desk does not write.", "Free some space on this disk.")


def permissions(folder: Path) -> Finding:
    """Whether the folder and its files are this person's and closed to others."""
    paths = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    if os.name == "nt" or not paths:
        return Finding(True, "Nothing here is open to others.")
    foreign = [path.name for path in paths if path.stat().st_uid != os.geteuid()]
    if foreign:
        return Finding(False, f"Of somebody else: {', '.join(foreign)}.", f"chown -R $(id -un) '{folder}'")
    loose = [path.name for path in paths if path.stat().st_mode & 0o077]
    if loose:
        return Finding(False, f"Open to other people of this machine: {', '.join(loose)}.", f"chmod -R go= '{folder}'")
    return Finding(True, "Folder and files are closed to others.")


def network_share(folder: Path, mounts: Path = Path("/proc/mounts")) -> Finding:
    """Whether the desk lies on a disk of this machine: locks over a network cannot be relied on."""
    try:
        kind = _file_system(folder.resolve(), mounts.read_text("utf-8", "replace"))
    except OSError:
        return Finding(True, "The kind of disk cannot be told on this system.")
    if kind in _NETWORK:
        return Finding(
            False,
            f"The desk lies on a network share ({kind}); two machines could write it at once.",
            "Move the folder to a disk of this machine.",
        )
    return Finding(True, f"The desk lies on a disk of this machine ({kind}).")


def vault_state(folder: Path) -> Finding:
    """Whether vault.json reads and the files beside it are there. Without a key nothing more can be proved."""
    from . import vault_file

    vault = vault_file.read_whole(folder)
    words = f"Desk {vault.desk}; people who can open it: {', '.join(member.person for member in vault.enrolled)}."
    if vault.restored_from is not None and not vault.restored_from.settled:
        return Finding(True, f"{words} It was restored from {vault.restored_from.desk}; unlock it to settle its sends.")
    return Finding(True, words)


def encryption(folder: Path) -> Finding:
    """Whether any of the two files lies in the clear."""
    from .vault_file import KEYS_FILE, STORE_FILE

    clear = []
    for path in (folder / STORE_FILE, folder / KEYS_FILE):
        if path.is_file():
            with path.open("rb") as file:
                clear += [path.name] if file.read(len(_PLAIN_HEADER)) == _PLAIN_HEADER else []
    if clear:
        return Finding(False, f"Not encrypted: {', '.join(clear)}.", "It was not written by ModStation; use a backup.")
    return Finding(True, "No file lies in the clear.")


def locks(folder: Path) -> Finding:
    """Who has the desk open now."""
    from .runlock import RUNNER, WINDOW, holder

    held = {"a window": holder(folder, WINDOW), "the one who pulls and sends": holder(folder, RUNNER)}
    names = [f"{name} (process {pid})" if pid else name for name, pid in held.items() if pid is not None]
    return Finding(True, f"In use by {' and '.join(names)}." if names else "Nobody has the desk open.")


def _nearest(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _file_system(folder: Path, mounts: str) -> str:
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) >= 3:
            point = parts[1].replace("\\040", " ")
            if len(point) >= len(best) and folder.is_relative_to(point):
                best, kind = point, parts[2]
    return kind
