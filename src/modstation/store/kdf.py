"""From a passphrase to a key: argon2id (RFC 9106), with its cost kept beside what it locks."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from modstation.models.errors import BadInput, DamagedFile, VaultError

KEY_BYTES = 32
SALT_BYTES = 16
SHORTEST_PASSPHRASE = 8
_MOST_MEMORY_KIB = 1024 * 1024
_MOST_PASSES = 32
_MOST_LANES = 16


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one guess costs: memory in KiB, passes over it, lanes at once.

    The defaults take about 0.4 s on a two-core machine (measured 2026-11-25).
    """

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 2

    def checked(self) -> KdfCost:
        """The same cost. Raises DamagedFile when it is outside what argon2 can do or a machine can bear."""
        if not (
            1 <= self.lanes <= _MOST_LANES
            and 1 <= self.passes <= _MOST_PASSES
            and 8 * self.lanes <= self.memory_kib <= _MOST_MEMORY_KIB
        ):
            raise DamagedFile(
                "The cost written beside a key is out of range.",
                "No version of ModStation writes such a number.",
                "Restore vault.json from a backup.",
            )
        return self


DEFAULT_COST = KdfCost()


def normalised(passphrase: str) -> bytes:
    """The passphrase as bytes: NFKC, so that every keyboard and input method spells it alike.

    Raises BadInput for text that no encoding can carry.
    """
    try:
        return unicodedata.normalize("NFKC", passphrase).encode()
    except UnicodeEncodeError:
        raise BadInput("The passphrase holds a broken character.", "", "Type it again.") from None


def check_new_passphrase(passphrase: str) -> None:
    """Raises BadInput when a passphrase to be set is shorter than eight characters or only blanks."""
    text = normalised(passphrase).decode()
    if len(text) < SHORTEST_PASSPHRASE or not text.strip():
        raise BadInput(
            f"A passphrase has at least {SHORTEST_PASSPHRASE} characters.",
            "Whoever copies the desk's folder can guess shorter ones.",
            "Four or five unrelated words are easy to keep in mind.",
        )


def derive(passphrase: str, salt: bytes, cost: KdfCost) -> bytes:
    """A key of 32 bytes by argon2id. Takes the time that `cost` asks for and releases the interpreter lock.

    Raises VaultError when the machine lacks the memory, DamagedFile for an impossible cost, BadInput for broken text.
    """
    cost, secret = cost.checked(), normalised(passphrase)
    try:
        return hash_secret_raw(
            secret, salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID, version=ARGON2_VERSION
        )
    except HashingError as error:
        raise VaultError(
            "The key could not be derived.",
            f"It takes {cost.memory_kib // 1024} MiB of memory for a moment; argon2 says: {error}.",
            "Close other programs and try again.",
        ) from None
