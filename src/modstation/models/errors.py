"""Every error a person can meet.

ModStationError
├── BadInput            what was typed or handed in cannot be used
├── NotAllowed          a rule, a role or a missing second person forbids it
├── NotFound            no such item, decision, person, forum
├── VaultError          the encrypted desk cannot be opened or written
│   ├── WrongPassphrase
│   ├── ForeignFile     not a desk, or a desk of somebody else's key
│   ├── DamagedFile     bytes on disk changed outside the desk
│   ├── NewerFormat     written by a later version
│   ├── OlderFormat     written with older cipher settings
│   ├── KeyringLocked   the system keyring is there but locked
│   ├── DeskBusy        another process has the desk
│   └── DiskFull
└── ForumError          the forum could not be asked, or its answer not used
    ├── ForumUnreachable
    ├── TokenRefused
    ├── AskedToWait
    └── BadAnswer
"""

from __future__ import annotations

from datetime import datetime


class ModStationError(Exception):
    """An error with three sentences: what happened, why, and what to do next.

    `code` is stable and listed in the user guide; messages never hold secrets or quoted posts.
    """

    code = "error"

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        self.what = what
        self.why = why
        self.next_step = next_step
        super().__init__(" ".join(part for part in (what, why, next_step) if part))


class BadInput(ModStationError):
    """Something typed or handed in cannot be used; nothing was changed."""

    code = "bad-input"


class NotAllowed(ModStationError):
    """A rule, a role or a missing second person forbids the act; nothing was changed."""

    code = "not-allowed"


class NotFound(ModStationError):
    """No item, decision, person or forum answers to that name."""

    code = "not-found"


class VaultError(ModStationError):
    """The encrypted desk cannot be opened or written."""

    code = "vault"


class WrongPassphrase(VaultError):
    """No key was opened by this passphrase. `wait_seconds` is how long the next try is refused; 0 where it is not."""

    code = "wrong-passphrase"

    def __init__(self, what: str, why: str = "", next_step: str = "", *, wait_seconds: int = 0) -> None:
        super().__init__(what, why, next_step)
        self.wait_seconds = wait_seconds


class ForeignFile(VaultError):
    """The file is no desk, or belongs to another key."""

    code = "foreign-file"


class DamagedFile(VaultError):
    """Bytes on disk were changed outside the desk."""

    code = "damaged-file"


class NewerFormat(VaultError):
    """The desk was written by a later version of ModStation."""

    code = "newer-format"


class OlderFormat(VaultError):
    """The desk was written with older cipher settings and must be migrated on a copy first."""

    code = "older-format"


class KeyringLocked(VaultError):
    """The system keyring exists but is locked: not the same as having no entry."""

    code = "keyring-locked"


class DeskBusy(VaultError):
    """Another process of ModStation has this desk."""

    code = "desk-busy"


class DiskFull(VaultError):
    """There is no room to write; nothing was half-written."""

    code = "disk-full"


class ForumError(ModStationError):
    """The forum could not be asked, or its answer could not be used."""

    code = "forum"


class ForumUnreachable(ForumError):
    """No answer came: whether the forum acted is unknown when something had been sent."""

    code = "forum-unreachable"

    def __init__(self, what: str, why: str = "", next_step: str = "", *, sent: bool = False) -> None:
        super().__init__(what, why, next_step)
        self.sent = sent


class TokenRefused(ForumError):
    """The forum no longer takes the token, or its rights were taken away."""

    code = "token-refused"


class AskedToWait(ForumError):
    """The forum asked for a pause (429, 503 or Retry-After); `until` is UTC."""

    code = "asked-to-wait"

    def __init__(self, what: str, until: datetime) -> None:
        super().__init__(what, "", "The desk tries again by itself.")
        self.until = until


class BadAnswer(ForumError):
    """The answer is not what the platform promises (HTML, cut off, wrong types, too large, too deep)."""

    code = "bad-answer"
