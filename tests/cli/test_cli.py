"""The command line: every command over a real forum, its JSON, its exit code, and sentences instead of tracebacks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.desk.desk_parts import PASSPHRASE, office

from modstation.bootstrap import Parts
from modstation.cli.arguments import parser
from modstation.cli.main import main
from modstation.demoforum import DemoForum
from modstation.store.kdf import KdfCost

CHEAP = KdfCost(memory_kib=64, passes=1, lanes=1)


@dataclass(slots=True)
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Told]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command as a person would; `stdin` is piped in, `secret` is the passphrase in the environment."""
    parts = Parts(cost=CHEAP, hold_seconds=0)

    def command(*words: str, stdin: str = "", secret: str | None = PASSPHRASE, desk: Path | None = None) -> Told:
        if secret is None:
            monkeypatch.delenv("MODSTATION_PASSPHRASE", raising=False)
        else:
            monkeypatch.setenv("MODSTATION_PASSPHRASE", secret)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        place = [] if "--desk" in words or not words else ["--desk", str(desk or tmp_path / "desk")]
        capsys.readouterr()
        code = main([*words, *place], parts)
        told = capsys.readouterr()
        assert "Traceback" not in told.err + told.out
        return Told(code, told.out, told.err)

    return command


@pytest.fixture
def demo() -> Iterator[DemoForum]:
    with DemoForum(seed=5, items=6) as forum:
        forum.forum.settings.moderators_may_mute = True
        yield forum


def names(told: Told) -> list[str]:
    return [row["item"] for row in told.json]


@pytest.fixture
def ready(tmp_path: Path, demo: DemoForum, run: Run) -> Path:
    """A desk with its people, connected and pulled once."""
    folder = tmp_path / "desk"
    with office(folder):
        pass
    add = ("forum", "add", "--kind", "nodebb", "--name", "riverside", "--url", demo.url, "--token-stdin")
    assert run(*add, "--as", "demo-admin", stdin=demo.tokens["moderator"] + "\n").code == 0
    assert run("pull", "--once", "--as", "demo-mod").code == 0
    return folder


# ---------------------------------------------------------------------------------- a day at the command line
def test_a_whole_day_from_init_to_verify(run: Run, demo: DemoForum, tmp_path: Path) -> None:
    made = run("init", "--person", "ann:moderator,administrator", "--json")
    assert (made.code, made.json["person"], made.json["roles"]) == (0, "ann", ["administrator", "moderator"])
    assert made.json["recovery_code"]
    code = made.json["recovery_code"]
    added = run("person", "add", "sue:supervisor", "--as", "ann", "--json").json
    assert (added["state"], added["person"]) == ("made", "sue")
    assert (
        run("person", "enrol", "sue", "--code-stdin", stdin=added["code"] + "\n", secret="words of sue here").code == 0
    )
    people = run("person", "list", "--as", "ann", "--json").json
    assert [(p["person"], p["state"]) for p in people] == [("ann", "enrolled"), ("sue", "enrolled")]

    add = ("forum", "add", "--kind", "nodebb", "--name", "riverside", "--url", demo.url, "--token-stdin", "--json")
    connected = run(*add, "--as", "ann", stdin=demo.tokens["moderator"] + "\n")
    assert (connected.code, connected.json["forum"]) == (0, "riverside")
    assert demo.tokens["moderator"] not in connected.out + connected.err
    assert run("forum", "list", "--as", "ann", "--json").json[0]["url"] == demo.url
    (tested,) = run("forum", "test", "--as", "ann", "--json").json
    assert tested["works"]
    assert tested["can"]["hide"]["possible"]
    pulled = run("pull", "--once", "--as", "ann", "--json").json["forums"]["riverside"]
    assert (pulled["items"], pulled["set_aside"]) == (6, 0)
    assert run("pull", "--once", "--as", "ann", "--json").json["forums"]["riverside"]["items"] == 0

    items = names(run("queue", "--as", "ann", "--json"))
    assert len(items) == 6
    shown = run("show", items[0], "--as", "ann", "--json").json
    assert (
        run("search", shown["author"]["name"] if isinstance(shown["author"], dict) else "demo", "--as", "ann").code == 0
    )
    decided = run("decide", items[0], "--policy", "terms.contact_ad", "--measure", "hide", "--as", "ann", "--json")
    assert decided.code == 0, decided.err
    assert {*decided.json} >= {"decision", "case", "state", "may_approve"}
    assert decided.json["state"] == "made"
    waited = run("outbox", "--wait", "--as", "ann", "--json")
    states = {row["state"] for row in waited.json if row["decision"] == decided.json["decision"]}
    assert states <= {"acknowledged", "waiting", "held"}
    undone = run("undo", decided.json["decision"], "--reason", "a mistake", "--as", "ann", "--json")
    assert undone.code == 0

    _check_the_record(run, tmp_path, code)


