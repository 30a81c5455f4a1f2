"""Small acts, records and trouble from the command line, as somebody meets them who knows only the user guide."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.acceptance.acceptance_parts import Desk
from tests.acceptance.conftest import Room

HIDE = ("--policy", "terms.spam", "--measure", "hide")


def small_files_only() -> None:
    """A disk that takes hardly anything, for the process that is about to start."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@pytest.mark.promise(4)
def test_what_was_seen_is_in_the_journal_under_names_that_hold_on_every_desk(make_room: Callable[..., Room]) -> None:
    desk, items = (room := make_room()).desk, room.items
    shown = desk.run("ann", "show", items[0])
    desk.run("ann", "decide", items[0], *HIDE)
    (made,) = [row["body"] for row in desk.run("ann", "journal") if row["kind"] == "decision.made"]
    seen = made["seen"]
    assert seen["revision"] == shown["revision"] == seen["revisions"][-1]
    assert [flag.split(":")[:2] for flag in seen["flags"]] == [
        [report["flag"], report["reporter"]] for report in shown["reports"]
    ]
    assert seen["opened"] > 0
    assert (seen["strikes"], seen["language"], seen["uncovered"]) == (0, "en", [])
    assert len(made["profile_hash"]) == 64
    assert all("#" in pack for pack in seen["packs"])
    assert len(made["sealed"]) == 64, "the sentence shown is sealed beside it"


@pytest.mark.case("S05")
def test_who_only_tried_to_decide_keeps_nobody_from_it(make_room: Callable[..., Room]) -> None:
    desk, items = (room := make_room(second=True)).desk, room.items
    assert "Write the reason" in desk.refused("ann", "decide", items[0], "--policy", "ill.fraud", "--measure", "ban")
    assert desk.run("bo", "show", items[0])["claimed_by"] == ""
    desk.run("ann", "claim", items[1])
    assert "ann is working on" in desk.refused("bo", "decide", items[1], *HIDE)
    desk.shift = 3600
    assert desk.run("bo", "claim", items[1])["message"], "a claim ends, and another takes over"
    takers = [row["actor"] for row in desk.run("ann", "journal") if row["kind"] == "item.claimed"]
    assert takers == ["ann", "ann", "bo"]


@pytest.mark.promise(5)
def test_what_a_role_was_passed_is_that_roles_and_every_note_is_kept(make_room: Callable[..., Room]) -> None:
    desk, items = (room := make_room(second=True)).desk, room.items
    for note in ("fraud ring?", "see also post 88"):
        desk.run("ann", "escalate", items[0], "--to", "supervisor", "--note", note)
    assert "passed to the role supervisor" in desk.refused("ann", "decide", items[0], *HIDE)
    (waiting,) = desk.run("bo", "inbox")
    assert waiting["notes"] == ["fraud ring?", "see also post 88"]
    assert (waiting["state"], waiting["to"]) == ("open", "supervisor")
    assert waiting["due"] > waiting["at"]
    assert desk.run("bo", "decide", items[0], *HIDE)["state"] == "made"
    assert [row["state"] for row in desk.run("bo", "inbox")] in ([], ["decided"])


@pytest.mark.promise(2)
def test_hidden_but_its_image_is_still_public_until_the_file_is_gone(make_room: Callable[..., Room]) -> None:
    room = make_room(30)
    desk = room.desk
    item = next(row["item"] for row in desk.run("ann", "queue") if row["media"])
    desk.run("ann", "decide", item, *HIDE)
    told = desk.tried("ann", "outbox", "--wait")
    assert told.code == 1
    assert "Hidden, but its image is still public" in told.err
    assert {row["what"]: row["state"] for row in desk.outbox(item=item)}["hide"] == "waiting"
    for url in desk.run("ann", "show", item)["attachments"]:
        room.forum.call("upload", url=url.removeprefix(room.forum.url))
    assert desk.tried("ann", "outbox", "--wait").code == 0
    assert {row["state"] for row in desk.outbox(item=item)} == {"acknowledged"}


