"""Appeals and withheld notices: for how long, before whom, and only as the profile allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from modstation.models.errors import NotAllowed
from modstation.models.ids import PersonId

from .approvals import Approvals, approvals_of, eligible
from .blocks import ApprovalRow
from .clocks import start_of_day, zone
from .notice import appeal_last_day
from .situation import Situation
from .stack import ProfileStack


def appeal_until(stack: ProfileStack, decided: datetime) -> datetime:
    """The exclusive end (UTC) of the time in which an appeal is taken: the midnight after its last local day.

    Raises NotAllowed where no profile of the stack takes appeals.
    """
    if stack.appeal is None:
        raise NotAllowed(
            "No appeal is taken.", f"{stack.label} says nothing about appeals.", "Stack a profile that does."
        )
    where = zone(stack.timezone)
    last = appeal_last_day(stack, decided).astimezone(where).date()
    return start_of_day(last + timedelta(days=1), where)


def appeal_open(stack: ProfileStack, decided: datetime, now: datetime) -> bool:
    """Whether an appeal that comes now is in time. A late one is kept and shown as late, never dropped."""
    return stack.appeal is not None and now < appeal_until(stack, decided)


def who_may_hear(s: Situation) -> tuple[PersonId, ...]:
    """People who may hear an appeal in this case: they judge items and had no part in it (promise 6)."""
    return tuple(person.id for person in eligible(s) if person.may_decide)


@dataclass(frozen=True, slots=True)
class Withholding:
    """A notice kept back: for which reason, until when at most (UTC; None where the profile sets no end), by whom."""

    reason: str
    until: datetime | None
    approvals: Approvals


def withholding(stack: ProfileStack, s: Situation, reason: str) -> Withholding:
    """What keeping a notice back needs. Raises NotAllowed for a reason the profile does not know."""
    rule = stack.notice.withhold if stack.notice else None
    if rule is None or reason not in rule.reasons:
        known = ", ".join(rule.reasons) if rule else ""
        raise NotAllowed(
            f"The notice may not be withheld for '{reason}'.",
            f"The profile allows: {known}." if known else "The profile allows no reason.",
            "Send the notice.",
        )
    rows = [ApprovalRow("notice", rule.approvers, rule.roles)] if rule.approvers else []
    until = s.now + timedelta(days=rule.max_days) if rule.max_days else None
    return Withholding(reason, until, approvals_of(rows, s))