def _check_the_record(run: Run, tmp_path: Path, code: str) -> None:
    verified = run("verify", "--as", "ann", "--json")
    assert (verified.code, verified.json["whole"], verified.json["findings"]) == (0, True, [])
    assert run("rebuild", "--as", "ann", "--json").json["rows"] > 10
    journal = run("journal", "--as", "ann", "--json").json
    assert [row["seq"] for row in journal] == list(range(1, len(journal) + 1))
    assert journal[1]["prev"] == journal[0]["hash"]
    backup = tmp_path / "backup.msbk"
    assert run("backup", str(backup), "--as", "ann", "--json").json["bytes"] == backup.stat().st_size
    restored = run("restore", str(backup), "--code-stdin", "--json", stdin=code + "\n", desk=tmp_path / "again")
    assert restored.code == 0, restored.err
    assert restored.json["before"] != restored.json["desk"]
    assert run("verify", "--as", "ann", desk=tmp_path / "again").code == 0
    assert run("upgrade", "--as", "ann").out == "There was nothing to do.\n"


def test_small_acts_of_a_day(run: Run, ready: Path) -> None:
    items = names(run("queue", "--as", "demo-mod", "--json"))
    assert run("claim", items[0], "--as", "demo-mod", "--json").json["message"].startswith("Claimed")
    refused = run("claim", items[0], "--as", "demo-sup")
    assert (refused.code, "demo-mod is working" in refused.err) == (1, True)
    assert run("release", items[0], "--as", "demo-mod").code == 0
    assert run("skip", items[0], "--as", "demo-mod").code == 0
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert run("park", items[1], "--until", later, "--as", "demo-mod").code == 0
    assert run("park", items[2], "--as", "demo-mod").code == 0
    assert sorted(names(run("queue", "--state", "parked", "--as", "demo-mod", "--json"))) == sorted(items[1:3])
    assert run("note", items[3], "a note", "--as", "demo-mod").code == 0
    assert "a note" in run("show", items[3], "--as", "demo-sup").out
    assert run("escalate", items[3], "--to", "supervisor", "--note", "look", "--as", "demo-mod").code == 0
    (waiting,) = run("inbox", "--as", "demo-sup", "--json").json
    assert (waiting["item"], waiting["notes"]) == (items[3], ["look"])
    assert run("set-aside", "--as", "demo-mod", "--json").json == []
    assert run("setting", "theme", "dark", "--as", "demo-mod", "--json").json == {"theme": "dark"}
    assert run("setting", "theme", "--as", "demo-sup", "--json").json == {"theme": "system"}


def test_a_proposal_is_approved_or_refused_by_somebody_else(run: Run, ready: Path) -> None:
    items = names(run("queue", "--as", "demo-mod", "--json"))
    ban = ("--policy", "terms.contact_ad", "--measure", "hide", "--measure2", "ban", "--reason", "typed reasoning")
    first = run("decide", items[0], *ban, "--as", "demo-mod", "--json").json
    assert first["state"] == "proposed"
    assert "demo-mod" not in first["may_approve"]
    own = run("approve", first["decision"], "--as", "demo-mod")
    assert (own.code, own.out) == (1, "")
    assert [row["decision"] for row in run("approvals", "--as", "demo-sup", "--json").json] == [first["decision"]]
    assert run("approve", first["decision"], "--as", first["may_approve"][0], "--json").json["state"] == "made"
    second = run("decide", items[1], *ban, "--as", "demo-mod", "--json").json
    assert run("refuse", second["decision"], "--as", second["may_approve"][0]).code == 1, "a refusal needs a reason"
    assert run("refuse", second["decision"], "--reason", "no", "--as", second["may_approve"][0]).code == 0
    assert run("approvals", "--as", "demo-sup", "--json").json == []