@pytest.mark.promise(5)
def test_an_authors_answer_to_a_closed_case_is_put_before_a_person(make_room: Callable[..., Room]) -> None:
    room = make_room()
    desk, item = room.desk, room.items[0]
    desk.run("ann", "decide", item, *HIDE)
    desk.run("ann", "outbox", "--wait")
    author = desk.run("ann", "show", item)["author"]["uid"]
    room.forum.call("reply", uid=int(author), text="I object 我不服")
    assert desk.pull()["replies"] == 1
    assert desk.run("ann", "show", item)["notes"][0].startswith("the author, ")
    (line,) = desk.run("ann", "set-aside")
    assert "I object 我不服" in line["raw"]
    assert line["due"] > line["at"]
    assert desk.refused("ann", "set-aside", "--close", str(line["line"]))
    desk.run("ann", "set-aside", "--close", str(line["line"]), "--reason", "read; it stands")
    assert desk.run("ann", "set-aside") == []
    assert desk.pull()["replies"] == 0


@pytest.mark.promise(5)
@pytest.mark.parametrize("spec", ["html", "cut", "wrong-types", "deep", "huge:1:20"])
def test_an_answer_that_cannot_be_used_is_listed_with_a_clock(make_room: Callable[..., Room], spec: str) -> None:
    room = make_room(2)
    room.forum.call("faults", spec=spec)
    assert room.desk.refused("ann", "pull", "--once")
    (line,) = room.desk.run("ann", "set-aside")
    assert line["why"]
    assert line["due"] > line["at"]
    room.forum.call("faults", spec="")
    room.forum.call("flag")
    assert room.desk.pull()["items"] == 1


@pytest.mark.promise(7)
def test_hostile_posts_are_all_there_and_verify_holds(make_room: Callable[..., Room]) -> None:
    desk = make_room(2, faults="hostile-content").desk
    rows = desk.run("ann", "queue")
    bodies = [desk.run("ann", "show", row["item"])["body"] for row in rows]
    assert any("\x00" in body for body in bodies)
    assert any("\ud800" in body for body in bodies)
    assert max(body.count("\n") for body in bodies) >= 9_999
    told = desk.alone("ann", "show", rows[0]["item"])
    assert told.code == 0
    assert desk.run("ann", "set-aside") == []
    assert desk.run("ann", "verify")["whole"]


def test_two_chinese_characters_find_a_post(make_room: Callable[..., Room]) -> None:
    desk = make_room(20).desk
    rows = [row for row in desk.run("ann", "queue") if row["language"] == "zh"]
    body = desk.run("ann", "show", rows[0]["item"])["body"]
    word = next(body[at : at + 2] for at in range(len(body)) if all("一" <= c <= "鿿" for c in body[at : at + 2]))
    assert rows[0]["item"] in [row["item"] for row in desk.run("ann", "search", word)]


@pytest.mark.promise(1)
def test_a_full_disk_refuses_the_decision_and_nothing_is_half_written(make_room: Callable[..., Room]) -> None:
    room = make_room(3)
    told = room.desk.alone("ann", "decide", room.items[0], *HIDE, preexec_fn=small_files_only)
    assert told.code == 1
    assert "Nothing was half-written" in told.err
    assert room.desk.run("ann", "show", room.items[0])["state"] == "open"
    assert room.desk.run("ann", "verify")["whole"]
    assert room.desk.run("ann", "decide", room.items[0], *HIDE)["state"] == "made"


@pytest.mark.case("S28")
def test_a_clock_set_back_keeps_the_order_and_is_written_down(make_room: Callable[..., Room]) -> None:
    room = make_room(2)
    desk = room.desk
    desk.run("ann", "note", room.items[0], "first")
    desk.shift = -7200
    desk.run("ann", "note", room.items[0], "second")
    kinds = [row["kind"] for row in desk.run("ann", "journal")]
    assert kinds[-3:] == ["note.added", "clock.jumped", "note.added"]
    assert [note.rpartition(" ")[2] for note in desk.run("ann", "show", room.items[0])["notes"]] == ["first", "second"]
    assert desk.run("ann", "verify")["whole"]


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_a_restored_desk_reads_back_before_it_sends(make_room: Callable[..., Room]) -> None:
    room = make_room()
    desk, file = room.desk, room.desk.folder.parent / "desk.backup"
    desk.run("ann", "decide", room.items[0], *HIDE)
    desk.run("ann", "backup", str(file))
    desk.run("ann", "outbox", "--wait")
    done = room.forum.mutations()
    other = Desk(desk.folder.parent / "restored", desk.home)
    try:
        told = other.run("ann", "restore", str(file))
        assert told["desk"] != told["before"]
        assert {row["state"] for row in other.outbox()} == {"unknown"}
        assert other.tried("ann", "outbox", "--wait").code == 0
        assert room.forum.mutations() == done, "what had arrived was not sent again"
        assert other.run("ann", "verify")["whole"]
        assert "Nothing was touched" in other.refused("ann", "restore", str(file))
        file.write_bytes(file.read_bytes()[:-50])
        broken = Desk(desk.folder.parent / "broken", desk.home)
        assert "Nothing was touched" in broken.refused("ann", "restore", str(file))
        assert not broken.folder.exists()
        broken.close()
    finally:
        other.close()


