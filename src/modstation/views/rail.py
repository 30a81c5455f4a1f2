"""The decision rail: policies, guideline, measures, days, clause, reason, the consequence, the buttons.

Nothing is chosen by the machine before the person picks a policy; then the ladder's recommendation is marked, the
sentence says what Enter will do, and only then is Enter alive.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QSpinBox, QVBoxLayout, QWidget

from modstation.models.ids import PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.screen import Preview, RailMeasure, RailPolicy

from .commands import Keymap
from .desk_words import said
from .fields import Field, Text
from .flow import Flow
from .formats import measure_words
from .layouts import clear, column, framed, holder, line, row
from .parts import Chip, Glyph, KeyButton, Plain, plain_tip
from .rail_parts import Consequence, PolicyRow, policy_name
from .text import one_line, visible
from .theme import Look
from .words import tr


class Rail(QWidget):
    """Signals: `policy_picked(PolicyId)`, `choices_changed()`, `reason_changed(str)`, `command(id)`."""

    policy_picked = Signal(str)
    choices_changed = Signal()
    reason_changed = Signal(str)
    command = Signal(str)

    def __init__(self, look: Look, keymap: Keymap) -> None:
        super().__init__()
        self.look = look
        self.keymap = keymap
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.policies: tuple[RailPolicy, ...] = ()
        self.policy: PolicyId | None = None
        self.preview: Preview | None = None
        self.chosen: tuple[Choice, ...] | None = None
        self._all = False
        self._rows: list[PolicyRow] = []
        self._buttons: list[tuple[RailMeasure, KeyButton]] = []
        self._shown: tuple[tuple[RailMeasure, ...], frozenset[Measure]] | None = None
        self._build()
        self.forget()

    # building

    def _build(self) -> None:
        self.title = Plain(tr("Decide"), "panel")
        self.profile = Plain("", "sub")
        self.policy_box = QVBoxLayout()
        self.policy_box.setSpacing(0)
        self.guideline = Plain("", "sub", wrap=True)
        self.guideline_card = framed("quiet", column(self.guideline, margins=(12, 8, 12, 8)))
        self.measure_head, self.ladder = Plain(tr("Measure"), "section"), Plain("", "sub")
        self.measures = Flow(gap=6)
        self.days = QSpinBox()
        self.days.setRange(1, 3650)
        self.days.setAccessibleName(tr("Days"))
        self.days.setSuffix(tr(" days"))
        self.days.valueChanged.connect(self._days_changed)
        self.measure_note = Plain("", "sub", wrap=True)
        self.sentence = Consequence(self.look)
        self.chips = Flow(gap=6)
        self.consequence = framed("consequence", column(self.sentence, self.chips, gap=6, margins=(14, 10, 12, 10)))
        self.clause = Plain("", "sub", wrap=True)
        self.facts = Plain("", "sub", wrap=True)
        self.article = Field(tr("Article"), tr("Article or clause"))
        self.article.textEdited.connect(lambda _: self.choices_changed.emit())
        self.reason_head, self.reason_hint = Plain(tr("Reason"), "section"), Plain("", "sub")
        self.reason = Text(tr("Reason"), tr("Typed reasons go to the record and the author."))
        self.reason.textChanged.connect(lambda: self.reason_changed.emit(self.reason.toPlainText()))
        self.eyes = Plain("", "held", wrap=True)
        self.eyes_card = framed(
            "held", row(Glyph(self.look, "users", "held", 18), self.eyes, gap=10, margins=(12, 8, 12, 8))
        )
        self.missing = Plain("", "held", wrap=True)
        self._build_buttons()
        self._assemble()
        self.look.changed.connect(self._fit)
        self._fit()

    def _build_buttons(self) -> None:
        self.primary = KeyButton(self.look, tr("Choose a policy"), self.keymap.first("decide"), "check", "primary")
        self.primary.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.primary.clicked.connect(lambda: self.command.emit("decide"))
        words = {
            "no_violation": tr("No violation"),
            "escalate": tr("Escalate"),
            "skip": tr("Skip"),
            "undo": tr("Undo last"),
            "park": tr("Park"),
            "note": tr("Note"),
        }
        self.secondary = {id_: KeyButton(self.look, name, self.keymap.first(id_)) for id_, name in words.items()}
        for id_, button in self.secondary.items():
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, chosen=id_: self.command.emit(chosen))

    def _assemble(self) -> None:
        self.edit = KeyButton(self.look, tr("Edit"), self.keymap.first("reason"), "", "quiet")
        self.edit.clicked.connect(lambda: self.command.emit("reason"))
        body = column(
            row(self.title, None, self.profile),
            self.policy_box,
            self.guideline_card,
            row(self.measure_head, None, self.ladder),
            self.measures,
            self.days,
            self.measure_note,
            self.consequence,
            self.clause,
            self.facts,
            self.article,
            row(self.reason_head, self.reason_hint, None, self.edit),
            self.reason,
            self.eyes_card,
            self.missing,
            None,
            gap=8,
            margins=(16, 12, 16, 8),
        )
        inner = holder(body)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setWidget(inner)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        pairs = list(self.secondary.values())
        rows = [row(*pairs[number : number + 2], gap=8) for number in range(0, len(pairs), 2)]
        for pair in rows:
            for index in range(pair.count()):
                pair.setStretch(index, 1)
        pinned = column(self.primary, *rows, gap=8, margins=(16, 8, 16, 12))
        self.setLayout(column(self.scroller, line(), pinned, gap=0))

    def _fit(self) -> None:
        self.reason.setFixedHeight(self.look.px(64))

    # showing

    def forget(self) -> None:
        """No item: nothing to choose, nothing typed."""
        self.show_policies(())
        self.drop_choice()
        self.set_reason("")

    def show_policies(self, policies: Sequence[RailPolicy]) -> None:
        """Show the policies of an item; those without a digit stand behind 9."""
        if tuple(policies) == self.policies and self._rows:
            return
        self.policies = tuple(policies)
        self._fill_policies()

    def _fill_policies(self) -> None:
        clear(self.policy_box)
        self._rows = []
        shown = self.policies if self._all else tuple(one for one in self.policies if one.digit)
        for policy in shown:
            self._add_row(policy, str(policy.digit) if policy.digit else "", "")
        if len(shown) < len(self.policies) or self._all:
            words = tr("Fewer policies") if self._all else tr("All {n} policies", n=len(self.policies))
            self._add_row(None, "9", words)
        self._mark()

    def _add_row(self, policy: RailPolicy | None, key: str, words: str) -> None:
        entry = PolicyRow(self.look)
        entry.say(policy, key, words)
        if policy is None:
            entry.picked.connect(lambda: self.command.emit("policy.all"))
        else:
            entry.picked.connect(lambda chosen=policy.id: self.policy_picked.emit(chosen))
        self._rows.append(entry)
        self.policy_box.addWidget(entry)

    def toggle_all(self) -> None:
        """Show every policy, or those with a digit."""
        self._all = not self._all
        self._fill_policies()

    def by_digit(self, digit: int) -> RailPolicy | None:
        """The policy of a digit."""
        return next((one for one in self.policies if one.digit == digit), None)

    def choose(self, policy: PolicyId) -> None:
        """The person has picked a policy; the consequence follows."""
        self.policy = policy
        self.chosen = None
        self.preview = None
        self._mark()
        self.guideline_card.hide()
        self.primary.setEnabled(False)
        self.primary.say(tr("Working out what it would do"))

    def drop_choice(self) -> None:
        """Nothing is chosen: Enter is dead."""
        self.policy, self.preview, self.chosen = None, None, None
        self._mark()
        self._clear_measures()
        for part in (
            self.guideline_card,
            self.days,
            self.measure_note,
            self.consequence,
            self.clause,
            self.facts,
            self.article,
            self.eyes_card,
            self.missing,
            self.measure_head,
        ):
            part.hide()
        self.ladder.say("")
        self.article.clear()
        self.reason_hint.say("")
        self.primary.setEnabled(False)
        self.primary.say(tr("Choose a policy"))

    def _mark(self) -> None:
        for entry in self._rows:
            entry.choose(entry.policy is not None and entry.policy.id == self.policy)

    def show_preview(self, preview: Preview) -> None:
        """Show what the decision would do."""
        self.preview = preview
        self.chosen = preview.chosen
        self._show_measures(preview)
        self.sentence.say(preview.sentence or preview.why_not, preview.bold)
        clear(self.chips)
        for words in preview.chips:
            self.chips.addWidget(Chip(self.look, one_line(words, 60), "outline"))
        self.consequence.show()
        for label, words in ((self.clause, preview.clause), (self.facts, preview.facts)):
            label.say(visible(words[:600]))
            label.setVisible(bool(words))
        self.article.setVisible(preview.needs_article)
        self.eyes.say(preview.four_eyes)
        self.eyes_card.setVisible(bool(preview.four_eyes))
        self.reason_hint.say(tr("needed") if preview.needs_reason else tr("from the policy"))
        self.reason_hint.play("held" if preview.needs_reason and preview.missing else "sub")
        self._show_primary(preview)

    def _show_primary(self, preview: Preview) -> None:
        trouble = said(preview.why_not) if not preview.allowed else tr("; ").join(preview.missing)
        self.missing.say(trouble)
        self.missing.setVisible(bool(trouble))
        self.primary.setEnabled(preview.allowed and not preview.missing)
        self.primary.say(preview.primary or tr("Decide"))

    def _clear_measures(self) -> None:
        self._shown = None
        self._buttons = []
        clear(self.measures)

    def _show_measures(self, preview: Preview) -> None:
        self.measure_head.show()
        chosen = {choice.measure: choice for choice in preview.chosen}
        shown = (preview.measures, frozenset(chosen))
        if shown != self._shown:
            self._clear_measures()
            for measure in preview.measures:
                self._add_measure(measure, measure.choice.measure in chosen)
            self._shown = shown
        best = next((one for one in preview.measures if one.recommended), None)
        self.ladder.say(tr("Ladder suggests {measure}", measure=one_line(best.label, 24)) if best else "")
        self._show_days()
        notes = [one.approval_text for one in preview.measures if one.choice.measure in chosen and one.approval_text]
        blocked = [
            tr("{measure}: {why}", measure=one.label, why=said(one.why_not)) for one in preview.measures if one.why_not
        ]
        final = [
            tr("{measure} cannot be taken back.", measure=one.label)
            for one in preview.measures
            if one.choice.measure in chosen and not one.reversible
        ]
        self.measure_note.say(" ".join([*notes, *final, *blocked[:3]]))
        self.measure_note.setVisible(bool(self.measure_note.text()))

    def _add_measure(self, measure: RailMeasure, on: bool) -> None:
        label = one_line(measure.label, 30) or measure_words(measure.choice)
        icon = "check" if on else "users" if measure.needs_approval else ""
        button = KeyButton(self.look, label, "", icon, "small-chosen" if on else "small")
        button.setEnabled(not measure.why_not)
        button.setToolTip(plain_tip(said(measure.why_not) or measure.approval_text))
        button.setAccessibleDescription(said(measure.why_not) or measure.approval_text or (tr("chosen") if on else ""))
        button.clicked.connect(lambda: self.toggle_measure(measure))
        self._buttons.append((measure, button))
        self.measures.addWidget(button)

    def _show_days(self) -> None:
        timed = next((one for one in self.chosen or () if one.measure.takes_days and one.days), None)
        self.days.setVisible(timed is not None)
        if timed is not None and timed.days is not None:
            self.days.blockSignals(True)
            self.days.setValue(timed.days)
            self.days.blockSignals(False)

    # choosing

    def toggle_measure(self, measure: RailMeasure) -> None:
        """Add a measure to the decision or take it out; one on the post replaces another on the post."""
        if measure.why_not:
            return
        kind = measure.choice.measure
        now = self.chosen or ()
        if any(one.measure == kind for one in now):
            kept = tuple(one for one in now if one.measure != kind)
            self.chosen = kept or now
        else:
            self.chosen = (*(one for one in now if one.measure.on_account != kind.on_account), measure.choice)
        self.choices_changed.emit()

    def next_measure(self) -> None:
        """The next measure of the ladder that may be chosen, by key."""
        free = [measure for measure, _ in self._buttons if not measure.why_not]
        if not free:
            return
        now = {one.measure for one in self.chosen or ()}
        place = next((n for n, one in enumerate(free) if one.choice.measure in now), -1)
        self.chosen = (free[(place + 1) % len(free)].choice,)
        self.choices_changed.emit()

    def _days_changed(self, days: int) -> None:
        self.chosen = tuple(Choice(one.measure, days) if one.measure.takes_days else one for one in self.chosen or ())
        self.choices_changed.emit()

    def toggle_guideline(self) -> None:
        """Open or fold the guideline of the chosen policy, or of all where none is chosen yet."""
        if self.guideline_card.isVisible():
            self.guideline_card.hide()
            return
        chosen = [one for one in self.policies if one.id == self.policy] or [one for one in self.policies if one.digit]
        self.guideline.say("\n\n".join(guideline_words(one) for one in chosen))
        self.guideline_card.show()
        self.scroller.ensureWidgetVisible(self.guideline_card)

    def set_reason(self, text: str) -> None:
        """Put a draft back, or empty the box, without telling that it was typed."""
        self.reason.blockSignals(True)
        self.reason.setPlainText(visible(text))
        self.reason.blockSignals(False)

    def reason_text(self) -> str:
        """What is typed."""
        return self.reason.toPlainText().strip()

    def edit_reason(self) -> None:
        """Put the caret into the reason, because the person asked for it."""
        self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.scroller.ensureWidgetVisible(self.reason)


def guideline_words(policy: RailPolicy) -> str:
    """A policy with where it stands written, its guideline and its examples."""
    kind = tr("house rule") if policy.house else tr("law")
    parts = [f"{policy_name(policy)} \u00b7 {policy.basis} \u00b7 {kind}"]
    parts.append(visible(policy.guideline) or tr("This policy has no guideline yet."))
    if policy.examples_hit:
        parts.append(tr("Falls under it: {examples}", examples=tr("; ").join(map(visible, policy.examples_hit[:3]))))
    if policy.examples_miss:
        parts.append(tr("Does not: {examples}", examples=tr("; ").join(map(visible, policy.examples_miss[:3]))))
    if policy.care:
        parts.append(tr("No strike, no measure: it goes to the on-call person."))
    return "\n".join(parts)
