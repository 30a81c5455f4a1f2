"""What the sample desk tells beside its items: policies, previews, outbox, lists, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modstation.models.errors import BadInput, NotFound
from modstation.models.ids import (
    OutboxId,
    PersonId,
    PolicyId,
)
from modstation.models.measures import Choice, Measure, OutboxState
from modstation.models.people import Person, PersonState, Role
from modstation.models.screen import (
    ApprovalRow,
    ConflictChoice,
    ConflictView,
    DeskStatus,
    EscalationRow,
    OutboxRow,
    PastDecision,
    Preview,
    QueueState,
    RailMeasure,
    RailPolicy,
    SetAsideRow,
)

from .sample_items import SampleItems
from .sample_parts import POLICIES


class SampleLists(SampleItems):
    """Policies, previews and the lists of the other screens."""

    def policies(self, no: int, language: str) -> tuple[RailPolicy, ...]:
        if language == "zh":
            return tuple(replace(one, name=one.second_name, second_name=one.name) for one in POLICIES)
        return POLICIES

    def preview(
        self,
        no: int,
        policy: PolicyId,
        choices: Sequence[Choice] | None,
        reason: str = "",
        article: str = "",
        language: str = "en",
    ) -> Preview:
        self.note_call("preview", no)
        found = next((one for one in POLICIES if one.id == policy), None)
        if found is None:
            raise NotFound(f"There is no policy '{policy}'.")
        zh = language == "zh"
        if policy == "none":
            words = (
                "关闭 2 条举报，告知举报人；帖子保留。"
                if zh
                else "Closes 2 reports and tells the reporters. The post stays."
            )
            return Preview(policy, (), (Choice(Measure.NONE),), words, primary="未违规" if zh else "No violation")
        ladder = self._ladder(zh)
        chosen = tuple(choices) if choices is not None else (Choice(Measure.REMOVE),)
        missing = (
            ("写明理由" if zh else "Type your reasoning: severity 3 asks for it.",)
            if found.severity >= 3 and not reason
            else ()
        )
        sentence, bold = self._sentence(chosen, zh)
        return Preview(
            policy,
            ladder,
            chosen,
            sentence,
            bold,
            ("24 小时：内部规定",) if zh else ("24 h: house rule", "Art. 7 says \u201cin time\u201d"),
            missing,
            found.severity >= 3,
            False,
            "",
            f"{found.basis}",
            self._eyes(chosen, zh),
            self._primary(chosen, zh),
        )

    def _ladder(self, zh: bool) -> tuple[RailMeasure, ...]:
        def one(
            measure: Measure, words: str, days: int | None = None, eyes: str = "", best: bool = False
        ) -> RailMeasure:
            return RailMeasure(Choice(measure, days), words, best, 1 if eyes else 0, eyes)

        second = "需第二人审批。" if zh else "Needs a second person."
        return (
            one(Measure.WARN, "警告" if zh else "Warn"),
            one(Measure.REMOVE, "删除" if zh else "Remove", best=True),
            one(Measure.MUTE, "禁言 7 天" if zh else "Mute 7 d", 7, second),
            one(Measure.BAN, "封号" if zh else "Ban", None, second),
        )

    def _sentence(self, chosen: tuple[Choice, ...], zh: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
        if any(one.measure is Measure.REMOVE for one in chosen):
            words = (
                "删除该帖，记第 2 次违规（共 3 次），告知作者和 2 位举报人。"
                if zh
                else (
                    "Removes the post, adds strike 2 of 3, tells the author and 2 reporters; "
                    "report to the provincial office due in 23 h 40 m."
                )
            )
            strong = ("第 2 次违规",) if zh else ("strike 2 of 3", "23 h 40 m")
        else:
            words = (
                "对作者执行该措施，待第二人审批。"
                if zh
                else "Proposes the measure; nothing happens before a second person says yes."
            )
            strong = ("待第二人审批",) if zh else ("second person",)
        return words, tuple((words.index(part), words.index(part) + len(part)) for part in strong)

    def _eyes(self, chosen: tuple[Choice, ...], zh: bool) -> str:
        if any(one.measure in (Measure.MUTE, Measure.BAN) for one in chosen):
            return "双人复核：须合规专员批准。" if zh else "Four eyes: it waits for a compliance officer."
        return ""

    def _primary(self, chosen: tuple[Choice, ...], zh: bool) -> str:
        if any(one.measure is Measure.REMOVE for one in chosen):
            return "删除该帖" if zh else "Remove post"
        return "执行" if zh else "Propose it"

    def outbox(self, limit: int = 200) -> list[OutboxRow]:
        with self.lock:
            return list(reversed(self.outbox_rows))[:limit]

    def conflict(self, row: OutboxId, language: str = "en") -> ConflictView:
        found = next((one for one in self.outbox_rows if one.id == row), None)
        if found is None:
            raise NotFound("There is no such row.")
        return ConflictView(
            found,
            ("Remove post 2198", "Fraud or scam, IIS 15(9)", "saw version 3"),
            ("visible", "version 4", "author warned by Demo Wei"),
            "换种子，可自取。先付定金，加微信",
            "换种子，可自取。Message me here.",
            (
                ConflictChoice(
                    "drop", "Drop it", "Nothing is sent. The decision stays in the record; this measure is withdrawn."
                ),
                ConflictChoice(
                    "accept", "Take it as done", "Nothing is sent. What the forum shows counts as the outcome."
                ),
                ConflictChoice(
                    "again",
                    "Judge the post as it is now",
                    "Opens version 4 in Triage. You decide afresh; ours is dropped.",
                ),
            ),
        )

    def approvals(self, language: str = "en") -> list[ApprovalRow]:
        return list(self.approval_rows)

    def inbox(self) -> list[EscalationRow]:
        return list(self.inbox_rows)

    def my_decisions(self, limit: int = 200) -> list[PastDecision]:
        with self.lock:
            return list(reversed(self.decisions))[:limit]

    def set_aside(self) -> list[SetAsideRow]:
        return list(self.aside_rows)

    def status(self) -> DeskStatus:
        with self.lock:
            open_ = len(self.numbers) - sum(one.state is not QueueState.OPEN for one in self.kept.values())
            held = [row for row in self.outbox_rows if row.state is not OutboxState.WITHDRAWN and row.by == self.person]
            counts = {
                "open": open_,
                "approvals": len(self.approval_rows),
                "inbox": len(self.inbox_rows),
                "set_aside": len(self.aside_rows),
            }
            return DeskStatus(
                self.person,
                self.roles,
                "Riverside Forum",
                (self.forum,),
                counts,
                self.read_only,
                self.banners,
                held[-1].decision if held else None,
            )

    def people(self) -> tuple[Person, ...]:
        return (
            Person(PersonId("Demo Chen"), frozenset({Role.COMPLIANCE}), PersonState.ENROLLED, "e855" + "0c" * 30),
            Person(PersonId("Demo Ines"), frozenset({Role.MODERATOR}), PersonState.INVITED),
            Person(self.person, frozenset(self.roles), PersonState.ENROLLED, "4c19" + "e7" * 30),
            Person(
                PersonId("Demo Wei"),
                frozenset({Role.MODERATOR, Role.SUPERVISOR}),
                PersonState.ENROLLED,
                "b240" + "6a" * 30,
            ),
        )

    def draft(self, no: int) -> str:
        return self.of(no).draft

    def setting(self, name: str) -> str:
        if name not in self.settings:
            raise BadInput(f"There is no setting '{name}'.")
        return self.settings[name]

    # acts
