"""Tells deciding from typing (promise 9). Knows nothing of Qt: it is told names of keys and asked what to do.

A burst of letters on the list is somebody who believes the caret is in a text field. Letters that follow a deciding
key within 150 ms, or a run of letters without a pause of a second that is no sequence of commands, are typing: what
they touched is withdrawn and the keys rest until the person goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

#: Seconds after a deciding key, or after the item changed, in which nothing decides.
DEAF = 0.15
#: A pause that ends a run of letters, in seconds.
PAUSE = 1.0
#: Distinct letters that make a run with a deciding key in it look like a word.
WORD = 3
_MOVING = frozenset({"J", "K"})


class Verdict(Enum):
    """What to do with a key."""

    RUN = auto()
    IGNORE = auto()
    TYPING = auto()


def is_letter(key: str) -> bool:
    """Whether a key name is a letter, with or without Shift; digits and named keys are not."""
    bare = key.removeprefix("Shift+")
    return len(bare) == 1 and bare.isalpha()


@dataclass(slots=True)
class KeyGuard:
    """Watches single keys. `now` gives seconds that only grow."""

    now: Callable[[], float]
    paused: bool = False
    _run: list[str] = field(default_factory=list)
    _stray: bool = False
    _decided_in_run: bool = False
    _last_key: float = -1e9
    _last_deciding: float = -1e9
    _changed_at: float = -1e9
    _acts: list[object] = field(default_factory=list)

    def item_changed(self) -> None:
        """Another item is on the screen: Enter rests for a moment."""
        self._changed_at = self.now()

    def acted(self, act: object) -> None:
        """Remember an act of the current run, to be withdrawn if the run turns out to be typing."""
        self._acts.append(act)

    def take_acts(self) -> list[object]:
        """The acts of the run, once."""
        acts, self._acts = self._acts, []
        return acts

    def resume(self) -> None:
        """The person has said that they mean the keys."""
        self.paused = False
        self._start_run()

    def key(self, key: str, *, bound: bool, deciding: bool) -> Verdict:
        """Judge a key without Ctrl or Alt. `bound` says whether it is a command here, `deciding` whether it acts."""
        moment = self.now()
        if self.paused:
            return Verdict.IGNORE
        after_deciding = moment - self._last_deciding < DEAF
        if moment - self._last_key >= PAUSE:
            self._start_run()
        self._last_key = moment
        if is_letter(key):
            self._run.append(key.removeprefix("Shift+"))
            self._stray = self._stray or not bound
            if after_deciding or self._is_word(deciding):
                return self._pause()
        elif key == "Enter":
            return self._enter(moment, deciding)
        return self._deciding(moment) if deciding else Verdict.RUN

    def _enter(self, moment: float, deciding: bool) -> Verdict:
        if not deciding:
            return Verdict.RUN
        if len(self._run) >= WORD and not set(self._run) <= _MOVING:
            return self._pause()
        return Verdict.IGNORE if moment - self._changed_at < DEAF else self._deciding(moment)

    def _deciding(self, moment: float) -> Verdict:
        self._last_deciding = moment
        self._decided_in_run = True
        return Verdict.RUN

    def _is_word(self, deciding: bool) -> bool:
        if self._stray:
            return len(self._run) >= WORD or (len(self._run) >= 2 and deciding)
        meant = set(self._run) - _MOVING
        return len(meant) >= WORD and (deciding or self._decided_in_run)

    def _pause(self) -> Verdict:
        self.paused = True
        return Verdict.TYPING

    def _start_run(self) -> None:
        self._run.clear()
        self._acts.clear()
        self._stray = False
        self._decided_in_run = False
