"""Every command of the window, declared once: keys, menus, buttons, palette, key sheet and tests read this table.

Nothing here knows Qt. `Command.reason(situation)` is "" where the command may run, else the sentence that says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from modstation.models.people import Role

from .words import tr, word

GLOBAL = "global"
TRIAGE = "triage"
OUTBOX = "outbox"
APPROVALS = "approvals"
INBOX = "inbox"
ASIDE = "aside"
MINE = "mine"
PEOPLE = "people"
RULES = "rules"
SETTINGS = "settings"
SCREENS = (TRIAGE, APPROVALS, INBOX, ASIDE, MINE, PEOPLE, SETTINGS, RULES)

#: Groups of the key sheet, in order.
DECIDE, LOOK, MOVE, GROUP, GO, HELP = (
    word("Decide"),
    word("Look"),
    word("Move"),
    word("Group"),
    word("Go to"),
    word("Help"),
)
GROUPS = (DECIDE, LOOK, MOVE, GROUP, GO, HELP)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is on the screen, as far as commands ask. Counts are numbers of things."""

    screen: str = TRIAGE
    locked: bool = False
    roles: frozenset[Role] = frozenset()
    read_only: str = ""
    has_item: bool = False
    covered_item: bool = False
    has_policy: bool = False
    missing: str = ""
    why_not: str = ""
    undoable: bool = False
    selected: int = 0
    new_items: int = 0
    media: int = 0
    has_row: bool = False
    row_why_not: str = ""
    human_only: bool = False


