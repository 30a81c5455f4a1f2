"""Rules about what is told, counted, kept and mapped: notices, metrics, duties, identity, codes of other regimes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from modstation.models.errors import BadInput

from .blocks import Table
from .calendars import shipped_years
from .codes import every_code
from .lines import Path
from .notice import known_parts
from .profile import Profile
from .stack import ProfileStack

Note = Callable[[Path, str, str], None]

#: Functions a metric may count with. An expression is shown and interpreted by name, never run.
_METRIC = re.compile(r"(count|median|krippendorff_alpha)\([^()]*\)( / (count|median)\([^()]*\))?")

#: What identity checks may never keep, whatever a profile says.
_NEVER_STORED = ("id_number", "id_image", "face_image", "ip_address")


def check_words(profile: Profile, stack: ProfileStack, note: Note) -> None:
    """Note every fault of notices, metrics, duties, identity checks, templates, calendars and code maps."""
    _notice(profile, note)
    _metrics(profile, note)
    _identity(profile, stack, note)
    _templates(profile, note)
    _orders(profile, note)
    _calendar(profile, note)
    _codes(profile, note)


def _notice(profile: Profile, note: Note) -> None:
    for part in profile.notice.must_contain if profile.notice else ():
        if part not in known_parts():
            note(("notice", "must_contain"), "unknown-word", f"No notice can contain '{part}'.")
    if profile.notice and not profile.notice.must_contain:
        note(("notice", "must_contain"), "empty-notice", "A notice must contain something.")


def _metrics(profile: Profile, note: Note) -> None:
    for index, metric in enumerate(profile.metrics):
        if not _METRIC.fullmatch(metric.expr):
            note(("metric", index, "expr"), "metric", f"'{metric.expr}' is no figure that can be counted.")
        if metric.min_cell < 0:
            note(("metric", index, "min_cell"), "metric", "A smallest cell is not negative.")
    for index, duty in enumerate(profile.duties):
        if not duty.proof:
            note(("duty", index), "no-proof", f"Duty '{duty.id}' names nothing that proves it.")


def _identity(profile: Profile, stack: ProfileStack, note: Note) -> None:
    check = profile.identity_check
    if check is None:
        return
    for word in check.store:
        if word in check.never_store or word in _NEVER_STORED:
            note(("identity_check", "store"), "never-stored", f"'{word}' is never stored.")
    for name in check.on_overdue:
        if not stack.measure(name):
            note(("identity_check", "on_overdue"), "unknown-measure", f"'{name}' is no measure.")
    if check.every_days <= 0:
        note(("identity_check", "every_days"), "clock-amount", "A check comes back after some days.")


def _templates(profile: Profile, note: Note) -> None:
    for index, template in enumerate(profile.templates):
        at: Path = ("report_template", index)
        for part in template.fields:
            if part.required and part.pii == "never":
                note(at, "pii", f"'{part.id}' is required but may never be told.")
            if part.pii not in ("", "never"):
                note(at, "unknown-word", f"'pii' is 'never' or left out, not '{part.pii}'.")
        if template.correction != "supplement":
            note((*at, "correction"), "unknown-word", "A report is corrected by a 'supplement', never by editing.")


def _orders(profile: Profile, note: Note) -> None:
    if profile.orders and profile.orders.fast_lane_hours <= 0:
        note(("orders", "fast_lane_hours"), "clock-amount", "The fast lane takes some hours.")
    if profile.disclosure and profile.disclosure.approvers < 1:
        note(("disclosure", "approvers"), "unsatisfiable", "A disclosure is approved by somebody.")
    if profile.break_glass and profile.break_glass.minutes <= 0:
        note(("break_glass", "minutes"), "clock-amount", "A field is shown for some minutes.")


def _calendar(profile: Profile, note: Note) -> None:
    name = profile.head.calendar
    if name and name not in {year.calendar for year in shipped_years()}:
        note(("profile", "calendar"), "calendar", f"There is no calendar '{name}'.")


def _codes(profile: Profile, note: Note) -> None:
    if profile.taxonomy is None:
        return
    try:
        lists = every_code(profile.taxonomy.source)
    except BadInput as error:
        note(("taxonomy", "import"), "taxonomy", error.what)
        return
    wanted = profile.taxonomy.source.partition("#")[2]
    known = {policy.id for policy in profile.policies}
    for code in lists[wanted]:
        if code not in known:
            note(("taxonomy", "import"), "taxonomy", f"No policy stands for '{code}'.")
    for index, policy in enumerate(profile.policies):
        _export(policy.export, lists, ("policy", index, "export"), note)
    for index, rule in enumerate(profile.measures):
        _export(rule.export, lists, ("measure", index, "export"), note)


def _export(export: Table, lists: Mapping[str, Mapping[str, str]], at: Path, note: Note) -> None:
    for name, code in export.pairs:
        if code not in lists.get(name, {}):
            note(at, "unknown-code", f"'{code}' is no code of '{name}'.")
