"""The system's own keyring: it may remember the secret that opens a person's keys, and nothing else.

Only keyrings that really lock are used (an allow-list), so no secret ends in a plain file as a fall-back. A keyring may
show a prompt or hang, so every question is asked in a thread of its own and given up after a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from modstation.models.errors import KeyringLocked, VaultError
from modstation.models.ids import DeskId, PersonId

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "ModStation"
ALLOWED = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
#: Long enough to type a password into the keyring's own prompt.
LIMIT_SECONDS = 30.0
_PROBE = "probe"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyringState:
    """Whether this machine has a keyring that may be used: its name, or in words why there is none."""

    usable: bool
    backend: str
    why: str = ""


class SystemKeyring:
    """Remembers, recalls and forgets one secret a desk and person. No method may be called on the window's thread.

    `limit_seconds` is how long one question may take; `allowed` names the backends by module and class.
    """

    def __init__(self, limit_seconds: float = LIMIT_SECONDS, allowed: frozenset[str] = ALLOWED) -> None:
        self._limit = limit_seconds
        self._allowed = allowed

    def state(self) -> KeyringState:
        """Which keyring would be used. Shows no prompt. Raises KeyringLocked when the session bus does not answer."""
        return self._ask(self._state)

    def remember(self, desk: DeskId, person: PersonId, secret: str) -> None:
        """Keep a secret. Raises KeyringLocked, or VaultError where no keyring may be used; then nothing is kept."""
        self._ask(lambda: self._require().set_password(SERVICE, _entry(desk, person), secret))

    def recall(self, desk: DeskId, person: PersonId, *, expected: bool = True) -> str | None:
        """The secret kept for this person; None where there is no entry or no keyring that may be used.

        Some keyrings answer "no entry" while they are locked. With `expected` such an answer is checked by writing a
        trial entry. Raises KeyringLocked: not the same as having no entry.
        """
        return self._ask(lambda: self._recall(_entry(desk, person), expected))

    def forget(self, desk: DeskId, person: PersonId) -> None:
        """Delete the secret, if there is one. Raises KeyringLocked."""
        self._ask(lambda: self._forget(_entry(desk, person)))

    def _ask(self, question: Callable[[], T]) -> T:
        """The answer of the keyring, within the limit and with its errors in our words."""
        answer: Future[T] = Future()
        # A daemon thread: a keyring that hangs for ever must not keep the program from ending.
        threading.Thread(target=_run, args=(question, answer), name="keyring", daemon=True).start()
        try:
            return answer.result(self._limit)
        except TimeoutError:
            raise KeyringLocked(
                "The system keyring does not answer.",
                f"It was given {self._limit:g} seconds; perhaps it waits for its own password.",
                "Unlock it and try again, or use the passphrase.",
            ) from None
        except VaultError:
            raise
        except Exception as error:
            raise _explained(error) from None

    def _backend(self) -> KeyringBackend | None:
        import keyring
        from keyring.backends.chainer import ChainerBackend

        chosen = keyring.get_keyring()
        offered = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
        return next((each for each in offered if _name(each) in self._allowed), None)

    def _state(self) -> KeyringState:
        backend = self._backend()
        if backend is not None:
            return KeyringState(True, _name(backend))
        return KeyringState(False, "", "No keyring that locks with the session answers on this machine.")

    def _require(self) -> KeyringBackend:
        backend = self._backend()
        if backend is None:
            raise VaultError(
                "This machine has no system keyring that may be used.",
                "Secret Service, KWallet, macOS and Windows are taken; plain files are not.",
                "Unlock with the passphrase. Nothing was kept anywhere.",
            )
        return backend

    def _recall(self, entry: str, expected: bool) -> str | None:
        backend = self._backend()
        if backend is None:
            return None
        secret = backend.get_password(SERVICE, entry)
        if secret is None and expected:
            backend.set_password(SERVICE, _PROBE, _PROBE)
            backend.delete_password(SERVICE, _PROBE)
        return secret

    def _forget(self, entry: str) -> None:
        from keyring.errors import PasswordDeleteError

        backend = self._backend()
        if backend is not None and backend.get_password(SERVICE, entry) is not None:
            try:
                backend.delete_password(SERVICE, entry)
            except PasswordDeleteError as error:
                raise _explained(error) from None


def _run(question: Callable[[], T], answer: Future[T]) -> None:
    try:
        answer.set_result(question())
    except Exception as error:
        answer.set_exception(error)
    except BaseException as error:
        # A backend that wants to end the program ends only its own thread.
        answer.set_exception(RuntimeError(type(error).__name__))


def _entry(desk: DeskId, person: PersonId) -> str:
    return f"{desk}/{person}"


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _explained(error: Exception) -> VaultError:
    """Our error for one of a keyring. Its text is left out: no one knows what a backend writes there."""
    from keyring.errors import InitError
    from keyring.errors import KeyringLocked as BackendLocked

    # secretstorage's own exception for a locked item is matched by name: the package exists on Linux alone.
    if isinstance(error, BackendLocked | InitError) or type(error).__name__ == "LockedException":
        return KeyringLocked(
            "The system keyring is locked.",
            "What it remembers is still there.",
            "Unlock it and try again, or use the passphrase. Nothing was changed.",
        )
    return VaultError(
        "The system keyring could not be used.",
        f"It answered with {type(error).__name__}.",
        "Use the passphrase. Nothing was changed.",
    )