Check = Callable[[Situation], str]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do. `keys` are names such as "N", "Ctrl+K"; `deciding` ones act on a case."""

    id: str
    title: str
    keys: tuple[str, ...]
    group: str
    scope: str = GLOBAL
    icon: str = ""
    deciding: bool = False
    repeats: bool = False
    roles: frozenset[Role] = frozenset()
    checks: tuple[Check, ...] = ()

    def reason(self, situation: Situation) -> str:
        """Why it cannot run now, in the language of the interface; "" where it can."""
        if situation.locked:
            return tr("The desk is locked.")
        if self.scope not in (GLOBAL, situation.screen):
            return tr("Not on this screen.")
        if self.roles and not self.roles & situation.roles:
            return tr("Not for your role.")
        if self.deciding and situation.read_only:
            return situation.read_only
        return next((why for check in self.checks if (why := check(situation))), "")

    def for_role(self, roles: frozenset[Role]) -> bool:
        """Whether it could ever apply to somebody with these roles; else it is absent, not grey."""
        return not self.roles or bool(self.roles & roles)

    @property
    def single(self) -> bool:
        """Whether one of its keys is pressed without Ctrl or Alt."""
        return any(is_single(key) for key in self.keys)


def is_single(key: str) -> bool:
    """Whether a key name needs neither Ctrl nor Alt nor is a function key."""
    named = key.removeprefix("Shift+")
    return not key.startswith(("Ctrl+", "Alt+")) and not (named[0] == "F" and named[1:].isdigit())


def _item(now: Situation) -> str:
    return "" if now.has_item else tr("No item is open.")


def _uncovered(now: Situation) -> str:
    return tr("The item is covered. Press V to see it first.") if now.covered_item else ""


def _policy(now: Situation) -> str:
    return "" if now.has_policy else tr("Choose a policy first: a digit, or 9 for all.")


def _complete(now: Situation) -> str:
    return now.missing or now.why_not


def _undoable(now: Situation) -> str:
    return "" if now.undoable else tr("There is nothing to undo.")


def _selected(now: Situation) -> str:
    return "" if now.selected > 1 else tr("Select items with X first.")


def _new(now: Situation) -> str:
    return "" if now.new_items else tr("No new items wait.")


def _media(now: Situation) -> str:
    return "" if now.media else tr("The item has no media.")


def _covered_or_media(now: Situation) -> str:
    return "" if now.media or now.covered_item else tr("Nothing is covered here.")


def _row(now: Situation) -> str:
    return now.row_why_not if now.has_row else tr("No row is chosen.")


_JUDGES = frozenset({Role.MODERATOR, Role.SUPERVISOR, Role.COMPLIANCE})


def _triage(id_: str, title: str, keys: tuple[str, ...], group: str, icon: str, *checks: Check) -> Command:
    return Command(id_, title, keys, group, TRIAGE, icon, checks=checks)


def _decide(id_: str, title: str, keys: tuple[str, ...], icon: str, *checks: Check) -> Command:
    return Command(id_, title, keys, DECIDE, TRIAGE, icon, deciding=True, roles=_JUDGES, checks=checks)


COMMANDS: tuple[Command, ...] = (
    *(
        Command(f"policy.{n}", word("Choose a policy"), (str(n),), DECIDE, TRIAGE, "", roles=_JUDGES, checks=(_item,))
        for n in range(1, 9)
    ),
    Command("policy.all", word("All policies"), ("9",), DECIDE, TRIAGE, "list-bullets", roles=_JUDGES, checks=(_item,)),
    _decide("decide", word("Decide as shown"), ("Enter", "Ctrl+Enter"), "check", _item, _policy, _complete),
    _decide("no_violation", word("No violation"), ("N",), "check-circle", _item, _uncovered),
    _decide("escalate", word("Escalate"), ("E",), "arrow-up", _item),
    _decide("skip", word("Skip, give the claim back"), ("S",), "arrow-right", _item),
    Command(
        "undo",
        word("Undo the newest decision"),
        ("Z", "Ctrl+Z"),
        DECIDE,
        GLOBAL,
        "arrow-counter-clockwise",
        deciding=True,
        roles=_JUDGES,
        checks=(_undoable,),
    ),
    _triage("measure", word("Change the measure"), ("M",), DECIDE, "scales", _item, _policy),
    _triage("reason", word("Edit the reason"), ("R",), DECIDE, "pencil-simple", _item),
    _decide("note", word("Note on item or author"), ("W",), "note", _item),
    _decide("park", word("Park until a time or a reply"), ("U",), "pause", _item),
    _decide("claim", word("Claim or release"), ("Y",), "hand", _item),
    _decide("minor", word("Suspected minor: cover, hide, hand over"), ("F8",), "warning-octagon", _item, _media),
    _triage("guideline", word("Guideline of the policy"), ("A",), LOOK, "book-open", _item),
    _triage("peek", word("Hold to peek at covered media"), ("Space",), LOOK, "eye", _item, _media),
    _triage("uncover", word("Uncover and keep open, logged"), ("V",), LOOK, "eye", _item, _covered_or_media),
    _triage("cover", word("Cover everything"), ("Q",), LOOK, "eye-slash", _item),
    _triage("thread", word("Whole thread"), ("T",), LOOK, "chat-dots", _item),
    _triage("history", word("History of the author"), ("H",), LOOK, "user", _item),
    _triage("why", word("Why it is here"), ("I",), LOOK, "flag", _item),
    _triage("diff", word("Show what changed"), ("D",), LOOK, "git-diff", _item),
    _triage("copy_case", word("Copy the case number"), ("C",), LOOK, "copy", _item),
    _triage("copy_link", word("Copy the address, made harmless"), ("Ctrl+Shift+C",), LOOK, "link", _item),
    Command("next", word("Next row"), ("J", "Down"), MOVE, GLOBAL, "caret-down", repeats=True),
    Command("previous", word("Previous row"), ("K", "Up"), MOVE, GLOBAL, "caret-up", repeats=True),
    _triage("new", word("Show new items"), (".",), MOVE, "arrow-up", _new),
    Command("column", word("Next column"), ("F6",), MOVE, GLOBAL, "arrow-right"),
    Command("column_back", word("Previous column"), ("Shift+F6",), MOVE, GLOBAL, "arrow-right"),
    Command("filter", word("Search and filter the list"), ("Ctrl+F",), MOVE, TRIAGE, "funnel"),
    Command("back", word("Close, leave the field, back to the list"), ("Esc",), MOVE, GLOBAL, "x"),
    _triage("select", word("Select"), ("X",), GROUP, "check", _item),
    _triage("extend", word("Extend the selection down"), ("Shift+J",), GROUP, "caret-down", _item),
    _triage("extend_up", word("Extend the selection up"), ("Shift+K",), GROUP, "caret-up", _item),
    Command(
        "decide_group",
        word("Decide for all selected"),
        ("Shift+Enter",),
        GROUP,
        TRIAGE,
        "stack",
        deciding=True,
        roles=_JUDGES,
        checks=(_selected, _policy, _complete),
    ),
    Command("go.triage", word("Triage"), ("Alt+1",), GO, icon="tray"),
    Command("go.approvals", word("Approvals"), ("Alt+2",), GO, icon="checks"),
    Command("go.inbox", word("Escalations"), ("Alt+3",), GO, icon="arrow-up"),
    Command("go.aside", word("Set aside"), ("Alt+4",), GO, icon="archive"),
    Command("go.mine", word("My decisions"), ("Alt+5",), GO, icon="list-bullets"),
    Command("go.people", word("People"), ("Alt+6",), GO, icon="users-three"),
    Command("go.settings", word("Settings"), ("Alt+7", "Ctrl+,"), GO, icon="gear"),
    Command("go.rules", word("Rules"), ("Alt+8",), GO, icon="book-open"),
    Command("go.outbox", word("Outbox"), ("O",), GO, icon="paper-plane-tilt"),
    Command("lock", word("Lock now"), ("Ctrl+L",), GO, icon="lock-key"),
    Command(
        "approve", word("Approve"), ("Enter", "Ctrl+Enter"), DECIDE, APPROVALS, "check", deciding=True, checks=(_row,)
    ),
    Command("refuse", word("Refuse"), ("N",), DECIDE, APPROVALS, "x", deciding=True, checks=(_row,)),
    Command(
        "settle",
        word("Settle the conflict as chosen"),
        ("Enter", "Ctrl+Enter"),
        DECIDE,
        OUTBOX,
        "check",
        deciding=True,
        checks=(_row,),
    ),
    *(
        Command(f"choice.{n}", word("Choose a way out of the conflict"), (str(n),), DECIDE, OUTBOX, "", checks=(_row,))
        for n in range(1, 5)
    ),
    Command(
        "take",
        word("Take the escalation"),
        ("Enter", "Ctrl+Enter"),
        DECIDE,
        INBOX,
        "hand",
        deciding=True,
        checks=(_row,),
    ),
    Command(
        "return", word("Hand it back"), ("B",), DECIDE, INBOX, "arrow-counter-clockwise", deciding=True, checks=(_row,)
    ),
    Command(
        "close_aside",
        word("Close with a reason"),
        ("Ctrl+Enter",),
        DECIDE,
        ASIDE,
        "check",
        deciding=True,
        checks=(_row,),
    ),
    Command(
        "reverse",
        word("Take this decision back"),
        ("Ctrl+Enter",),
        DECIDE,
        MINE,
        "arrow-counter-clockwise",
        deciding=True,
        roles=_JUDGES,
        checks=(_row,),
    ),
    Command("rules.add", word("Take in a rule pack as a draft"), ("Ctrl+N",), DECIDE, RULES, "plus"),
    Command(
        "rules.rehearse", word("Rehearse over the past"), ("R",), DECIDE, RULES, "arrows-clockwise", checks=(_row,)
    ),
    Command("rules.stop", word("Stop the rehearsal"), ("X",), DECIDE, RULES, "x"),
    Command(
        "rules.approve",
        word("Approve the pack"),
        ("Enter", "Ctrl+Enter"),
        DECIDE,
        RULES,
        "check",
        deciding=True,
        checks=(_row,),
    ),
    Command(
        "rules.pull", word("Pull the pack at once"), ("P",), DECIDE, RULES, "prohibit", deciding=True, checks=(_row,)
    ),
    Command("open_item", word("Open the item in Triage"), ("Ctrl+O",), GO, icon="tray"),
    Command("sheet", word("Keyboard"), ("?",), HELP, icon="keyboard"),
    Command("palette", word("Search or run a command"), ("Ctrl+K",), HELP, icon="magnifying-glass"),
    Command("explain", word("Explain what is focused"), ("F1",), HELP, icon="info"),
    Command("larger", word("Larger text"), ("Ctrl++", "Ctrl+="), HELP, icon="text-aa"),
    Command("smaller", word("Smaller text"), ("Ctrl+-",), HELP, icon="text-aa"),
    Command("normal", word("Text at 100 %"), ("Ctrl+0",), HELP, icon="text-aa"),
    Command("theme", word("Switch between light and dark"), ("Ctrl+Shift+D",), HELP, icon="moon"),
    Command("language", word("Switch the language"), ("Ctrl+Shift+G",), HELP, icon="globe"),
)

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


class Keymap:
    """The keys in force: the table, with what this person has changed.

    `mode` is "on", "off" (single keys do nothing) or "modifier" (single deciding keys need Alt).
    """

    def __init__(self, changed: Mapping[str, str] | None = None, mode: str = "on") -> None:
        self.mode = mode
        self.commands: dict[str, Command] = dict(BY_ID)
        for id_, keys in (changed or {}).items():
            if id_ in self.commands:
                self.commands[id_] = replace(self.commands[id_], keys=tuple(keys.split(" ")))

    def keys_of(self, id_: str) -> tuple[str, ...]:
        """The keys of a command as they must be pressed now."""
        command = self.commands[id_]
        if self.mode == "off":
            return tuple(key for key in command.keys if not is_single(key) or key in _ALWAYS)
        if self.mode == "modifier" and command.deciding:
            return tuple(f"Alt+{key}" if is_single(key) else key for key in command.keys)
        return command.keys

    def first(self, id_: str) -> str:
        """The key a button shows; "" where none is left."""
        return next(iter(self.keys_of(id_)), "")

    def find(self, key: str, screen: str) -> Command | None:
        """The command of a key on a screen; the screen's own go first."""
        here = [command for command in self.commands.values() if key in self.keys_of(command.id)]
        return next((one for one in here if one.scope == screen), None) or next(
            (one for one in here if one.scope == GLOBAL), None
        )

    def clash(self, id_: str, key: str) -> str:
        """The id of another command that already has this key where both can be pressed; "" where none has."""
        scope = self.commands[id_].scope
        for other in self.commands.values():
            meets = other.scope == scope or GLOBAL in (other.scope, scope)
            if other.id != id_ and meets and key in other.keys:
                return other.id
        return ""


#: Keys that stay when single keys are switched off: they move or close, and never decide.
_ALWAYS = frozenset({"Esc", "Up", "Down"})
