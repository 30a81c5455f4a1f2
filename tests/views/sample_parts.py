"""What the sample desk is made of: its moment, its policies, what it remembers of an item."""

from __future__ import annotations

from dataclasses import dataclass, field

from modstation.models.ids import (
    ForumName,
    PolicyId,
)
from modstation.models.screen import (
    QueueState,
    RailPolicy,
)

#: 24 November 2026, 14:32 UTC: "now" of all pictures.
NOW = 1_795_530_720_000
MINUTE = 60_000
DAY = 1440 * MINUTE
FORUM = ForumName("riverside")

POLICIES: tuple[RailPolicy, ...] = (
    RailPolicy(
        PolicyId("terms.contact_ad"),
        1,
        "Contact ad",
        "广告引流",
        "Terms 4.2",
        True,
        1,
        "A post whose point is to move people to a contact outside the forum.",
        ("DM my channel",),
        ("a seller answering",),
    ),
    RailPolicy(
        PolicyId("ill.fraud"),
        2,
        "Fraud or scam",
        "诈骗",
        "IIS 15(9)",
        False,
        3,
        "Asks for money or codes under a false story.",
    ),
    RailPolicy(PolicyId("terms.insult"), 3, "Insult", "辱骂", "Terms 4.4", True, 2, "Aimed at a person in the thread."),
    RailPolicy(
        PolicyId("terms.spam"),
        4,
        "Spam or repeat",
        "刷屏重复",
        "Terms 4.1",
        True,
        1,
        "Nearly the same text more than three times.",
    ),
    RailPolicy(
        PolicyId("terms.off_topic"), 5, "Off topic", "跑题", "Terms 4.3", True, 1, "Move it if a section exists."
    ),
    RailPolicy(PolicyId("terms.impersonation"), 6, "Impersonation", "假冒仿冒", "Terms 4.6", True, 2),
    RailPolicy(
        PolicyId("terms.personal_data"),
        7,
        "Personal data of others",
        "泄露他人信息",
        "Terms 4.5",
        True,
        3,
        "Hide at once, then decide.",
    ),
    RailPolicy(
        PolicyId("care.person_in_danger"), 8, "Someone may be in danger", "有人可能处于危险", "Care", True, 0, care=True
    ),
    RailPolicy(
        PolicyId("ill.rumour"), 0, "Rumours disturbing order", "散布谣言", "IIS 15(6)", False, 3, human_only=True
    ),
    RailPolicy(PolicyId("none"), 0, "No violation", "未违规", "", True, 0),
)
ZH = {one.id: one.second_name for one in POLICIES}


@dataclass
class Kept:
    """What the desk remembers about one item."""

    state: QueueState = QueueState.OPEN
    claimed: str = ""
    notes: list[str] = field(default_factory=list)
    draft: str = ""
    greyed: str = ""
    edits: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    skips: int = 0
