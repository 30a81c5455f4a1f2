"""A stack of profiles as JSON, for the viewer and the command line: every number with its law or house chip."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .blocks import ApprovalRow, ClockRule, MeasureRule, Policy
from .stack import ProfileStack

#: What one entry of the JSON may hold.
Plain = str | int | bool | None | list[str] | dict[str, str]


def show(stack: ProfileStack, language: str = "en") -> str:
    """The stack as JSON text: profiles, policies, measures, approvals, ladder, clocks, agreement, sources."""
    digits = {policy.id: digit for digit, policy in stack.policies_on_rail()}
    blocks: dict[str, object] = {
        "label": stack.label,
        "hash": stack.hash,
        "counsel_reviewed": stack.counsel_reviewed,
        "timezone": stack.timezone,
        "calendar": stack.calendar,
        "profiles": [{"id": p.head.id, "version": p.head.version, "sha256": p.sha256} for p in stack.profiles],
        "policies": [_policy(stack, policy, digits.get(policy.id, 0), language) for policy in stack.policies],
        "measures": [_measure(rule, language) for rule in stack.measures],
        "approvals": [_approval(row) for row in stack.approvals],
        "ladder": list(_ladder(stack)),
        "clocks": [_clock(stack, rule, language) for rule in stack.clocks],
        "terms": [
            {
                "version": v.version,
                "valid_from": str(v.valid_from),
                "clauses": {c.id: c.text(language) for c in v.clauses},
            }
            for v in stack.terms
        ],
        "sources": [{"id": s.id, "title": s.title, "status": s.status, "url": s.url} for s in stack.sources],
    }
    return json.dumps(blocks, ensure_ascii=False, indent=2)


def _policy(stack: ProfileStack, policy: Policy, digit: int, language: str) -> dict[str, Plain]:
    return {
        "id": policy.id,
        "digit": digit,
        "name": policy.name.get(language),
        "tier": policy.tier,
        "severity": policy.severity,
        "basis": stack.basis_text(policy, language),
        "chip": "house" if stack.is_house(policy) else "law",
        "clause": policy.clause,
        "human_only": policy.human_only,
        "veil": policy.veil,
        "evidence_rule": policy.evidence_rule,
        "requires": list(policy.requires),
        "profile": stack.profile_of(policy).label,
    }


def _measure(rule: MeasureRule, language: str) -> dict[str, Plain]:
    return {
        "id": rule.id,
        "canonical": rule.stands_for,
        "name": rule.name.get(language),
        "target": rule.target,
        "reversible": rule.reversible,
        "notify": rule.notify,
        "max_days": rule.max_days,
        "export": {name: str(code) for name, code in rule.export.pairs},
    }


def _approval(row: ApprovalRow) -> dict[str, Plain]:
    return {
        "measure": row.measure,
        "approvers": row.approvers,
        "roles": list(row.roles),
        "one_of_each": row.one_of_each,
        "distinct_from": list(row.distinct_from),
        "except": list(row.exempt),
        "policy_flag": row.policy_flag,
        "bulk_over": row.bulk_over,
        "days_over": row.days_over,
        "hide_meanwhile": row.hide_meanwhile,
    }


def _ladder(stack: ProfileStack) -> Iterator[dict[str, Plain]]:
    ladder = stack.ladder
    for step in ladder.steps if ladder else ():
        yield {
            "severity": [str(severity) for severity in step.severity],
            "strikes_from": step.strikes_from,
            "measures": list(step.measures),
            "days": step.days,
            "chip": "house" if ladder and ladder.kind == "house" else "law",
        }


def _clock(stack: ProfileStack, rule: ClockRule, language: str) -> dict[str, Plain]:
    return {
        "id": rule.id,
        "name": rule.name.get(language),
        "starts": rule.starts,
        "stops": list(rule.stops),
        "amount": rule.amount if rule.unit != "immediate" else rule.target_minutes,
        "unit": rule.unit if rule.unit != "immediate" else "minutes",
        "chip": "house" if rule.kind == "house" else "law",
        "basis": stack.cited(rule.basis, language),
    }