def test_a_conflict_is_listed_and_settled(run: Run, ready: Path, demo: DemoForum) -> None:
    items = names(run("queue", "--as", "demo-mod", "--json"))
    plain = next(i for i in items if not demo.forum.posts[int(i.rpartition("/")[2])].uploads)
    run("decide", plain, "--policy", "1", "--measure", "hide", "--as", "demo-mod")
    demo.call("edit", pid=int(plain.rpartition("/")[2]), text="another text")
    told = run("outbox", "--wait", "--as", "demo-mod", "--json")
    row = next(row for row in told.json if row["state"] == "conflict")
    assert told.code == 1
    assert row["row"] in told.err
    settled = run("outbox", "--resolve", row["row"], "--choice", "drop", "--wait", "--as", "demo-mod", "--json")
    assert next(each for each in settled.json if each["row"] == row["row"])["state"] == "withdrawn"
    assert run("outbox", "--resolve", row["row"], "--choice", "drop", "--as", "demo-mod").code == 1
    assert not demo.forum.posts[int(plain.rpartition("/")[2])].deleted


# ---------------------------------------------------------------------------------- exit codes
def commands() -> set[str]:
    import argparse

    actions = parser()._actions
    return {name for action in actions if isinstance(action, argparse._SubParsersAction) for name in action.choices}


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_explains_itself(run: Run, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "usage:" in capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    "words",
    [
        ("fly",), ("queue", "--no-such"), ("decide",), ("decide", "x"), ("show",), ("person",), ("person", "fly"),
        ("park",), ("set-aside", "--close", "x"), ("queue", "--limit", "x"), ("escalate", "x"), ("init",),
        ("decide", "x", "--policy", "1", "--days", "many"),
    ],
)  # fmt: skip
def test_wrong_usage_is_two(run: Run, words: tuple[str, ...]) -> None:
    told = run(*words)
    assert (told.code, told.out) == (2, "")
    assert "usage:" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ("queue",), ("pull", "--once"), ("verify",), ("person", "list"), ("backup", "x"), ("upgrade",),
        ("person", "add", "x:moderator"), ("decide", "x", "--policy", "1"), ("outbox", "--wait"),
    ],
)  # fmt: skip
def test_no_desk_is_one_with_a_sentence(run: Run, words: tuple[str, ...], tmp_path: Path) -> None:
    told = run(*words, desk=tmp_path / "nowhere")
    assert (told.code, told.out) == (1, "")
    assert "no desk in that folder" in told.err
    assert not (tmp_path / "nowhere").exists()


def test_what_a_person_may_get_wrong_is_one_with_a_sentence(run: Run, ready: Path) -> None:
    item = names(run("queue", "--as", "demo-mod", "--json"))[0]
    wrong: list[tuple[str, ...]] = [  # what was typed, as words of a command line
        ("show", "riverside/post/999999"), ("show", "\ud800"), ("show", ""), ("decide", item, "--policy", "no.such"),
        ("decide", item, "--policy", "1", "--measure", "fly"),
        ("decide", item, "--policy", "1", "--measure", "mute", "--days", "0"), ("escalate", item, "--to", "king"),
        ("escalate", item, "--to", "dpo"), ("park", item, "--until", "tomorrow"),
        ("park", item, "--until", "0001-01-01"), ("park", item, "--until", "2020-01-01"), ("note", item, " "),
        ("queue", "--state", "fly"), ("queue", "--sort", "fly"), ("approve", "D-NOTHERE"),
        ("refuse", "D-NOTHERE", "--reason", "r"), ("undo",), ("undo", "D-NOTHERE"), ("undo", "\ud800"),
        ("outbox", "--resolve", "R-NOTHERE"), ("set-aside", "--close", "99", "--reason", "r"),
        ("setting", "no_such"), ("setting", "hold_seconds", "1"), ("forum", "test", "nowhere"),
        ("person", "add", "no-roles"), ("person", "add", "x:king"), ("person", "remove", "nobody"),
        ("person", "enrol", "nobody", "--code-stdin"), ("journal", "--case", "\ud800"),
        ("queue", "--section", "\ud800"),
    ]  # fmt: skip
    for words in wrong:
        told = run(*words, "--as", "demo-mod")
        assert told.code == 1, (words, told)
        assert told.out == "", words
        assert len(told.err.strip()) > 15, words
    assert run("verify", "--as", "demo-mod").code == 0


def test_passphrases_come_from_the_environment_and_wrong_ones_open_nothing(run: Run, ready: Path) -> None:
    told = run("queue", "--as", "demo-mod", secret="wrong words entirely")
    assert (told.code, told.out) == (1, "")
    assert run("queue", "--as", "nobody").code == 1
    none = run("queue", "--as", "demo-mod", secret=None)
    assert (none.code, "MODSTATION_PASSPHRASE" in none.err) == (1, True)


