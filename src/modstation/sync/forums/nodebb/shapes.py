"""NodeBB's JSON as the desk's values. Pure: no call is made here."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modstation.models.errors import BadAnswer
from modstation.models.ids import ForumName, ItemKey, TargetType
from modstation.models.items import Account, Flag, FlagState, Visibility
from modstation.sync.forums.narrow import (
    Obj,
    ident,
    ident_or_empty,
    moment,
    number,
    obj_or_empty,
    rows_or_empty,
    text_or_empty,
    truth,
    uid_or_empty,
    wrong,
)

#: What stands in the place of a deleted post's text for people who may not see it.
PLACEHOLDER: Final = "[[topic:post-is-deleted]]"
_FORMER: Final = "[[global:former-user]]"
_TARGETS: Final = {"post": TargetType.POST, "user": TargetType.ACCOUNT}
_STATES: Final = {f"[[flags:state-{state}]]": state for state in FlagState}
#: A character that NodeBB's escaping would have replaced.
_BARE: Final = re.compile(r"[<>\"'/\\`]|&(?!(?:amp|lt|gt|quot|#x27|#x2F|#x5C|#96);)")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One row of the flag list. `mark` moves when state, assignee or heat move: the list tells no time of change."""

    flag_id: str
    target: ItemKey
    author: str
    state: FlagState
    assignee: str
    heat: int

    @property
    def mark(self) -> str:
        """State, heat and assignee in a few characters, as the bookmark keeps them."""
        letter = {"open": "o", "wip": "w", "resolved": "r", "rejected": "j"}[self.state]
        return f"{letter}{self.heat}" + (f".{self.assignee}" if self.assignee else "")


def flag_row(forum: ForumName, row: Obj) -> FlagRow:
    """Read one row of the list. Raises BadAnswer where it cannot be tied to a target."""
    kind, state = text_or_empty(row, "type"), text_or_empty(row, "state")
    if kind not in _TARGETS:
        raise BadAnswer("A flag cannot be tied to a target.", f"Its type is '{kind[:40]}'.")
    if state not in set(FlagState):
        raise BadAnswer("A flag cannot be read.", f"Its state is '{state[:40]}'.")
    return FlagRow(
        flag_id=ident(row, "flagId"),
        target=ItemKey(forum, _TARGETS[kind], ident(row, "targetId")),
        author=uid_or_empty(row, "targetUid"),
        state=FlagState(state),
        assignee=ident_or_empty(row, "assignee"),
        heat=max(1, number(row, "heat", 1)),
    )


@dataclass(frozen=True, slots=True)
class FlagDetail:
    """One flag with its reports. `closed_by` is the name of who closed it, where history was asked for."""

    flag_id: str
    state: FlagState
    assignee: str
    reports: tuple[tuple[Account, str, datetime | None], ...]
    assignee_name: str = ""
    closed_by: str = ""


def flag_detail(body: Obj) -> FlagDetail:
    """Read a flag from either of its routes. Raises BadAnswer."""
    state = text_or_empty(body, "state")
    if state not in set(FlagState):
        raise BadAnswer("A flag cannot be read.", f"Its state is '{state[:40]}'.")
    assignee = ident_or_empty(body, "assignee")
    named = [obj_or_empty(row) for row in rows_or_empty(body.get("assignees"))]
    return FlagDetail(
        ident(body, "flagId"),
        FlagState(state),
        assignee,
        tuple(_report(obj_or_empty(row)) for row in rows_or_empty(body.get("reports"))),
        next((text_or_empty(row, "username") for row in named if ident_or_empty(row, "uid") == assignee), ""),
        _closer(body, state),
    )


def flags_of(detail: FlagDetail, item: ItemKey, fetched: datetime, heat: int = 0) -> tuple[Flag, ...]:
    """One Flag for each report; where all reports were withdrawn one without a reporter, so that its state is told."""
    reports = detail.reports or ((Account("", ""), "", None),)
    return tuple(
        Flag(
            item=item,
            fetched=fetched,
            flag_id=detail.flag_id,
            state=detail.state,
            reporter=reporter,
            reason=reason,
            at=at,
            assignee=detail.assignee,
            assignee_name=detail.assignee_name,
            closed_by=detail.closed_by,
            heat=heat or len(reports),
        )
        for reporter, reason, at in reports
    )


def account(user: Obj, uid: str = "") -> Account:
    """The public face of an account. E-mail, IP and full name are left behind here. Raises BadAnswer for a name that is
    no text."""
    if not isinstance(user.get("username", ""), str):
        raise wrong("username", "a text", user["username"])
    found = uid_or_empty(user, "uid")
    former = not found or text_or_empty(user, "username") == _FORMER
    if former:
        return Account(uid or ident_or_empty(user, "oldUid"), "", gone=True)
    groups = rows_or_empty(user.get("groupTitleArray"))
    return Account(
        uid=found,
        name=text_or_empty(user, "username"),
        joined=moment(user, "joindate"),
        posts=number(user, "postcount") if "postcount" in user else None,
        verified="email" if truth(user, "email:confirmed") else "",
        roles=tuple(group for group in groups if isinstance(group, str) and group),
        penalties=penalties(user),
    )


def penalties(user: Obj) -> tuple[str, ...]:
    """What stands against the account: `ban:UNTIL`, `mute:UNTIL` in ms since 1970, 0 where it has no end."""
    against = []
    if truth(user, "banned"):
        against.append(f"ban:{number(user, 'banned:expire')}")
    if truth(user, "muted"):
        against.append(f"mute:{number(user, 'mutedUntil')}")
    return tuple(against)


def visibility(post: Obj, topic: Obj | None) -> Visibility:
    """Who can see a post: it is hidden by itself or with its topic."""
    if truth(post, "deleted") or (topic is not None and truth(topic, "deleted")):
        return Visibility.HIDDEN
    return Visibility.PUBLIC


def unescaped(text: str) -> str:
    """The source behind a text that NodeBB escaped for its own page, as it does in the post queue.

    A text counts as escaped where each of its ampersands begins an entity of NodeBB's escaping, and none of the
    characters that it escapes stands bare; any other text is left as it is.
    """
    return html.unescape(text) if "&" in text and not _BARE.search(text) else text


def plain(rendered: str) -> str:
    """Rendered HTML as plain text, for places where the platform gives no source (old revisions, chat lists)."""
    without = _TAG.sub("", re.sub(r"</p>|<br ?/?>", "\n", rendered))
    return html.unescape(without).strip()


def _report(report: Obj) -> tuple[Account, str, datetime | None]:
    reporter = obj_or_empty(report.get("reporter"))
    who = account(reporter)
    return Account(who.uid, who.name, gone=who.gone), text_or_empty(report, "value"), moment(report, "timestamp")


def _closer(body: Obj, state: str) -> str:
    """Who brought the flag into its closed state. History mixes in bans and renames, whose `fields` are null."""
    if not FlagState(state).closed:
        return ""
    for entry in (obj_or_empty(row) for row in rows_or_empty(body.get("history"))):
        said = obj_or_empty(entry.get("fields")).get("state")
        if isinstance(said, str) and _STATES.get(said, said) == state:
            return text_or_empty(obj_or_empty(entry.get("user")), "username")
    return ""
