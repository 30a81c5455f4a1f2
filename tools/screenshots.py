"""Draws docs/screenshots from the real window, in both themes and both languages.

python tools/screenshots.py                 over the demo forum, as a person would meet it
python tools/screenshots.py --over sample   over the in-memory sample desk, which also shows conflicts and approvals
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from PySide6.QtGui import QImage  # noqa: E402 - the platform must be chosen before Qt is imported
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402
from tests.views.sample_desk import NOW  # noqa: E402

from modstation.models.ids import PolicyId  # noqa: E402
from modstation.models.measures import Choice, Measure, OutboxState  # noqa: E402
from modstation.models.people import Role  # noqa: E402
from modstation.models.screen import QueueRow  # noqa: E402
from modstation.views import words  # noqa: E402
from modstation.views.door import Door  # noqa: E402
from modstation.views.jobs import Jobs  # noqa: E402
from modstation.views.main_window import MainWindow, system_ms  # noqa: E402
from modstation.views.ports import DeskChoice, Session  # noqa: E402
from modstation.views.theme import Look, palette_for  # noqa: E402
from tools.furnish import furnished  # noqa: E402

SIZE = (1440, 900)
SMALL = (1100, 700)


@dataclass(frozen=True, slots=True)
class Dress:
    """How a picture is drawn."""

    theme: str = "light"
    language: str = "en"
    percent: int = 100
    size: tuple[int, int] = SIZE


class Stage:
    """A window in one dress, and ways to let it come to rest."""

    def __init__(self, dress: Dress, session: Session, *, now: Callable[[], int]) -> None:
        self.dress = dress
        words.speak(dress.language)
        self.look = Look(palette_for(dress.theme), dress.percent)
        self.look.dress()
        self.jobs = Jobs()
        self.window = MainWindow(self.look, self.jobs, now=now)
        self.session = session
        self.window.resize(*dress.size)
        self.window.show()
        self.window.start(session)
        self.rest()

    def rest(self, until: Callable[[], bool] = lambda: True, seconds: float = 60) -> None:
        """Wait until nothing runs and the condition holds."""
        end = time.monotonic() + seconds
        quiet = 0
        while quiet < 5 and time.monotonic() < end:
            QApplication.processEvents()
            quiet = quiet + 1 if self.jobs.idle and until() and not self.window.feed._timer.isActive() else 0
            time.sleep(0.005)

    def run(self, *commands: str) -> None:
        """Run commands one after the other, as keys would."""
        for command in commands:
            self.window.dispatch.run(command)
            self.rest()

    def show_item(self, no: int) -> None:
        """Open an item."""
        self.window.open_item(no)
        self.rest(lambda: self.window.triage.item.view is not None and self.window.triage.no == no)

    def clear(self) -> None:
        """Back to the first item of the list, with nothing open over it."""
        window = self.window
        for box in (window.question, window.sheet, window.palette_box):
            box.close_box()
        window.triage.queue.show_filters(False)
        window.triage.item.clear()
        window.triage.no = 0
        window.triage.rail.drop_choice()
        window.banners.quiet()
        window.go("triage")
        self.show_item(window.triage.queue.model.number_at(0))

    def close(self) -> None:
        """Take the window down."""
        self.window.banners.quiet()
        self.window.detach()
        self.jobs.close()
        self.window.hide()
        self.window.deleteLater()
        QApplication.processEvents()


def grab(widget: QWidget) -> QImage:
    """The widget as a picture."""
    return widget.grab().toImage()


Scene = Callable[[Stage], None]


def triage(stage: Stage) -> None:
    """The hero: an item with its evidence, a policy chosen, the consequence said."""
    stage.run("policy.1")


def covered(stage: Stage) -> None:
    """An item of severity 3 opens on its cover card; where there is none, one whose pictures are covered."""
    rows = [row for row in _rows(stage) if row is not None]
    severe = [row.no for row in rows if row.severity >= 3]
    pictured = [row.no for row in rows if row.has_media]
    stage.show_item([*severe, *pictured, stage.window.triage.queue.model.number_at(0)][0])
    stage.rest(lambda: bool(stage.window.triage.item.view and stage.window.triage.item.view.sealed_at), 10)


def _rows(stage: Stage) -> list[QueueRow | None]:
    model = stage.window.triage.queue.model
    return [model.row_at(place) for place in range(min(200, model.rowCount()))]


def unfolded(stage: Stage) -> None:
    """Thread, history and the reasons why it is here, opened by their keys."""
    stage.run("thread", "history", "why", "guideline")


def filters(stage: Stage) -> None:
    """The filters of the list."""
    stage.run("filter")


def escalate(stage: Stage) -> None:
    """The question that names the receiver."""
    stage.run("escalate")


def sheet(stage: Stage) -> None:
    """All keys."""
    stage.run("sheet")


def palette(stage: Stage) -> None:
    """Commands and items by a few letters."""
    stage.run("palette")
    stage.window.palette_box.field.setText("th")
    stage.window.palette_box._typed("th")
    stage.rest()


def screen(name: str, *, first: bool = True) -> Scene:
    """One of the screens of the rail, with its first row chosen."""

    def scene(stage: Stage) -> None:
        stage.run(f"go.{name}")
        if first:
            stage.run("next")

    return scene


SCENES: dict[str, Scene] = {
    "triage": triage,
    "covered": covered,
    "unfolded": unfolded,
    "filters": filters,
    "escalate": escalate,
    "shortcuts": sheet,
    "palette": palette,
    "outbox": screen("outbox"),
    "approvals": screen("approvals"),
    "escalations": screen("inbox"),
    "set-aside": screen("aside"),
    "my-decisions": screen("mine"),
    "people": screen("people"),
    "settings": screen("settings", first=False),
}


#: What a newcomer meets in the demo.
DEMO_SCENES = (
    "triage", "covered", "shortcuts", "palette", "settings", "people", "approvals", "my-decisions", "outbox",
)  # fmt: skip


@contextmanager
def sample_stage(dress: Dress) -> Iterator[Stage]:
    """A stage on the furnished sample desk; one decision is held."""
    session = furnished(dress.theme, dress.language, dress.percent)
    stage = Stage(dress, session, now=lambda: NOW)
    stage.rest(lambda: stage.window.triage.item.view is not None)
    session.desk.decide(
        17,
        session.desk.policies(17, "en")[0].id,
        session.desk.preview(17, session.desk.policies(17, "en")[0].id, None).chosen,
    )
    stage.rest()
    try:
        yield stage
    finally:
        stage.close()


class NoDesks:
    """A port for pictures of the door: it knows one desk, or none, and opens nothing."""

    def __init__(self, *choices: DeskChoice) -> None:
        self.choices = choices

    def warm_up(self) -> None:
        """Nothing to load: the pictures are taken over what is open."""

    def desks(self) -> tuple[DeskChoice, ...]:
        """The known desks."""
        return self.choices


@contextmanager
def door_stage(dress: Dress, *, known: bool) -> Iterator[Door]:
    """The door: unlock where a desk is known, else first run."""
    words.speak(dress.language)
    look = Look(palette_for(dress.theme), dress.percent)
    look.dress()
    jobs = Jobs()
    choice = DeskChoice(
        Path("desk"), "Riverside Desk", ("Demo Lin", "Demo Wei"), ("Demo Ines",), ("Demo Lin",), "Demo Lin", 2, 0
    )
    door = Door(look, jobs, NoDesks(*((choice,) if known else ())))  # type: ignore[arg-type]
    door.resize(*dress.size)
    door.show()
    door.look_for_desks()
    end = time.monotonic() + 30
    while door.stack.currentWidget() is door.waiting and time.monotonic() < end:
        QApplication.processEvents()
    QApplication.processEvents()
    try:
        yield door
    finally:
        jobs.close()
        door.hide()
        door.deleteLater()
        QApplication.processEvents()


# drawing


def dresses() -> list[Dress]:
    """Both themes and both languages."""
    return [Dress(theme, language) for theme in ("light", "dark") for language in ("en", "zh")]


def draw_sample(folder: Path, only: str) -> None:
    """Every scene over the sample desk."""
    for dress in dresses():
        with sample_stage(dress) as stage:
            for name, scene in SCENES.items():
                if only in ("", name):
                    scene(stage)
                    save(folder, name, dress, grab(stage.window))
                    stage.clear()
        draw_doors(folder, dress, only)
    if only in ("", "small"):
        with sample_stage(replace(Dress(), size=SMALL)) as stage:
            triage(stage)
            save(folder, "small", Dress(), grab(stage.window))


def draw_doors(folder: Path, dress: Dress, only: str) -> None:
    """First run and unlock."""
    for name, known in (("first-run", False), ("unlock", True)):
        if only in ("", name):
            with door_stage(dress, known=known) as door:
                save(folder, name, dress, grab(door))


def draw_demo(folder: Path, only: str) -> None:
    """The screens a newcomer meets, over the demo forum."""
    from modstation.bootstrap import Parts
    from modstation.bootstrap.demo import open_demo
    from modstation.bootstrap.parts import DemoOptions

    with (
        tempfile.TemporaryDirectory() as place,
        open_demo(DemoOptions(folder=Path(place) / "desk", arrivals=0), Parts()) as demo,
    ):
        demo.desk.start_runner()
        for dress in dresses():
            draw_over(demo.desk, folder, dress, only)
            draw_doors(folder, dress, only)


def draw_over(session: Session, folder: Path, dress: Dress, only: str) -> None:
    """The scenes over a running desk in one dress; some items are decided first, so that the outbox has something."""
    for setting, value in (("theme", dress.theme), ("language", dress.language)):
        session.desk.set_setting(setting, value)
    stage = Stage(dress, session, now=system_ms)
    stage.rest(lambda: stage.window.triage.item.view is not None)
    if not session.desk.my_decisions():
        warm_up(stage)
    stage.run("new")
    stage.clear()
    stage.rest(lambda: bool(stage.window.triage.item.view and stage.window.triage.item.view.sealed_at), 20)
    stage.window.triage.uncover()
    stage.run("no_violation")
    for name in DEMO_SCENES:
        if only in ("", name):
            stage.clear()
            SCENES[name](stage)
            save(folder, name, dress, grab(stage.window))
    stage.close()


def warm_up(stage: Stage) -> None:
    """Half an hour at the desk: decisions that have gone out, one passed on, one parked, one that waits for another."""
    triage, desk = stage.window.triage, stage.session.desk
    for policy in ("terms.contact_ad", "none", "terms.spam", "none", "terms.off_topic"):
        triage.uncover()
        if policy == "none":
            stage.run("no_violation")
            continue
        triage.choose(PolicyId(policy))
        stage.rest(lambda: triage.rail.preview is not None)
        if triage.rail.primary.isEnabled():
            stage.run("decide")
    numbers = triage.queue.model.numbers
    desk.escalate(numbers[4], Role.COMPLIANCE, "Same wording as last week.")
    desk.park(numbers[5], None)
    desk.open_item(numbers[6])
    fraud, ban, reason = PolicyId("ill.fraud"), (Choice(Measure.BAN),), "第三次冒充退款客服收手续费。"
    shown = desk.preview(numbers[6], fraud, ban, reason)
    if shown.allowed and not shown.missing:
        desk.decide(numbers[6], fraud, ban, reason)
    stage.rest(lambda: sum(row.state is OutboxState.ACKNOWLEDGED for row in desk.outbox()) >= 4, 40)


def save(folder: Path, name: str, dress: Dress, picture: QImage) -> None:
    """Write a picture under the name of its scene, theme and language."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{dress.theme}-{dress.language}.png"
    if not picture.save(str(path)):
        raise SystemExit(f"{path} could not be written")
    print(path.name)


def main() -> int:
    """Draw them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--over", choices=("demo", "sample"), default="demo")
    asked.add_argument("--only", default="", choices=["", "small", "first-run", "unlock", *SCENES])
    asked.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots")
    options = asked.parse_args()
    app = QApplication.instance() or QApplication([])
    (draw_demo if options.over == "demo" else draw_sample)(options.into, options.only)
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