def test_a_forum_that_cannot_be_reached_is_one_and_loses_nothing(run: Run, ready: Path, demo: DemoForum) -> None:
    item = names(run("queue", "--as", "demo-mod", "--json"))[0]
    run("decide", item, "--policy", "1", "--measure", "hide", "--as", "demo-mod")
    demo.call("faults", spec="drop-request")
    pulled = run("pull", "--once", "--as", "demo-mod", "--json")
    assert pulled.code == 1
    assert "error" in pulled.json["forums"]["riverside"]
    (tested,) = run("forum", "test", "--as", "demo-mod", "--json").json
    assert not tested["works"]
    told = run("outbox", "--wait", "--timeout", "0.2", "--as", "demo-mod", "--json")
    assert told.code == 1
    assert {row["state"] for row in told.json} <= {"held", "waiting"}
    demo.call("faults", spec="")
    assert run("pull", "--once", "--as", "demo-mod").code == 0


@pytest.mark.promise(3)
def test_verify_answers_one_where_something_does_not_hold(run: Run, ready: Path) -> None:
    from tests.desk.desk_parts import opened
    from tests.store.store_parts import drop_triggers

    with opened(ready) as desk, desk.first.shared.store.exclusive() as (db, _):
        drop_triggers(db)
        db.execute("UPDATE event SET at = at + 1 WHERE desk_seq = 3")
    told = run("verify", "--as", "demo-mod", "--json")
    assert (told.code, told.json["whole"]) == (1, False)
    assert told.json["findings"][0]["seq"] == 3
    assert "do not hold" in told.err
    assert run("rebuild", "--as", "demo-mod").code == 1


@pytest.mark.promise(7)
def test_texts_of_strangers_do_nothing_to_a_terminal(run: Run, tmp_path: Path) -> None:
    from tests.store.store_parts import flag, revision

    nasty = "red \x1b[31m bell \x07 back \x08 turned \u202e alone \ud800 nul \x00"
    with office(tmp_path / "desk") as desk:
        desk.pull(revision(1, nasty + "\nsecond line", title=nasty), flag(1, reason=nasty))
    for words in (("queue",), ("show", "riverside/post/1"), ("search", "bell")):
        told = run(*words, "--as", "demo-mod")
        assert told.code == 0
        assert not any(c in told.out for c in "\x1b\x07\x08\u202e\x00\ud800"), words
    shown = run("show", "riverside/post/1", "--as", "demo-mod", "--json")
    assert nasty in shown.json["body"] if "body" in shown.json else nasty in json.dumps(shown.json, ensure_ascii=False)


def test_the_version_and_the_doctor_need_no_desk(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ModStation ")
    told = run("doctor", "--json", desk=tmp_path / "nowhere")
    assert told.code in (0, 1)
    assert all({"ok", "what", "how_to_mend"} == set(row) for row in told.json)


def test_changes_of_people_wait_for_a_second_person(run: Run, ready: Path) -> None:
    added = run("person", "add", "demo-new:moderator", "--as", "demo-admin", "--json").json
    assert added["state"] == "proposed"
    early = run("person", "enrol", "demo-new", "--code-stdin", stdin=added["code"] + "\n")
    assert (early.code, "not yet approved" in early.err) == (1, True)
    assert run("approve", added["proposal"], "--as", "demo-admin").code == 1
    assert run("approve", added["proposal"], "--as", "demo-sup").code == 0
    assert run("person", "enrol", "demo-new", "--code-stdin", stdin=added["code"] + "\n").code == 0
    removed = run("person", "remove", "demo-new", "--as", "demo-admin", "--json").json
    assert run("approve", removed["proposal"], "--as", "demo-sup").code == 0
    assert run("queue", "--as", "demo-new").code == 1
    beyond = run("person", "reset", "demo-com", "--as", "demo-admin", "--json").json
    refused = run("approve", beyond["proposal"], "--as", "demo-sup")
    assert refused.code == 1, "who lacks a key cannot hand it on"
    assert [row["decision"] for row in run("approvals", "--as", "demo-sup", "--json").json] == [beyond["proposal"]]
    assert run("inbox", "--as", "demo-com").code == 0, "refused by the vault, so nothing stands in the journal"
    reset = run("person", "reset", "demo-mod", "--as", "demo-admin", "--json").json
    told = run("approve", reset["proposal"], "--as", "demo-sup", "--json").json
    assert told["code"]
