"""The demo forum as a process: its first line, its end, its options, and what it keeps between two runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.demoforum.conftest import effects

from modstation.demoforum import BadState, DemoForum, Plan, main, riverside, spawn
from modstation.demoforum.forum import token_for
from modstation.demoforum.saving import load, save

QUICK = ("--items", "5")


def started(*options: str) -> subprocess.Popen[str]:
    """Start the command; its standard input stays open."""
    command = [sys.executable, "-m", "modstation.demoforum", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class TestTheProcess:
    def test_the_first_line_tells_address_and_tokens(self) -> None:
        process = started(*QUICK, "--seed", "4")
        with process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert set(told) == {"url", "tokens"}
            assert told["tokens"] == {"admin": token_for(4, "admin"), "moderator": token_for(4, "moderator")}
            headers = {"Authorization": f"Bearer {told['tokens']['moderator']}"}
            assert httpx.get(f"{told['url']}/api/flags", headers=headers).json()["count"] == 5
            assert httpx.get(f"{told['url']}/demo/control/state").status_code == 403
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0

    def test_an_interrupt_ends_it_in_peace(self) -> None:
        with started(*QUICK) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0

    def test_it_ends_with_its_parent_where_asked(self) -> None:
        with started(*QUICK, "--until-parent-exits") as process:
            assert process.stdout is not None
            assert process.stdin is not None
            process.stdout.readline()
            process.stdin.close()
            assert process.wait(20) == 0

    def test_a_child_can_be_called_and_stopped(self) -> None:
        with spawn(seed=3, items=5) as child:
            assert child.call("state")["flags"] == {"open": 5}
            assert child.tokens["admin"] == token_for(3, "admin")
            pid = child.pid
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{child.url}/api/config")
        assert pid > 0

    def test_a_child_can_be_killed_as_by_a_power_cut(self) -> None:
        child = spawn(items=5)
        child.kill()
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{child.url}/api/config")

    def test_a_child_takes_faults_and_further_options(self) -> None:
        with spawn(0, 1, 5, "reads-html:=1", 0, "--grant-mute", "--queued", "2") as child:
            assert "html" in httpx.get(f"{child.url}/api/config").headers["content-type"]
            headers = {"Authorization": f"Bearer {child.tokens['moderator']}"}
            assert httpx.put(f"{child.url}/api/v3/users/9/mute", json={}, headers=headers).status_code == 200
            assert len(httpx.get(f"{child.url}/api/post-queue", headers=headers).json()["posts"]) == 2


class TestTheCommandLine:
    @pytest.mark.parametrize("options", [["--items", "-1"], ["--port", "70000"], ["--faults", "worse"]])
    def test_options_that_make_no_sense_are_a_2(self, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main([*QUICK, *options]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err

    def test_a_taken_port_is_a_1(self, capsys: pytest.CaptureFixture[str]) -> None:
        with DemoForum(plan=Plan(items=1, quiet=5)) as demo:
            assert main([*QUICK, "--port", demo.url.rpartition(":")[2]]) == 1
        assert "cannot listen" in capsys.readouterr().err

    def test_a_file_of_something_else_is_a_1(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "forum").write_text("{}")
        assert main([*QUICK, "--state", str(tmp_path / "forum")]) == 1
        assert "remove it to start anew" in capsys.readouterr().err

    def test_help_explains_the_faults(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as over:
            main(["--help"])
        assert over.value.code == 0
        assert "revoke-token-after:N" in capsys.readouterr().out


class TestArrivals:
    def test_new_reports_come_by_themselves(self, wait_until: Callable[..., None]) -> None:
        with DemoForum(plan=Plan(items=2, quiet=10), arrivals=0.02) as demo:
            wait_until(lambda: len(demo.forum.flags) >= 4)
            assert "flag/3 flagged" in effects(demo)

    def test_none_come_unasked(self, demo: DemoForum) -> None:
        assert demo.call("state")["flags"] == {"open": 40}


class TestBetweenTwoRuns:
    def test_what_was_done_is_still_done(self, tmp_path: Path) -> None:
        plan, path = Plan(items=5, quiet=20), tmp_path / "forum.json"
        with DemoForum(plan=plan, state=path) as demo:
            pid = next(flag.target for flag in demo.forum.flags.values())
            demo.call("delete", pid=pid)
            made = demo.call("flag")
        with DemoForum(plan=Plan(seed=99, items=50), state=path) as again:
            assert again.forum.posts[pid].deleted
            assert again.forum.flags[made["flag"]].target == made["target"]
            assert effects(again)[0] == f"post/{pid} deleted"
            assert again.call("flag")["flag"] == made["flag"] + 1

    def test_a_forum_comes_back_equal(self, tmp_path: Path) -> None:
        forum = riverside(Plan(items=20, quiet=40, queued=2, registrations=1, hostile=True))
        save(forum, tmp_path / "forum.json")
        again = load(tmp_path / "forum.json")
        for name in (
            "accounts",
            "sections",
            "topics",
            "posts",
            "flags",
            "queue",
            "registrations",
            "uploads",
            "tokens",
            "books",
            "settings",
        ):
            assert getattr(again, name) == getattr(forum, name), name

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "[]",
            "{}",
            '{"demo forum": 99}',
            '{"demo forum": 1, "title": "x"}',
            '{"demo forum": 1, "title": "x", "accounts": {"1": {}}}',
        ],
    )
    def test_a_file_that_holds_no_forum_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "forum.json"
        path.write_text(content)
        with pytest.raises(BadState, match=r"forum\.json"):
            load(path)
        assert path.read_text() == content

    def test_the_file_is_saved_while_running(self, tmp_path: Path, wait_until: Callable[..., None]) -> None:
        from modstation.demoforum.saving import Saver

        forum, path = riverside(Plan(items=2, quiet=10)), tmp_path / "forum.json"
        saver = Saver(forum, path, seconds=0.02)
        saver.start()
        with forum.lock:
            forum.posts[1].text = "changed while it ran"
            forum.changed("post/1", "edited")
        wait_until(lambda: load(path).posts[1].text == "changed while it ran")
        saver.stop()
