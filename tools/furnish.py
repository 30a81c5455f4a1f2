"""The sample desk with something on every screen, for pictures and for the check of the screens."""

from __future__ import annotations

from tests.views.sample_desk import DAY, MINUTE, NOW, SampleDesk, SampleSession

from modstation.models.ids import DecisionId, OutboxId, PersonId, case_of
from modstation.models.measures import Measure, OutboxState
from modstation.models.people import Role
from modstation.models.screen import ApprovalRow, EscalationRow, OutboxRow, SetAsideRow


def furnished(theme: str, language: str, percent: int) -> SampleSession:
    """A sample desk on which every screen has something to show."""
    desk = SampleDesk()
    desk.settings.update(theme=theme, language=language, text_percent=str(percent))
    _furnish_outbox(desk)
    _furnish_approvals(desk)
    _furnish_inbox(desk)
    _furnish_aside(desk)
    return SampleSession(desk)


def _furnish_approvals(desk: SampleDesk) -> None:
    key = desk.key(40)
    desk.approval_rows = [
        ApprovalRow(
            DecisionId(f"p{n}"),
            case_of(key),
            key,
            40 + n,
            "Fraud or scam",
            what,
            PersonId("Demo Wei"),
            NOW - n * 25 * MINUTE,
            "第三次冒充退款客服收手续费，前两次删帖警告后当天重发。",
            1,
            (),
            (PersonId("Demo Lin"),),
            why,
            ((True, "Not the proposer: Demo Wei proposed, you did not."), (not why, "Right role for this measure.")),
            3,
        )
        for n, (what, why) in enumerate(
            [
                ("Ban account fast_refund_01, no end date", ""),
                ("Mute 7 d, north_wind_22", ""),
                ("Close section Quick Cash 副业", "you warned its manager on 20 Nov"),
            ],
            1,
        )
    ]


def _furnish_inbox(desk: SampleDesk) -> None:
    key = desk.key(40)
    desk.inbox_rows = [
        EscalationRow(
            "e1",
            case_of(key),
            key,
            40,
            Role.COMPLIANCE,
            PersonId("Demo Wei"),
            NOW - 70 * MINUTE,
            NOW + 170 * MINUTE,
            "open",
            ("Looks like the same people as last week.", "两个账号的措辞一样。"),
        ),
        EscalationRow(
            "e2",
            case_of(desk.key(41)),
            desk.key(41),
            41,
            Role.ON_CALL,
            PersonId("Demo Ines"),
            NOW - DAY,
            NOW - MINUTE,
            "taken",
            (),
        ),
    ]


def _furnish_aside(desk: SampleDesk) -> None:
    desk.aside_rows = [
        SetAsideRow(
            1,
            "riverside",
            "flags",
            "A flag names a post that this forum does not have.",
            '{"flagId": 4471, "targetId": null, "reason": "\u202espam"}',
            NOW - 90 * MINUTE,
            NOW + 150 * MINUTE,
        ),
        SetAsideRow(
            2,
            "riverside",
            "posts",
            "The answer was a web page, not data.",
            "<html><b>502 Bad Gateway</b></html>",
            NOW - DAY,
            NOW - 30 * MINUTE,
        ),
    ]


def _furnish_outbox(desk: SampleDesk) -> None:
    states = (
        (OutboxState.ACKNOWLEDGED, "Removed 1 post", "", "read back as hidden"),
        (OutboxState.SENDING, "No violation, flag 4408", "", "reading back"),
        (OutboxState.REFUSED, "Mute 7 d, north_wind_22", "User already muted until 29 Nov", "already muted"),
        (OutboxState.CONFLICT, "Remove post 2198", "", "the post was edited"),
        (OutboxState.WAITING, "Notice to lucky_deal88", "", ""),
    )
    for number, (state, what, said, detail) in enumerate(states, 100):
        key = desk.key(number)
        desk.outbox_rows.append(
            OutboxRow(
                OutboxId(f"o{number}"),
                DecisionId(f"x{number}"),
                case_of(key),
                key,
                number,
                what,
                Measure.REMOVE,
                "measure",
                state,
                NOW - (200 - number) * MINUTE,
                0,
                "Demo Wei",
                said,
                detail,
                "Remove post 18" if state is OutboxState.WAITING else "",
            )
        )
