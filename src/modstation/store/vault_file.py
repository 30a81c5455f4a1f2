"""Reading and writing `vault.json`: whole or not at all, one change at a time, authenticated under the store key."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from modstation.models.errors import DamagedFile, DiskFull, ForeignFile, NewerFormat, NotFound, VaultError

from .canonical import canonical
from .runlock import exclusive
from .vault_codec import from_json, to_json
from .vault_model import FORMAT, PRODUCT, Vault

VAULT_FILE = "vault.json"
STORE_FILE = "store.db"
KEYS_FILE = "keys.db"
_LARGEST_BYTES = 64 * 1024 * 1024


def read(folder: Path) -> Vault:
    """The desk's public file as it stands; not yet authenticated, see `check`.

    Raises NotFound, ForeignFile, NewerFormat or DamagedFile.
    """
    try:
        data = (folder / VAULT_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            f"There is no desk in the folder '{folder.name}'.", "It has no vault.json.", "Check the folder."
        ) from None
    except OSError as error:
        raise VaultError("vault.json cannot be read.", f"{error.strerror}.", "Check who owns the folder.") from None
    return parse(data)


def read_whole(folder: Path) -> Vault:
    """As `read`, for a desk whose two other files are there too. Raises DamagedFile when one is missing."""
    vault = read(folder)
    missing = [name for name in (STORE_FILE, KEYS_FILE) if not (folder / name).is_file()]
    if missing:
        raise DamagedFile(
            f"{' and '.join(missing)} of this desk cannot be found.",
            "vault.json is there, so the rest was moved or deleted.",
            "Put it back or restore a backup. No new file was made.",
        )
    return vault


def parse(data: bytes) -> Vault:
    """A desk's public file from its bytes. Raises ForeignFile, NewerFormat or DamagedFile."""
    raw = _object(data)
    if raw.get("product") != PRODUCT:
        raise ForeignFile("vault.json is not of ModStation.", "It has another form.", "Nothing was touched.")
    if isinstance(raw.get("format"), int) and raw["format"] > FORMAT:
        raise NewerFormat(
            "This desk was written by a later version of ModStation.",
            f"Its format is {raw['format']}, this version knows {FORMAT}.",
            "Install the newer version. Nothing was touched.",
        )
    try:
        return from_json(Vault, raw)
    except ValueError as error:
        raise damaged(f"{error}.") from None


def check(vault: Vault, store_key: bytes) -> Vault:
    """The same file, once it is proved that only holders of the store key have written it. Raises DamagedFile."""
    if not hmac.compare_digest(vault.mac, _mac(vault, store_key)):
        raise damaged("It was changed by something that does not have the desk's key.")
    return vault


def locked(folder: Path) -> AbstractContextManager[None]:
    """Keep other processes from changing the file meanwhile."""
    return exclusive(folder / "vault.lock")


def write(folder: Path, vault: Vault, store_key: bytes) -> Vault:
    """Put the file in place and give it back as authenticated. Raises DiskFull; then the old file stands."""
    signed = sign(vault, store_key)
    write_atomically(folder / VAULT_FILE, dump(signed))
    return signed


def sign(vault: Vault, store_key: bytes) -> Vault:
    """The same file, authenticated under the store key."""
    return replace(vault, mac=_mac(vault, store_key))


def dump(signed: Vault) -> bytes:
    """The bytes of an authenticated file."""
    return json.dumps(to_json(signed), ensure_ascii=False, indent=1).encode() + b"\n"


def edit(folder: Path, store_key: bytes, change: Callable[[Vault], Vault]) -> Vault:
    """Change the file in one step, alone. What `change` raises leaves it as it was."""
    with locked(folder):
        return write(folder, change(check(read(folder), store_key)), store_key)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a private file (0600): after a crash the old or the new one is there, whole.

    The caller holds the lock of this file. Raises DiskFull or VaultError; then the old one stands.
    """
    # One fixed name: what a crash leaves behind is overwritten by the next write. Writers take turns by a lock.
    temporary = path.with_name(f"{path.name}.new")
    try:
        _write_synced(temporary, data)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise _write_error(path, error) from None


def sync_folder(folder: Path) -> None:
    """Make renames in this folder durable, where the system has a way to."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems (FUSE, network) cannot do this for a folder; the rename itself stands.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)


def damaged(why: str) -> DamagedFile:
    """The error for a `vault.json` that cannot be trusted."""
    return DamagedFile("vault.json is damaged.", why, "Nothing was changed. Restore it from a backup.")


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _write_error(path: Path, error: OSError) -> VaultError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"There is no room to write {path.name}.", "The old one stands.", "Free some space.")
    return VaultError(f"{path.name} cannot be written.", f"{error.strerror}.", "The old one stands.")


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > _LARGEST_BYTES:
        raise damaged("It is far too large.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise damaged("It is cut off or not JSON.") from None
    return value if isinstance(value, dict) else {}


def _mac(vault: Vault, store_key: bytes) -> bytes:
    key = hmac.digest(store_key, b"ModStation vault.json 1", hashlib.sha256)
    try:
        text = canonical(to_json(replace(vault, mac=b"")))
    except ValueError:
        # No version writes a number or a text that canonical JSON cannot spell.
        raise damaged("It holds a value that no version of ModStation writes.") from None
    return hmac.digest(key, text, hashlib.sha256)
