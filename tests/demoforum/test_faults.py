"""Faults: the language they are written in, and what a client meets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.demoforum.conftest import People, effects, first_flag

from modstation.demoforum import BadFaults, DemoForum, Plan
from modstation.demoforum.faults import NAMES, Faults, delay_ms, parse, wrong_types
from modstation.demoforum.hostile import TEXTS
from modstation.demoforum.routing import Request

READ, WRITE = Request("GET", "/api/flags"), Request("PUT", "/api/v3/flags/1")


class TestTheLanguage:
    @pytest.mark.parametrize(
        "spec", ["", "html:3", "writes-lose-reply:5,slow:20", "429:2:30", "cut:=4", " html , deep:2:50 "]
    )
    def test_good_specifications_are_read(self, spec: str) -> None:
        assert len(parse(spec)) == len([part for part in spec.split(",") if part.strip()])

    @pytest.mark.parametrize(
        "spec", ["nonsense", "html:0", "html:x", "html:-1", "html:=0", "429:1:2:3", "writes-", "html:１"]
    )
    def test_bad_specifications_are_refused_with_a_reason(self, spec: str) -> None:
        with pytest.raises(BadFaults, match=r"fault|numbers"):
            parse(spec)

    @pytest.mark.parametrize("name", NAMES)
    def test_every_name_is_known_and_explained(self, name: str) -> None:
        assert parse(f"{name}:3")[0].name == name
        assert f"    {name}" in (parse.__globals__["__doc__"] or "")

    @given(st.integers(1, 20), st.integers(1, 60))
    def test_every_nth_request_is_hit(self, every: int, count: int) -> None:
        faults = Faults(f"html:{every}")
        hit = [i for i in range(1, count + 1) if faults.strike(READ)]
        assert hit == list(range(every, count + 1, every))

    @given(st.integers(1, 20), st.integers(1, 60))
    def test_a_single_nth_request_is_hit_once(self, only: int, count: int) -> None:
        faults = Faults(f"html:={only}")
        hit = [i for i in range(1, count + 1) if faults.strike(READ)]
        assert hit == ([only] if only <= count else [])

    @given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
    def test_only_eligible_requests_count(self, writes: list[bool], every: int) -> None:
        faults = Faults(f"writes-html:{every}")
        hit = [bool(faults.strike(WRITE if write else READ)) for write in writes]
        assert sum(hit) == sum(writes) // every
        assert not any(struck and not write for struck, write in zip(hit, writes, strict=True))

    def test_doing_nothing_with_a_200_is_for_writes_alone(self) -> None:
        faults = Faults("200-nothing")
        assert not faults.strike(READ)
        assert faults.strike(WRITE)

    def test_other_faults_start_counting_anew(self) -> None:
        faults = Faults("html:2")
        faults.strike(READ)
        faults.replace("html:2")
        assert not faults.strike(READ)
        with pytest.raises(BadFaults):
            faults.replace("worse")
        assert faults.strike(READ)


class TestWrongTypes:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        )
    )
    def test_no_value_keeps_its_type(self, value: Any) -> None:
        swapped = wrong_types(value)
        if not isinstance(value, dict):
            assert type(swapped) is not type(value)
        json.dumps(swapped)


class TestOnTheWire:
    def struck(self, demo: DemoForum, spec: str) -> None:
        demo.call("faults", spec=spec)

    def test_a_lost_reply_was_carried_out(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        self.struck(demo, "writes-lose-reply:=1")
        with pytest.raises(httpx.TransportError):
            people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        assert f"post/{pid} deleted" in effects(demo)
        (entry,) = [one for one in demo.call("log") if one["outcome"] == "lose-reply"]
        assert (entry["method"], entry["status"]) == ("DELETE", 200)

    def test_a_dropped_request_was_not(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        self.struck(demo, "writes-drop-request:=1")
        with pytest.raises(httpx.TransportError):
            people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        assert effects(demo) == []

    def test_a_200_that_did_nothing(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        self.struck(demo, "200-nothing:=1")
        answer = people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        assert (answer.status_code, answer.json()["status"]["code"]) == (200, "ok")
        assert effects(demo) == []
        assert people.admin.get(f"/api/v3/posts/{pid}").json()["response"]["deleted"] == 0

    @pytest.mark.parametrize(
        ("spec", "status", "wait"), [("429:=1", 429, "1"), ("429:=1:30", 429, "30"), ("503:=1", 503, None)]
    )
    def test_asked_to_wait(self, demo: DemoForum, people: People, spec: str, status: int, wait: str | None) -> None:
        self.struck(demo, spec)
        answer = people.admin.put("/api/v3/topics/1/lock")
        assert (answer.status_code, answer.headers.get("retry-after")) == (status, wait)
        assert effects(demo) == []
        assert people.admin.put("/api/v3/topics/1/lock").status_code == 200

    def test_a_page_of_html_with_a_200(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "html:=1")
        answer = people.admin.get("/api/flags")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")

    def test_a_cut_answer_announces_more_than_it_brings(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "cut:=1")
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            people.admin.get("/api/flags")

    def test_a_slow_answer_waits_as_long_as_asked_and_then_comes(self, demo: DemoForum, people: People) -> None:
        assert delay_ms(Faults("slow:120,slow:30").strike(READ)) == 150
        self.struck(demo, "slow:5")
        assert people.admin.get("/api/config").status_code == 200
        assert demo.call("log")[-1]["outcome"] == "answered"

    def test_a_huge_answer(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "huge:=1:3")
        assert len(people.admin.get("/api/flags").content) > 3_000_000

    def test_a_deep_answer_breaks_a_naive_reader(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "deep:=1")
        answer = people.admin.get("/api/flags")
        with pytest.raises(RecursionError):
            json.loads(answer.content)

    def test_wrong_types_everywhere(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "wrong-types:=1")
        told = people.admin.get("/api/flags").json()
        assert (type(told["count"]), type(told["flags"]), type(told["title"])) == (str, dict, int)

    def test_tokens_stop_working_after_a_while(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "revoke-token-after:2")
        assert [people.admin.get("/api/config").status_code for _ in range(4)] == [200, 200, 401, 401]
        assert people.guest.get("/api/config").status_code == 200
        self.struck(demo, "")
        assert people.admin.get("/api/config").status_code == 200

    def test_control_calls_are_never_hit(self, demo: DemoForum) -> None:
        self.struck(demo, "drop-request,html,lose-reply")
        assert demo.call("state")["faults"] == "drop-request,html,lose-reply"

    def test_several_faults_at_once(self, demo: DemoForum, people: People) -> None:
        self.struck(demo, "slow:1,reads-html:2,writes-503:2")
        assert [people.admin.get("/api/config").headers["content-type"][:9] for _ in range(2)] == [
            "applicati",
            "text/html",
        ]
        assert [people.admin.put("/api/v3/topics/1/lock").status_code for _ in range(2)] == [200, 503]


class TestHostileContent:
    @pytest.fixture
    def hostile(self) -> Iterator[People]:
        with DemoForum(plan=Plan(items=3, quiet=20, hostile=True)) as demo:
            people = People(demo)
            yield people
            people.close()

    def test_hostile_posts_arrive_whole(self, hostile: People) -> None:
        texts = set()
        for row in hostile.admin.get("/api/flags?perPage=100").json()["flags"]:
            raw = hostile.admin.get(f"/api/v3/posts/{row['targetId']}").content
            raw.decode("utf-8")
            texts.add(json.loads(raw)["response"]["content"])
            assert hostile.admin.get(f"/api/flags/{row['flagId']}").status_code == 200
        assert set(TEXTS.values()) <= texts

    def test_lone_surrogates_leave_as_escapes(self, hostile: People) -> None:
        (post,) = [post for post in hostile.demo.forum.posts.values() if "lone high" in post.text]
        assert b"\\ud800" in hostile.guest.get(f"/api/v3/posts/{post.pid}").content

    def test_a_hostile_title_does_not_break_the_topic(self, hostile: People) -> None:
        tid = max(hostile.demo.forum.topics)
        told = json.loads(hostile.guest.get(f"/api/topic/{tid}").content)
        assert told["title"] == "<i>Odd</i> \u202eeltit\u202c & \x00 title"
        assert hostile.guest.get(f"/topic/{tid}").status_code == 200

    def test_the_fault_in_words_makes_them_too(self) -> None:
        with DemoForum(items=1, faults="hostile-content") as demo:
            assert len(demo.forum.flags) == 1 + len(TEXTS)

    def test_they_can_come_while_the_forum_runs_but_only_once(self, demo: DemoForum) -> None:
        for _ in range(2):
            demo.call("faults", spec="hostile-content")
        assert demo.call("state")["flags"] == {"open": 40 + len(TEXTS)}
