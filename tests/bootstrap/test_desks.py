"""Desks as window and command line open them: made, locked, unlocked, enrolled, recovered, one window a desk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modstation.bootstrap import Parts, create_desk, enrol_person, open_desk, recover_person
from modstation.bootstrap.demo import DEMO_PASSPHRASE, DEMO_PEOPLE, open_demo
from modstation.bootstrap.parts import DemoOptions
from modstation.bootstrap.window import Desks
from modstation.demoforum import DemoForum
from modstation.models.errors import BadInput, DeskBusy, NotAllowed, NotFound, WrongPassphrase
from modstation.models.ids import PersonId, PolicyId
from modstation.models.measures import Choice, Measure
from modstation.models.people import Role
from modstation.models.screen import QueueFilter
from modstation.store.kdf import KdfCost
from modstation.store.verify import verify

PARTS = Parts(cost=KdfCost(8 * 1024, 1, 1), hold_seconds=5)
PASSPHRASE = "correct horse 1"
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path / "desk", PARTS)
    yield made
    made.close()


def test_a_desk_is_made_and_known_afterwards(port: Desks, tmp_path: Path) -> None:
    assert port.desks() == ()
    session, code = port.create(tmp_path / "desk", "ann", PASSPHRASE)
    assert len(code) > 20
    assert session.desk.status().person == "ann"
    (choice,) = port.desks()
    assert choice.people == ("ann",)


def test_a_wrong_passphrase_opens_nothing_and_says_how_long_to_wait(port: Desks, tmp_path: Path) -> None:
    session, _ = port.create(tmp_path / "desk", "ann", PASSPHRASE)
    session.lock()
    with pytest.raises(WrongPassphrase):
        port.unlock(tmp_path / "desk", "ann", "another horse 1")


@pytest.mark.promise(10)
def test_a_lock_drops_the_person_and_keeps_the_runner(port: Desks, tmp_path: Path) -> None:
    session, _ = port.create(tmp_path / "desk", "ann", PASSPHRASE)
    key, runner = session.work.pen.key, session.shared.runner
    session.lock()
    assert session.work.pen.key is not key
    with pytest.raises(NotAllowed):
        session.desk.set_setting("hold_seconds", "12")
    again = port.unlock(tmp_path / "desk", "ann", PASSPHRASE)
    assert again.shared.runner is runner
    again.desk.set_setting("hold_seconds", "12")
    assert again.desk.setting("hold_seconds") == "12"


@pytest.mark.case("S30")
def test_a_second_window_is_turned_away_with_words(port: Desks, tmp_path: Path) -> None:
    port.create(tmp_path / "desk", "ann", PASSPHRASE)
    second = Desks(tmp_path / "desk", PARTS)
    with pytest.raises(DeskBusy, match="another window"):
        second.unlock(tmp_path / "desk", "ann", PASSPHRASE)
    second.close()


def test_there_is_no_desk_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="modstation init"):
        open_desk(tmp_path / "nowhere", "ann", PASSPHRASE, PARTS)


def _with_bo(folder: Path) -> str:
    desk, _ = create_desk(folder, PersonId("ann"), frozenset({Role.ADMINISTRATOR, Role.MODERATOR}), PASSPHRASE, PARTS)
    added = desk.members.add(PersonId("bo"), frozenset({Role.MODERATOR}))
    desk.close()
    assert added.state == "made"
    return added.code


def test_a_person_enrols_by_their_own_passphrase_once(tmp_path: Path) -> None:
    code = _with_bo(tmp_path / "desk")
    enrol_person(tmp_path / "desk", PersonId("bo"), code, "battery staple 2", PARTS).close()
    with pytest.raises(BadInput):
        enrol_person(tmp_path / "desk", PersonId("bo"), code, "battery staple 3", PARTS)
    desk = open_desk(tmp_path / "desk", "bo", "battery staple 2", PARTS)
    assert desk.person == "bo"
    desk.close()


@pytest.mark.promise(6)
def test_with_two_people_a_third_waits_for_a_second_yes(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    enrol_person(folder, PersonId("bo"), _with_bo(folder), "battery staple 2", PARTS).close()
    ann = open_desk(folder, "ann", PASSPHRASE, PARTS)
    added = ann.members.add(PersonId("cy"), frozenset({Role.COMPLIANCE}))
    assert (added.state, added.may_approve) == ("proposed", ("bo",))
    with pytest.raises(NotAllowed, match="ann"):
        ann.members.answer(added.proposal, True, "")
    ann.close()
    with pytest.raises(NotAllowed, match="not yet approved"):
        enrol_person(folder, PersonId("cy"), added.code, "third passphrase", PARTS)
    bo = open_desk(folder, "bo", "battery staple 2", PARTS)
    bo.members.answer(added.proposal, True, "known to me")
    bo.close()
    enrol_person(folder, PersonId("cy"), added.code, "third passphrase", PARTS).close()
    desk = open_desk(folder, "ann", PASSPHRASE, PARTS)
    with desk.shared.store.reading() as reader:
        assert verify(reader.db, trusted=desk.shared.trusted_keys()).findings == []
    desk.close()


def test_the_recovery_code_gives_new_keys_and_the_journal_says_so(tmp_path: Path) -> None:
    desk, code = create_desk(tmp_path / "desk", PersonId("ann"), frozenset({Role.MODERATOR}), PASSPHRASE, PARTS)
    before = desk.opened.key_id
    desk.close()
    again = recover_person(tmp_path / "desk", PersonId("ann"), code, "a new passphrase", PARTS)
    assert again.opened.key_id != before
    assert again.notice != code
    with again.shared.store.reading() as reader:
        assert verify(reader.db, trusted=again.shared.trusted_keys()).findings == []
    again.close()


def test_the_demo_has_its_people_and_pulls(wait_until: Wait, tmp_path: Path) -> None:
    options = DemoOptions(items=12, arrivals=0, folder=tmp_path / "demo")
    with open_demo(options, Parts(hold_seconds=0)) as demo:
        demo.desk.start_runner()
        wait_until(lambda: len(demo.desk.desk.queue_ids(QueueFilter())) == 12)
        assert {p.id for p in demo.desk.desk.people()} == {name for name, _ in DEMO_PEOPLE}
        assert demo.passphrase == DEMO_PASSPHRASE


@pytest.mark.promise(2)
def test_a_decision_in_the_window_is_really_done(port: Desks, tmp_path: Path, wait_until: Wait) -> None:
    with DemoForum(seed=2, items=8) as forum:
        quick = Desks(tmp_path / "quick", Parts(cost=PARTS.cost, hold_seconds=0))
        session, _ = quick.create(tmp_path / "quick", "ann", PASSPHRASE)
        assert "hide" in quick.add_forum(session, "riverside", forum.url, forum.tokens["moderator"])
        desk = session.desk
        wait_until(lambda: len(desk.queue_ids(QueueFilter())) == 8)
        no = next(n for n in desk.queue_ids(QueueFilter()) if not desk.queue_rows([n])[0].has_media)
        view = desk.open_item(no)
        desk.decide(no, PolicyId("terms.spam"), [Choice(Measure.HIDE)], expect=view.revision_hash)
        wait_until(lambda: {row.state for row in desk.outbox() if row.kind == "measure"} == {"acknowledged"})
        post = forum.forum.posts[int(view.row.key.target)]
        assert post.deleted
        quick.close()


def test_an_idle_desk_folder_that_is_no_demo_is_never_taken_away(tmp_path: Path) -> None:
    create_desk(tmp_path / "desk", PersonId("ann"), frozenset({Role.MODERATOR}), PASSPHRASE, PARTS)[0].close()
    with pytest.raises(BadInput), open_demo(DemoOptions(items=1, folder=tmp_path / "desk"), PARTS):
        pass
    open_desk(tmp_path / "desk", "ann", PASSPHRASE, PARTS).close()


def test_the_unlock_screen_loads_neither_keys_nor_rules_nor_forums() -> None:
    """Process start to unlock dialog: what is heavy is loaded by the method that needs it."""
    heavy = ("numpy", "httpx", "cryptography", "argon2", "ahocorasick", "sqlcipher3", "modstation.regulation")
    program = (
        "import sys, modstation.cli, modstation.cli.window, modstation.app; "
        "from modstation.bootstrap.window import Desks; Desks().desks(); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
