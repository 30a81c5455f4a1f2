"""Sentences that desk, forums and demo say in English only, in the language of the window.

Each stands here once with its fields; what does not match is shown as it came, for it may be a forum's own words.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from .words import language, tr, word

SENTENCES: tuple[str, ...] = (
    word("Demo people: {names}. Passphrase of all of them: {passphrase}"),
    word("NodeBB has no call that moves a post down."),
    word("NodeBB has no smaller right for a moderator."),
    word("Take the right away in NodeBB's own administration."),
    word("NodeBB needs the new name, and its owner or an administrator to choose it."),
    word("Only in the sections this account moderates."),
    word("This account moderates no section."),
    word("The account lacks NodeBB's global right '{right}'; an administrator can grant it."),
    word("Chat is switched off at this forum, or this account may not use it."),
    word("NodeBB has no warnings of its own; it goes as a chat message."),
    word("Only an administrator changes a section's rights."),
    word("This account may not see flags."),
    word("This account may not decide queued posts."),
    word("Reported by account {account} ({state} at the forum)"),
    word("Screening marked {n} places ({packs})"),
    word("Waits for approval in the forum's post queue"),
    word("Severity {n}: covered until you look."),
    word("dismissed at the forum by account {account}"),
    word("resolved at the forum by account {account}"),
    word("hidden at the forum by account {account}"),
    word("gone at the forum by account {account}"),
    word("dismissed at the forum"),
    word("resolved at the forum"),
    word("hidden at the forum, cause unknown"),
    word("gone at the forum, cause unknown"),
    word("{forum}: the forum no longer takes our token. {n} measures wait."),
    word("Only {n} MiB are left on the disk, so the desk reads and takes no decisions."),
    word("Nothing is lost."),
    word("Free some space; it goes on by itself."),
    word("This answer names the case {case}, which is not at this desk."),
    word("Somebody answered the notice of {case}, which is closed."),
    word("Passed to {role}."),
    word("{forum} is connected."),
    word("Covered, hidden, passed to {role}."),
    word("{name} is now {value}."),
    word("Claimed for ten minutes."),
    word("It was not claimed by you."),
    word("Released."),
    word("The forum answered yes and did nothing."),
    word("Sent {n} times; the forum never did it."),
    word("The post or its topic is no longer there."),
    word("The flag is no longer there."),
    word("Somebody has already decided it."),
    word("You saw {seen} of {all}; {n} differ."),
    word("You saw {seen} of {all}; {n} differs."),
    word("The learned order knows {n} decisions."),
    word("Parked until {time} UTC."),
    word("Parked until a reply comes."),
    word("Nobody at this desk has the role {role}."),
    word("The item would end where nobody sees it."),
    word("The note is too long."),
    word("This cannot be decided."),
    word("Withdrawn; nothing was sent."),
    word("Approved; it is on its way."),
    word("Approved; one more person is needed."),
    word("Refused: nothing of it is sent, and the item is back in the queue."),
    word("Refused: what waited for a second person is withdrawn."),
    word("What needed none stands; undo takes it back."),
    word("Nothing is sent."),
    word("The decision stays in the record; this measure is withdrawn."),
    word("What the forum shows counts as the outcome."),
    word("Drop it"),
    word("Take it as done"),
    word("Send it all the same"),
    word("{n} decided."),
    word("None of these items could be decided together."),
    word("There is nothing to undo."),
    word("You have made no decision that still stands."),
)
_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z])")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What to look for, the sentences with most fixed words first."""
    found = []
    for sentence in sorted(SENTENCES, key=lambda one: -len(re.sub(r"\{\w+\}", "", one))):
        parts = re.split(r"\{(\w+)\}", sentence)
        spelt = "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        found.append((re.compile(spelt, re.DOTALL), sentence))
    return tuple(found)


def said(words: str) -> str:
    """What the desk said, in the language of the window: as a whole, else sentence by sentence."""
    if language() == "en" or not words:
        return words
    whole = _one(words)
    if whole is not None:
        return whole
    parts = _ENDS.split(words)
    if not any(map(_one, parts)):
        return words
    return "".join(_one(part) or f" {part} " for part in parts).strip()


@lru_cache(maxsize=512)
def _spoken(words: str, tongue: str) -> str | None:
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(words)
        if found is not None:
            return tr(sentence, **found.groupdict())
    return None


def _one(words: str) -> str | None:
    return _spoken(words, language()) if len(words) < 400 else None
