"""Rules about who must approve what: nothing unreachable, nothing nobody can satisfy, always a catch-all."""

from __future__ import annotations

from collections.abc import Callable

from modstation.models.people import Role

from .blocks import ApprovalRow
from .lines import Path
from .profile import Profile
from .stack import CASE_ACTS, ProfileStack
from .vocabulary import DISTINCT_FROM, POLICY_FLAGS

Note = Callable[[Path, str, str], None]

#: Roles that read only and can therefore never approve.
READING_ROLES = frozenset({Role.INSPECTOR})


def check_approvals(profile: Profile, stack: ProfileStack, note: Note) -> None:
    """Note every fault of the approval rows of `profile`."""
    _catch_all(stack, note)
    offset = len(stack.approvals) - len(profile.approvals)
    for index, row in enumerate(profile.approvals):
        at: Path = ("approval", index)
        _words(row, stack, at, note)
        _satisfiable(row, at, note)
        _shadowed(row, offset + index, stack.approvals, at, note)
    if profile.legal_hold and profile.legal_hold.release_approvers < 2:
        note(("legal_hold", "release_approvers"), "legal-hold", "A legal hold is released by two people at least.")
    for block, roles in _role_lists(profile):
        for role in roles:
            if role not in set(Role):
                note(block, "unknown-role", f"'{role}' is no role.")


def _role_lists(profile: Profile) -> list[tuple[Path, tuple[str, ...]]]:
    found: list[tuple[Path, tuple[str, ...]]] = []
    if profile.disclosure:
        found.append((("disclosure", "roles"), profile.disclosure.roles))
    if profile.legal_hold:
        found.append((("legal_hold", "place_roles"), profile.legal_hold.place_roles))
    if profile.notice:
        found.append((("notice", "withhold"), profile.notice.withhold.roles))
    if profile.break_glass:
        found.append((("break_glass", "review"), profile.break_glass.review.roles))
    return found


def _catch_all(stack: ProfileStack, note: Note) -> None:
    if not any(row.measure == "*" and unconditional(row) and not row.exempt for row in stack.approvals):
        note((), "no-catch-all", "No approval row with measure '*' and no condition says what holds otherwise.")


def unconditional(row: ApprovalRow) -> bool:
    """Whether a row matches whatever the policy, the number of days or the size of a batch."""
    return not (row.policy_flag or row.bulk_over or row.days_over is not None)


def _words(row: ApprovalRow, stack: ProfileStack, at: Path, note: Note) -> None:
    known = {rule.id for rule in stack.measures} | CASE_ACTS | {"*"}
    if row.measure.removeprefix("bulk:") not in known:
        note((*at, "measure"), "unknown-measure", f"'{row.measure}' is no measure of this profile.")
    if row.measure.startswith("bulk:") != bool(row.bulk_over):
        note(at, "bulk", "A row for 'bulk:' needs 'bulk_over', and only such a row has it.")
    for word in row.distinct_from:
        if word not in DISTINCT_FROM:
            note((*at, "distinct_from"), "unknown-word", f"'{word}' is nobody an approver can be distinct from.")
    if row.policy_flag and row.policy_flag not in POLICY_FLAGS:
        note((*at, "policy_flag"), "unknown-word", f"'{row.policy_flag}' is no flag of a policy.")
    for role in row.roles:
        if role not in set(Role):
            note((*at, "roles"), "unknown-role", f"'{role}' is no role.")


def _satisfiable(row: ApprovalRow, at: Path, note: Note) -> None:
    useful = {role for role in row.roles if role in set(Role) and role not in READING_ROLES}
    if row.approvers < 0:
        note((*at, "approvers"), "unsatisfiable", "A number of approvers is not negative.")
    if row.approvers > 0 and not useful:
        note(at, "unsatisfiable", f"Nobody can approve '{row.measure}': no role that approves is named.")
    if row.one_of_each and row.approvers < len(row.roles):
        note(at, "unsatisfiable", f"{row.approvers} approvers cannot be one of each of {len(row.roles)} roles.")
    if row.one_of_each and useful and useful != set(row.roles):
        note(at, "unsatisfiable", "One of each is asked for, but a named role cannot approve.")


def _shadowed(row: ApprovalRow, place: int, rows: tuple[ApprovalRow, ...], at: Path, note: Note) -> None:
    for other_place, other in enumerate(rows):
        if other_place == place or not covers(other, row) or not at_least_as_strict(other, row):
            continue
        if other_place < place or not (covers(row, other) and at_least_as_strict(row, other)):
            note(at, "shadowed", f"The row for '{row.measure}' adds nothing to the row for '{other.measure}'.")
            return


def covers(wide: ApprovalRow, narrow: ApprovalRow) -> bool:
    """Whether the first row matches whenever the second does."""
    bulk = not wide.measure.startswith("bulk:") or (
        narrow.measure.startswith("bulk:") and wide.bulk_over <= narrow.bulk_over
    )
    name, other = wide.measure.removeprefix("bulk:"), narrow.measure.removeprefix("bulk:")
    same = name == other and set(wide.exempt) <= set(narrow.exempt)
    broader = name == "*" and other != "*" and other not in wide.exempt
    flag = not wide.policy_flag or wide.policy_flag == narrow.policy_flag
    days = wide.days_over is None or (narrow.days_over is not None and wide.days_over <= narrow.days_over)
    return bulk and (same or broader) and flag and days


def at_least_as_strict(one: ApprovalRow, other: ApprovalRow) -> bool:
    """Whether meeting the first row always meets the second one."""
    enough = one.approvers >= other.approvers and (not other.approvers or set(one.roles) <= set(other.roles))
    each = not other.one_of_each or (one.one_of_each and set(other.roles) <= set(one.roles))
    more = set(other.requires) <= set(one.requires) and set(other.distinct_from) <= set(one.distinct_from)
    extras = (not other.hide_meanwhile or one.hide_meanwhile) and (not other.preview or one.preview)
    return enough and each and more and extras and other.emergency in (None, one.emergency)
