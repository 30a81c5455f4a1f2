"""What a test or a presenter does to the forum behind the client's back."""

from __future__ import annotations

import urllib.error
from typing import Any

import pytest
from tests.demoforum.conftest import People, effects, first_flag, flags

from modstation.demoforum import DemoForum, control
from modstation.demoforum.running import control_call


def refused(demo: DemoForum, call: str, **given: Any) -> int:
    """The status with which a control call is refused."""
    with pytest.raises(urllib.error.HTTPError) as problem:
        demo.call(call, **given)
    with problem.value as answer:
        return int(answer.code)


class TestTheDoor:
    def test_a_wrong_token_opens_nothing(self, demo: DemoForum) -> None:
        for token in ("", "wrong", demo.tokens["admin"]):
            with pytest.raises(urllib.error.HTTPError, match="403") as problem:
                control_call(demo.url, token, "state", {})
            problem.value.close()

    def test_without_a_control_token_everything_is_closed(self, demo: DemoForum) -> None:
        demo.site.control_token = ""
        assert refused(demo, "state") == 403

    def test_unknown_calls_and_bad_fields_are_refused(self, demo: DemoForum) -> None:
        assert refused(demo, "nothing") == 404
        assert refused(demo, "delete", pid=99_999) == 400
        assert refused(demo, "edit", text="no post is named") == 400
        assert refused(demo, "faults", spec="worse") == 400
        assert refused(demo, "setting", name="nothing", value=1) == 400
        assert refused(demo, "delete", **{"pid": 1, "as": "nobody_known"}) == 400

    def test_every_call_stands_in_the_list_that_people_read(self) -> None:
        listed = control.__doc__ or ""
        for name in [*control._DEEDS, *control._READS]:
            assert f"/demo/control/{name}" in listed


class TestNewFlags:
    def test_trouble_arrives_as_a_new_post_with_a_report(self, demo: DemoForum, people: People) -> None:
        made = demo.call("flag")
        row = first_flag(people.admin)
        assert (row["flagId"], row["targetId"], row["state"]) == (41, str(made["target"]), "open")
        assert people.guest.get(f"/api/v3/posts/{made['target']}").status_code == 200

    def test_a_named_post_is_reported_by_somebody_who_had_not(self, demo: DemoForum, people: People) -> None:
        pid = int(first_flag(people.admin)["targetId"])
        for _ in range(3):
            demo.call("flag", pid=pid)
        (flag,) = [flag for flag in demo.forum.flags.values() if flag.target == pid]
        uids = [report.uid for report in flag.reports]
        assert len(set(uids)) == len(uids) >= 4
        assert flag.target_uid not in uids

    def test_a_named_person_reports_an_account_with_a_reason(self, demo: DemoForum, people: People) -> None:
        made = demo.call("flag", uid=9, by="kay_b", reason="a strange name")
        told = people.admin.get(f"/api/flags/{made['flag']}").json()
        assert (told["type"], told["targetId"], told["reports"][0]["value"]) == ("user", 9, "a strange name")


