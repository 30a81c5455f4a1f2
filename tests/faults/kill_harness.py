"""Kills a working desk at every arrow and looks whether anything was lost or done twice.

Used by the tests with few rounds and by `make bench ONLY=kill ROUNDS=200` with many.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import kill_child

from modstation.bootstrap import create_desk, open_desk
from modstation.demoforum import DemoProcess, spawn
from modstation.models.ids import PersonId
from modstation.models.people import Role
from modstation.store.verify import verify

#: Every arrow, in the order in which a post crosses them.
ARROWS = (
    "pull to observation",
    "observation to screening",
    "screening to queue row, not yet committed",
    "queue row to bookmark",
    "queue row to opened",
    "opened to decided",
    "decided to held",
    "held to read again",
    "compared to sealed",
    "sealed to sent",
    "measure sent, nothing heard",
    "sent to read back",
    "seen as the public to acknowledged",
    "acknowledged to notices",
    "notice sent, nothing heard",
)


@dataclass(slots=True)
class Outcome:
    """What the rounds have shown. `hits` counts the kills by arrow."""

    hits: Counter[str] = field(default_factory=Counter)
    decided: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Harness:
    """One desk and one forum, killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "desk"
        self.forum: DemoProcess = spawn(seed=7, items=12)
        self.outcome = Outcome()
        desk, _ = create_desk(
            self.folder,
            PersonId(kill_child.PERSON),
            frozenset({Role.MODERATOR, Role.ADMINISTRATOR}),
            kill_child.PASSPHRASE,
            kill_child.PARTS,
        )
        profiles = ("cn-forum-2017", "riverside-terms")
        desk.add_forum("riverside", "nodebb", self.forum.url, self.forum.tokens["moderator"], profiles)
        desk.close()

    def close(self) -> None:
        """Stop the forum."""
        self.forum.stop()

    def kill_at(self, target: str, nth: int) -> bool:
        """Let a desk work until it stands before that arrow for the nth time, and kill it there."""
        for _ in range(3):
            self.forum.call("flag")
        return self._work(target, nth)

    def finish(self) -> None:
        """Let a desk work to the end."""
        self._work("", 0)

    def _work(self, target: str, nth: int) -> bool:
        command = [sys.executable, "-m", "tests.faults.kill_child", str(self.folder)]
        root = Path(__file__).resolve().parents[2]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=root
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            for line in child.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "decided":
                    self.outcome.decided.add(rest)
                elif word == "arrow":
                    nth -= rest == target
                    if rest == target and nth <= 0:
                        child.kill()
                        child.wait()
                        self.outcome.hits[target] += 1
                        return True
                    child.stdin.write("go\n")
                    child.stdin.flush()
            child.wait()
            assert child.returncode == 0, "the desk stopped by itself"
        return False

    def compare(self) -> Outcome:
        """Set journal, outbox and the forum's own log side by side."""
        desk = open_desk(self.folder, kill_child.PERSON, kill_child.PASSPHRASE, kill_child.PARTS)
        try:
            with desk.shared.store.reading() as reader:
                rows = reader.db.execute("SELECT id, state, body, settled FROM outbox").fetchall()
                known = {row[0] for row in reader.db.execute("SELECT id FROM decision")}
                report = verify(reader.db, trusted=desk.shared.trusted_keys())
        finally:
            desk.close()
        outcome = self.outcome
        outcome.findings = [finding.what for finding in report.findings]
        outcome.lost = sorted(outcome.decided - known)
        bodies = {row[0]: json.loads(row[2]) for row in rows}
        # "Hidden, but its image is still public" is an end in words, not a row that was lost on the way.
        waits = {name for name, body in bodies.items() if body["why"] == "image_public"}
        outcome.unsettled = [
            f"{row[0]} {row[1]}"
            for row in rows
            if not row[3] and row[0] not in waits and bodies[row[0]]["order"]["after"] not in waits
        ]
        self._forum_side([("acknowledged" if row[0] in waits else row[1], bodies[row[0]]["order"]) for row in rows])
        return outcome

    def _forum_side(self, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
        changes = _mutations(self.forum)
        deleted = Counter(each["target"] for each in changes if each["effect"] == "deleted")
        messages = sum(each["effect"].startswith("message ") for each in changes)
        notices = [order for state, order in rows if order["kind"] == "notice" and state == "acknowledged"]
        self.outcome.twice = [f"{target} {count} times" for target, count in deleted.items() if count > 1]
        if messages != len(notices):
            self.outcome.twice.append(f"{messages} messages for {len(notices)} notices")
        hidden = {
            "post/" + order["item"].rpartition("/")[2]
            for state, order in rows
            if order["measure"] == "hide" and order["kind"] == "measure" and state == "acknowledged"
        }
        self.outcome.unexplained = sorted(set(deleted) ^ hidden)


def run(folder: Path, rounds: int) -> Outcome:
    """Kill at every arrow `rounds` times over all arrows, then finish and compare."""
    harness = Harness(folder)
    try:
        for place in range(rounds * len(ARROWS)):
            arrow = ARROWS[place % len(ARROWS)]
            # Every other round at the second crossing; an arrow that is crossed once a sitting is hit there.
            if not harness.kill_at(arrow, 1 + place // len(ARROWS) % 2):
                harness.kill_at(arrow, 1)
        harness.finish()
        return harness.compare()
    finally:
        harness.close()


def _mutations(forum: DemoProcess) -> list[dict[str, Any]]:
    found = forum.call("mutations")
    return list(found["mutations"] if isinstance(found, dict) else found)
