"""What authors and reporters are told: statements of reasons in their language, from templates.

A notice holds the case number, so that it can be found again and answered. It names no reporter, no moderator, and
quotes nothing of what was posted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from modstation.models.ids import TargetType
from modstation.models.measures import Choice, Measure

from .blocks import Policy
from .clocks import zone
from .ladder import MAX_DAYS
from .situation import Situation
from .stack import ProfileStack
from .texts import day_text, fitting, guess_language, harmless, has, joined, moment_text, one_line, say

#: What a notice may have to contain, in any profile, and the part that says it.
PARTS: dict[str, str] = {
    "what": "what",
    "restriction_kind": "what",
    "where": "where",
    "when": "when",
    "policy": "policy",
    "rule_text": "clause",
    "legal_or_contract_ground": "clause",
    "facts": "facts",
    "explanation": "reason",
    "source_notice_or_own": "source",
    "automation_used": "automation",
    "territorial_scope": "territory",
    "effect_and_duration": "duration",
    "duration": "duration",
    "how_to_appeal": "appeal",
    "appeal_deadline": "deadline",
    "redress": "redress",
}


def notice_language(stack: ProfileStack, s: Situation) -> str:
    """The language the author writes in where their post tells it, else the first language of the profile."""
    known = stack.languages or ("en",)
    return guess_language(f"{s.revision.title}\n{s.revision.body}", known) or known[0]


class _Author:
    """One notice to the author being put together."""

    def __init__(
        self,
        stack: ProfileStack,
        s: Situation,
        policy: Policy,
        choices: Sequence[Choice],
        reason: str,
        article: str,
        *,
        back: bool,
    ) -> None:
        self.stack, self.s, self.policy, self.choices = stack, s, policy, choices
        self.reason, self.article, self.back = harmless(reason.strip()), one_line(article), back
        self.language = notice_language(stack, s)
        self.where = zone(stack.timezone)
        self.noun = self.say(f"noun.{s.item.type}")

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def moment(self, moment: datetime) -> str:
        return moment_text(self.language, moment.astimezone(self.where)) + f" ({self.stack.timezone})"

    # ------------------------------------------------------------------ parts
    def title(self) -> str:
        section = one_line(self.s.revision.section_name, 80)
        if self.back:
            return self.say("notice.title_back", noun=self.noun, case=self.s.case)
        key = "notice.title" if section else "notice.title_plain"
        return self.say(key, noun=self.noun, section=section, case=self.s.case)

    def _done(self, choice: Choice) -> str:
        if self.back and choice.measure is Measure.WARN:
            return self.say("notice.what_back_warn")
        endless = choice.measure.takes_days and choice.days is None
        until = self.moment(until_of(choice, self.s.now) or self.s.now)
        key = f"done.{choice.measure}_endless" if endless else f"done.{choice.measure}"
        return fitting(self.language, key, self.s.item.type, noun=self.noun, until=until)

    def what(self) -> list[str]:
        acts = joined(self.language, [self._done(choice) for choice in self.choices])
        return [self.say("notice.what_back" if self.back else "notice.what", acts=acts)]

    def place(self) -> list[str]:
        place = ", ".join(
            filter(None, (one_line(self.s.revision.section_name, 80), one_line(self.s.revision.url, 300)))
        )
        return [self.say("notice.where", place=place)] if place else []

    def when(self) -> list[str]:
        posted, decided = self.s.revision.created, self.moment(self.s.now)
        if posted is None:
            return [self.say("notice.when_unknown", decided=decided)]
        return [self.say("notice.when", posted=self.moment(posted), decided=decided)]

    def rule(self) -> list[str]:
        return [self.say("notice.policy", policy=self.policy.name.get(self.language))]

    def clause(self) -> list[str]:
        return [self.say("notice.rule_text", clause=clause(self.stack, self.s, self.policy, self.article))]

    def facts(self) -> list[str]:
        return [self.say("notice.facts", facts=facts(self.stack, self.s, self.policy))]

    def why(self) -> list[str]:
        return [self.say("notice.reason", reason=self.reason)] if self.reason else []

    def source(self) -> list[str]:
        return [self.say("notice.source_report" if self.s.flagged else "notice.source_own")]

    def automation(self) -> list[str]:
        return [self.say("notice.automation")]

    def territory(self) -> list[str]:
        return [self.say("notice.territory")]

    def duration(self) -> list[str]:
        if self.back:
            return []
        if all(choice.measure is Measure.WARN for choice in self.choices):
            return [self.say("notice.duration_once")]
        ends = [choice for choice in self.choices if choice.days is not None]
        if not ends:
            return [self.say("notice.duration_open")]
        until = self.moment(until_of(ends[0], self.s.now) or self.s.now)
        word = self.say(f"label.{ends[0].measure}")
        return [self.say("notice.duration_until", acts=word, until=until)]

    def appeal(self) -> list[str]:
        return [self.say("notice.appeal")]

    def deadline(self) -> list[str]:
        appeal = self.stack.appeal
        if appeal is None:
            return []
        last = day_text(self.language, appeal_last_day(self.stack, self.s.now).astimezone(self.where).date())
        return [self.say("notice.appeal_until", last=last, days=appeal.window_days)]

    def redress(self) -> list[str]:
        return [*self.appeal(), *self.deadline(), self.say("notice.redress")]

    def text(self) -> str:
        """The whole notice: the parts the profile asks for in its order, then reason and case number."""
        makers: dict[str, Callable[[], list[str]]] = {
            "what": self.what,
            "where": self.place,
            "when": self.when,
            "policy": self.rule,
            "clause": self.clause,
            "facts": self.facts,
            "reason": self.why,
            "source": self.source,
            "automation": self.automation,
            "territory": self.territory,
            "duration": self.duration,
            "appeal": self.appeal,
            "deadline": self.deadline,
            "redress": self.redress,
        }
        asked = self.stack.notice.must_contain if self.stack.notice else ("what", "policy", "facts")
        names = [PARTS[part] for part in asked if part in PARTS]
        if "reason" not in names:
            names.insert(names.index("facts") + 1 if "facts" in names else len(names), "reason")
        if self.back:
            names = [name for name in names if name not in ("facts", "clause", "policy")]
        lines = [line for name in dict.fromkeys(names) for line in makers[name]()]
        case = self.say("notice.case", case=self.s.case)
        return "\n".join(dict.fromkeys((self.title(), *lines, case)))


def author_notice(
    stack: ProfileStack,
    s: Situation,
    policy: Policy,
    choices: Sequence[Choice],
    reason: str = "",
    article: str = "",
    *,
    back: bool = False,
) -> str:
    """The statement of reasons for these measures, exactly as it is sent. `back`: a correction after a reversal."""
    return _Author(stack, s, policy, choices, reason, article, back=back).text()


def reporter_notice(stack: ProfileStack, s: Situation, policy: Policy, *, back: bool = False) -> str:
    """What each reporter is told: what came of the report, how to disagree, the case number. Nobody is named."""
    language = notice_language(stack, s)
    if back:
        outcome = "corrected" if policy.breach else "reopened"
    else:
        outcome = "upheld" if policy.breach else "care" if policy.care else "rejected"
    decided = moment_text(language, s.now.astimezone(zone(stack.timezone))) + f" ({stack.timezone})"
    lines = [
        say(language, "reporter.title", case=s.case),
        say(language, f"reporter.{outcome}"),
        say(language, "reporter.when", decided=decided),
    ]
    if stack.appeal and not back and "complainant" in stack.appeal.open_to:
        last = day_text(language, appeal_last_day(stack, s.now).astimezone(zone(stack.timezone)).date())
        lines.append(say(language, "reporter.appeal", last=last))
    return "\n".join((*lines, say(language, "notice.case", case=s.case)))


def facts(stack: ProfileStack, s: Situation, policy: Policy) -> str:
    """The facts the desk states by itself, in the author's language: who looked at what, and under which rule."""
    language = notice_language(stack, s)
    name = policy.name.get(language)
    noun = say(language, f"noun.{s.item.type}")
    if s.item.type in (TargetType.ACCOUNT, TargetType.SECTION) or s.revision.created is None:
        return say(language, "notice.facts_text_undated", noun=noun, policy=name)
    posted = day_text(language, s.revision.created.astimezone(zone(stack.timezone)).date())
    return say(language, "notice.facts_text", noun=noun, posted=posted, policy=name)