class TestAnotherModerator:
    def test_hides_a_post_and_its_flag_is_resolved_in_that_name(self, demo: DemoForum, people: People) -> None:
        row = first_flag(people.admin)
        demo.call("delete", pid=int(row["targetId"]))
        told = people.moderator.get(f"/api/flags/{row['flagId']}").json()
        assert (told["state"], told["history"][0]["user"]["username"]) == ("resolved", "demo_colleague")

    def test_closes_a_flag(self, demo: DemoForum, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        assert demo.call("resolve", flag=number, state="rejected") == {"flag": number, "state": "rejected"}

    def test_the_author_edits_under_ones_hand(self, demo: DemoForum, people: People) -> None:
        pid = int(first_flag(people.admin)["targetId"])
        old = people.admin.get(f"/api/v3/posts/{pid}").json()["response"]
        demo.call("edit", pid=pid, text="nothing to see here any more")
        new = people.admin.get(f"/api/v3/posts/{pid}").json()["response"]
        assert (new["content"], new["uid"], new["editor"]) == (
            "nothing to see here any more",
            old["uid"],
            str(old["uid"]),
        )
        revisions = people.admin.get(f"/api/v3/posts/{pid}/diffs").json()["response"]
        assert len(revisions["timestamps"]) == 2
        first = people.admin.get(f"/api/v3/posts/{pid}/diffs/{revisions['timestamps'][1]}").json()["response"]
        assert old["content"][:10] in first["content"] or "&" in first["content"]

    def test_acts_through_any_call_of_the_forum(self, demo: DemoForum, people: People) -> None:
        made = demo.call("act", **{"as": "demo_colleague", "method": "PUT", "path": "/api/v3/topics/1/lock"})
        assert made == {"status": 200, "body": {"status": {"code": "ok", "message": "OK"}, "response": {}}}
        body = {"state": "wip", "assignee": "3"}
        number = first_flag(people.admin)["flagId"]
        demo.call("act", **{"as": "demo_colleague", "method": "PUT", "path": f"/api/v3/flags/{number}", "body": body})
        assert first_flag(people.admin)["assignee"] == "3"
        asked = demo.call("act", **{"as": "kay_b", "method": "GET", "path": "/api/flags?perPage=1"})
        assert asked["status"] == 403

    def test_a_person_answers_a_notice(self, demo: DemoForum, people: People) -> None:
        room = people.moderator.post("/api/v3/chats", json={"uids": [9]}).json()["response"]["roomId"]
        people.moderator.post(f"/api/v3/chats/{room}", json={"message": "Your post was removed."})
        demo.call("reply", uid=9, text="But why?")
        told = people.moderator.get(f"/api/v3/chats/{room}/messages").json()["response"]["messages"]
        assert [(one["fromuid"], one["self"]) for one in told] == [(2, 1), (9, 0)]
        assert "But why?" in told[-1]["content"]
        mid = told[-1]["mid"]
        assert (
            people.moderator.get(f"/api/v3/chats/{room}/messages/{mid}/raw").json()["response"]["content"] == "But why?"
        )

    def test_nobody_answers_where_nobody_wrote(self, demo: DemoForum) -> None:
        assert refused(demo, "reply", uid=9, text="hello?") == 400


class TestTokensAndClock:
    def test_a_token_is_given_and_taken(self, demo: DemoForum, people: People) -> None:
        given = demo.call("token", **{"as": "kay_b"})["token"]
        assert demo.call("token", revoke=given) == {"revoked": 1}
        assert demo.call("token", revoke="demo_moderator") == {"revoked": 1}
        assert people.moderator.get("/api/flags").status_code == 401
        assert people.admin.get("/api/flags").status_code == 200

    def test_the_clock_is_wrong_by_what_is_asked(self, demo: DemoForum, people: People) -> None:
        before = demo.forum.clock.now()
        demo.call("clock", skew_ms=-3_600_000)
        assert before - demo.forum.clock.now() > 3_500_000
        demo.call("flag")
        row = first_flag(people.admin)
        assert row["datetime"] > before - 3_700_000


class TestTheRecord:
    def test_only_what_really_changed_is_a_mutation(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        people.admin.put("/api/v3/topics/1/lock")
        people.admin.put("/api/v3/topics/1/lock")
        assert [one for one in effects(demo) if not one.startswith("flag/")] == [
            f"post/{pid} deleted",
            "topic/1 locked",
        ]

    def test_a_mutation_names_its_request_and_caller(self, demo: DemoForum, people: People) -> None:
        people.moderator.put("/api/v3/topics/1/lock")
        (made,) = demo.call("mutations")
        (asked,) = [one for one in demo.call("log") if one["id"] == made["request"]]
        assert (made["id"], made["method"], made["path"], made["caller"]) == (
            1,
            "PUT",
            "/api/v3/topics/1/lock",
            "demo_moderator",
        )
        assert (asked["path"], asked["caller"], asked["status"]) == ("/api/v3/topics/1/lock", "demo_moderator", 200)

    def test_both_lists_can_be_read_on_from_a_number(self, demo: DemoForum, people: People) -> None:
        for tid in (1, 2, 3):
            people.admin.put(f"/api/v3/topics/{tid}/lock")
        assert [one["id"] for one in demo.call("mutations", after=1)] == [2, 3]
        last = demo.call("log")[-1]["id"]
        people.guest.get("/api/config")
        assert [one["path"] for one in demo.call("log", after=last)] == ["/api/config"]

    def test_reading_and_control_calls_change_nothing(self, demo: DemoForum, people: People) -> None:
        flags(people.admin)
        demo.call("clock", skew_ms=5)
        assert demo.call("mutations") == []

    def test_the_state_counts(self, demo: DemoForum, people: People) -> None:
        demo.call("delete", pid=int(first_flag(people.admin)["targetId"]))
        told = demo.call("state")
        assert (told["hidden"], told["flags"], told["accounts"]) == (1, {"open": 39, "resolved": 1}, 40)
