"""One case as it really comes about: a forum over real sockets, a capture, a decision, an acknowledgement, a bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.desk.desk_parts import HIDE
from tests.evidence.evidence_parts import Bundle, faults, fingerprint, run_alone
from tests.evidence.test_warc import read

from modstation.bootstrap import OpenDesk, Parts
from modstation.bootstrap.demo import DemoOptions, open_demo
from modstation.desk.case_file import export
from modstation.evidence.dossier import Audience
from modstation.evidence.plain import read_zip
from modstation.models.ids import PolicyId
from modstation.models.screen import ItemView, QueueFilter

Wait = Callable[..., None]


def kinds(desk: OpenDesk, case: str) -> list[str]:
    with desk.shared.store.reading() as reader:
        rows = reader.db.execute("SELECT kind FROM event WHERE subject = ? ORDER BY id", (case,)).fetchall()
    return [kind for (kind,) in rows]


def reported_post(desk: OpenDesk) -> ItemView | None:
    """A post without pictures whose reporters are known by name, once one was pulled.

    A picture stays public when its post is hidden, and then the desk rightly waits.
    """
    for no in desk.desk.queue_ids(QueueFilter()):
        view = desk.desk.item(no)
        named = any(flag.reporter.name for flag in view.flags)
        if view.row.key.type == "post" and named and not view.revision.attachments:
            return view
    return None


def judged(desk: OpenDesk, wait_until: Wait) -> ItemView:
    """Open a reported post, wait until it is captured, decide it, wait until the forum has done it."""
    wait_until(lambda: reported_post(desk) is not None, "a reported post")
    found = reported_post(desk)
    assert found is not None
    no, case = found.row.no, found.row.case
    desk.desk.open_item(no)
    wait_until(lambda: "item.captured" in kinds(desk, case), "the capture")
    view = desk.desk.item(no)
    policy = PolicyId("terms.spam")
    desk.desk.decide(no, policy, (HIDE,), "An advertisement.", expect=view.revision_hash)
    wait_until(lambda: "outbox.acknowledged" in kinds(desk, case), f"the acknowledgement of {view.row.key}")
    return view


@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_a_case_from_finding_to_a_bundle_that_stands_alone(tmp_path: Path, wait_until: Wait) -> None:
    options = DemoOptions(seed=1, items=40, faults="", arrivals=0.0, folder=tmp_path / "desk")
    with open_demo(options, Parts(hold_seconds=0)) as demo:
        demo.desk.start_runner()
        view = judged(demo.desk, wait_until)
        demo.desk.shared.stop_runner()
        made = {}
        for audience in Audience:
            data = export(demo.desk.work, [view.row.case], audience).data
            made[audience] = Bundle(data, read_zip(data))
        tokens = demo.tokens
    for audience, each in made.items():
        assert run_alone(tmp_path, each.data, "--trust", fingerprint(each)).code == 0
        assert each.item["revisions"][-1]["body"] == view.revision.body
        assert not any(each.says(token) for token in tokens.values())
        reporters = {flag.reporter.name for flag in view.flags if flag.reporter.name}
        assert all(each.says(name) is (audience is Audience.COURT) for name in reporters - {view.author.name})
    _holds_the_captures(made[Audience.COURT], view)


def _holds_the_captures(court: Bundle, view: ItemView) -> None:
    """The decision names the row of the capture, and that row's answers are in the archive."""
    made = next(row for row in court.rows if row["kind"] == "decision.made")
    captured = {row["hash"]: f"{row['desk']}:{row['seq']}" for row in court.rows if row["kind"] == "item.captured"}
    named = json.loads(made["body"])["seen"]["captures"]
    assert set(named) <= set(captured)
    records = [fields for fields, _ in read(court.files["exchanges.warc"]) if fields["WARC-Type"] == "response"]
    assert {fields["ModStation-Journal-Row"] for fields in records} >= {captured[each] for each in named}
    assert any(view.row.key.target in fields["WARC-Target-URI"] for fields in records)
    assert "outbox.acknowledged" in [each["kind"] for each in court.item["sent"]]
    assert faults(court.data) == []
