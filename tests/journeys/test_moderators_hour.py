"""A moderator's hour, from an empty folder to an empty queue, checked on the forum's side as a logged-out reader."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modstation.bootstrap import Parts, open_desk
from modstation.cli import main
from modstation.demoforum import DemoForum
from modstation.models.ids import PolicyId
from modstation.models.screen import QueueFilter
from modstation.store.kdf import KdfCost

PARTS = Parts(cost=KdfCost(8 * 1024, 1, 1), hold_seconds=0)
ANN, BO = "correct horse 1", "battery staple 2"

#: What a demo hour holds, in turn: mostly advertisements and spam, quarrels, scams, false alarms.
TURNS = ("terms.contact_ad", "terms.spam", "none", "ill.fraud", "terms.insult", "terms.off_topic", "none", "terms.spam")


class Desk:
    """The command line as a person uses it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._patch = folder, capsys, monkeypatch

    def run(self, *words: str, passphrase: str = ANN, typed: str = "") -> Any:
        """One command; its JSON answer. Fails the test where the command refuses."""
        self._patch.setenv("MODSTATION_PASSPHRASE", passphrase)
        self._patch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*words, "--desk", str(self.folder), "--json"], PARTS)
        told = self._capsys.readouterr()
        assert code == 0, told.err
        return json.loads(told.out)


@pytest.fixture
def forum() -> Iterator[DemoForum]:
    with DemoForum(seed=3, items=40) as demo:
        demo.call("setting", name="moderators_may_mute", value=True)
        yield demo


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path / "desk", capsys, monkeypatch)


def _set_up(desk: Desk, forum: DemoForum) -> None:
    assert desk.run("init", "--person", "ann:moderator,administrator")["recovery_code"]
    code = desk.run("person", "add", "bo:supervisor,compliance")["code"]
    desk.run("person", "enrol", "bo", "--code-stdin", passphrase=BO, typed=code + "\n")
    token = forum.tokens["moderator"] + "\n"
    desk.run("forum", "add", "--name", "riverside", "--url", forum.url, "--token-stdin", "--as", "ann", typed=token)
    assert desk.run("pull", "--once", "--as", "ann")["forums"]["riverside"]["items"] == 40


def _decide_all(folder: Path) -> tuple[dict[str, str], int, list[str]]:
    """Empty the queue by what the ladder recommends; policies by item, how often a reason was typed, proposals."""
    chosen, typed, proposals = {}, 0, []
    desk = open_desk(folder, "ann", ANN, PARTS)
    try:
        for place, no in enumerate(desk.desk.queue_ids(QueueFilter())):
            view = desk.desk.open_item(no)
            policy = PolicyId(TURNS[place % len(TURNS)])
            shown = desk.desk.preview(no, policy, None)
            reason = "Seen before, same offer." if shown.needs_reason else ""
            typed += bool(reason)
            told = desk.desk.decide(no, policy, shown.chosen, reason, expect=view.revision_hash)
            assert told.message
            chosen[str(view.row.key)] = policy
            if told.state == "proposed":
                proposals.append(str(told.decision))
        assert len(desk.desk.queue_ids(QueueFilter())) == 0
    finally:
        desk.close()
    return chosen, typed, proposals


def _public(forum: DemoForum, item: str) -> str:
    """What a person without an account gets of a post: its text, "" where nothing is shown."""
    pid = item.rpartition("/")[2]
    post = forum.forum.posts[int(pid)]
    with urllib.request.urlopen(f"{forum.url}/api/topic/{post.tid}", timeout=20) as answer:
        topic = json.load(answer)
    shown = {str(each["pid"]): each for each in topic["posts"]}
    found = shown.get(pid)
    return "" if found is None or found.get("deleted") else str(found["content"])


@pytest.mark.promise(2)
@pytest.mark.promise(4)
def test_an_hour_empties_the_queue_and_the_forum_has_really_done_it(desk: Desk, forum: DemoForum) -> None:
    _set_up(desk, forum)
    chosen, typed, proposals = _decide_all(desk.folder)
    assert typed <= 0.05 * len(chosen)
    for proposal in proposals:
        desk.run("approve", proposal, "--as", "bo", passphrase=BO)
    for post in forum.forum.posts.values():
        # Files of hidden posts are taken from the disk by the forum's own people; here at once.
        for url in list(post.uploads):
            forum.call("upload", url=url)
    desk.run("outbox", "--wait", "--as", "ann")
    rows = desk.run("outbox", "--as", "ann")
    assert {row["state"] for row in rows} == {"acknowledged"}
    hidden = {row["item"] for row in rows if row["measure"] in ("hide", "remove") and row["kind"] == "measure"}
    assert hidden, "the ladder hid nothing, so nothing was tried"
    for item, policy in chosen.items():
        assert bool(_public(forum, item)) == (item not in hidden), (item, policy)
    verified = desk.run("verify", "--as", "ann")
    assert verified["whole"]
    assert verified["findings"] == []
    assert desk.run("queue", "--as", "ann") == []
