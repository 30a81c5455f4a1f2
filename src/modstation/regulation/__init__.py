"""Regulations as data: policies, ladder, approvals, deadlines, notices. Pure, no Qt, no forum, no database."""

from .appeals import Withholding, appeal_open, appeal_until, who_may_hear, withholding
from .approvals import (
    Approvals,
    Demand,
    complete,
    conditions,
    refuse_self_approval,
    required,
    same_person,
    satisfiable,
    who_may,
)
from .blocks import ClockRule, Ladder, MeasureRule, Policy
from .calendars import Calendar, CalendarYear, calendar, read_year
from .clocks import clocks_on, deadline, reportable_clocks, stops
from .deputies import Deputy, Gap, check_away, check_deputy, gaps, with_deputies
from .findings import Finding
from .ladder import live_strikes, points_for, recommended, strike_limit
from .lint import lint
from .loader import BadProfile, check, load_profile, load_shipped, load_stack, shipped, stack_of
from .notice import author_notice, notice_language, reporter_notice, until_of
from .plan import may_decide, needs_reason, plan
from .profile import Profile
from .reversal import opposites, reversal_plan
from .sentence import sentence
from .show import show
from .situation import Plan, PlannedClock, PlannedMeasure, PlannedOrder, Situation, Strike
from .stack import ProfileStack

__all__ = [
    "Approvals",
    "BadProfile",
    "Calendar",
    "CalendarYear",
    "ClockRule",
    "Demand",
    "Deputy",
    "Finding",
    "Gap",
    "Ladder",
    "MeasureRule",
    "Plan",
    "PlannedClock",
    "PlannedMeasure",
    "PlannedOrder",
    "Policy",
    "Profile",
    "ProfileStack",
    "Situation",
    "Strike",
    "Withholding",
    "appeal_open",
    "appeal_until",
    "author_notice",
    "calendar",
    "check",
    "check_away",
    "check_deputy",
    "clocks_on",
    "complete",
    "conditions",
    "deadline",
    "gaps",
    "lint",
    "live_strikes",
    "load_profile",
    "load_shipped",
    "load_stack",
    "may_decide",
    "needs_reason",
    "notice_language",
    "opposites",
    "plan",
    "points_for",
    "read_year",
    "recommended",
    "refuse_self_approval",
    "reportable_clocks",
    "reporter_notice",
    "required",
    "reversal_plan",
    "same_person",
    "satisfiable",
    "sentence",
    "shipped",
    "show",
    "stack_of",
    "stops",
    "strike_limit",
    "until_of",
    "who_may",
    "who_may_hear",
    "with_deputies",
    "withholding",
]