def test_the_recovery_code_opens_once_and_the_next_one_is_told(make_room: Callable[..., Room]) -> None:
    desk = make_room(1).desk
    other = Desk(desk.folder.parent / "second", desk.home)
    code = other.found()
    fresh = other.run("ann", "recover", "ann", "--code-stdin", typed=code + "\n")["recovery_code"]
    assert fresh
    assert fresh != code
    assert "spent" in other.refused("ann", "recover", "ann", "--code-stdin", typed=code + "\n")
    assert other.run("ann", "recover", "ann", "--code-stdin", typed=fresh + "\n")["recovery_code"] != fresh
    assert other.run("ann", "verify")["whole"]
    other.close()


def test_wrong_passphrases_are_told_and_slow_down(make_room: Callable[..., Room]) -> None:
    desk = make_room(1).desk
    desk.env = {"MODSTATION_PASSPHRASE": "not the one at all"}
    words = [desk.refused("ann", "queue") for _ in range(4)]
    assert "opens nothing here" in words[0]
    assert "Too many wrong passphrases" in words[-1]
    desk.env, desk.shift = {}, 3600
    assert len(desk.run("ann", "queue")) == 1


def test_a_file_that_is_no_desk_or_is_gone_is_not_touched(make_room: Callable[..., Room]) -> None:
    desk = make_room(1).desk
    store, kept = desk.folder / "store.db", desk.folder / "kept"
    store.rename(kept)
    store.write_bytes(b"something else " * 500)
    assert "Nothing was touched" in desk.refused("ann", "queue")
    assert store.read_bytes() == b"something else " * 500
    store.unlink()
    assert "No new file was made" in desk.refused("ann", "queue")
    assert not store.exists()
    kept.rename(store)
    assert len(desk.run("ann", "queue")) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("show", "riverside/post/999999"),
        ("show", "what?"),
        ("undo", "D-NONESUCH"),
        ("approve", "D-NONESUCH"),
        ("set-aside", "--close", "7", "--reason", "r"),
        ("setting", "nonesuch"),
        ("setting", "hold_seconds", "1000"),
        ("queue", "--state", "nonesuch"),
        ("person", "remove", "nobody"),
        ("person", "add", "x:nonesuch"),
        ("outbox", "--resolve", "R-NONESUCH"),
        ("forum", "test", "nonesuch"),
        ("restore", "/nonesuch/file"),
    ],
    ids=" ".join,
)
def test_every_refusal_is_a_sentence_with_what_to_do(one_desk: Desk, words: tuple[str, ...]) -> None:
    said = one_desk.refused("ann", *words)
    assert said.endswith(".")
    assert said.count(". ") >= 1, f"only what happened is told: {said}"


def test_the_guide_names_every_field_that_json_prints(make_room: Callable[..., Room], project_root: Path) -> None:
    desk, items = (room := make_room(second=True)).desk, room.items
    told = [desk.run("ann", "decide", items[0], *HIDE)]
    desk.run("ann", "decide", items[1], "--policy", "ill.fraud", "--measure", "ban", "--days", "7", "--reason", "r")
    desk.run("ann", "escalate", items[2], "--to", "supervisor")
    for words in (["queue"], ["outbox"], ["approvals"], ["journal"], ["person", "list"], ["forum", "list"]):
        told.append(desk.run("ann", *words)[0])
    told += [desk.run("bo", "inbox")[0], desk.run("ann", "show", items[0]), desk.run("ann", "verify")]
    told.append(desk.run("ann", "doctor")[0] if desk.tried("ann", "doctor").code == 0 else {})
    guide = (project_root / "docs" / "user-guide" / "command-line.md").read_text("utf-8")
    missing = {name for each in told for name in each if f"`{name}`" not in guide}
    assert missing == set()