def clause(stack: ProfileStack, s: Situation, policy: Policy, article: str = "") -> str:
    """The clause or legal basis as it stands on the day of the decision, with the article a person named."""
    language = notice_language(stack, s)
    day = s.now.astimezone(zone(stack.timezone)).date()
    text = stack.rule_text(policy, day, language)
    return f"{text} · {one_line(article)}" if article.strip() else text


def until_of(choice: Choice, at: datetime) -> datetime | None:
    """When a mute or ban that is made at `at` (UTC) ends; None where it has no end. Days are 24 hours each.

    A number of days the rail refuses (0, or beyond MAX_DAYS) gives the nearest one it takes: never no end.
    """
    if not choice.measure.takes_days or choice.days is None:
        return None
    return at + timedelta(days=min(max(1, choice.days), MAX_DAYS))


def appeal_last_day(stack: ProfileStack, decided: datetime) -> datetime:
    """A moment within the last day on which an appeal is taken: the day of the decision does not count."""
    return decided + timedelta(days=stack.appeal.window_days if stack.appeal else 0)


def wanted(stack: ProfileStack, choice: Choice, whom: str) -> bool:
    """Whether the profile wants somebody told of a measure: `author` or `reporter`.

    Nobody is where no profile has a notice block or none of its channels is a message at the forum.
    """
    if stack.notice is None or (stack.notice.channels and "forum_message" not in stack.notice.channels):
        return False
    rule = stack.rule_of(choice)
    return whom in (rule.notify.split("+") if rule else ("author", "reporter"))


def known_parts() -> frozenset[str]:
    """Every word a profile may write into `must_contain`."""
    return frozenset(PARTS)


def has_texts(language: str) -> bool:
    """Whether notices can be written in a language at all."""
    return has(language, "notice.title")
