"""The fixed words a profile may use. A profile holds data and words of these lists, never expressions."""

from __future__ import annotations

TIERS = ("illegal", "harmful", "terms", "account", "care", "none")
SOURCE_STATUS = ("read", "secondary", "unverified")
VEILS = ("blur", "grey_blur", "opaque")
TARGETS = ("post", "topic", "account", "section", "manager", "profile", "case")
TELLS = ("author", "reporter", "author+reporter", "section_owner", "manager", "none", "author_unless_barred")
POLICY_FLAGS = ("human_only",)
POLICY_FLAGS_REQUIRED = ("cited_article", "written_reason")
DISTINCT_FROM = ("proposer", "case_decider", "case_approver", "case_reviewer")
KINDS = ("legal", "house")
UNITS = ("immediate", "hours", "calendar_days", "business_days")

#: What can start, stop or pause a clock, by the part before a colon.
EVENTS = frozenset(
    {
        "item.found",
        "item.flagged",
        "item.first_seen",
        "case.reportable_judged",
        "case.threat_to_life",
        "measure.acknowledged",
        "decision.applied",
        "approval.given",
        "approval.refused",
        "report.sent",
        "incident.known",
        "incident.closed",
        "complaint.received",
        "complaint.acknowledged",
        "complaint.answered",
        "complaint.waiting_for_complainant",
        "appeal.received",
        "appeal.answered",
        "manager.verified",
        "notice.sent",
        "order.received",
        "order.done",
        "escalation.opened",
        "escalation.taken",
    }
)
