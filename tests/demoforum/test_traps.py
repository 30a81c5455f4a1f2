"""The traps of NodeBB, by the numbers they have in the notes on its API; the recorded stories prove them once more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.demoforum.conftest import People, effects, first_flag, flags

from modstation.demoforum import DemoForum


def detail(people: People, number: object) -> dict[str, Any]:
    told: dict[str, Any] = people.admin.get(f"/api/flags/{number}").json()
    return told


def history(people: People, number: object) -> list[dict[str, Any]]:
    return [line["fields"] for line in detail(people, number)["history"] if "fields" in line]


class TestReading:
    @pytest.mark.parametrize("query", [{"state": "nonsense"}, {"state": ["open", "wip"]}, {"quick": "unresolved"}])
    def test_trap_01_a_wrong_filter_is_dropped_and_only_the_echo_tells(self, people: People, query: Any) -> None:
        people.moderator.put(f"/api/v3/flags/{first_flag(people.admin)['flagId']}", json={"state": "resolved"})
        told = flags(people.admin, **query)
        assert told["count"] == 40
        assert not set(query) & set(told["filters"])

    def test_trap_01_repeated_sections_do_work(self, people: People) -> None:
        both = flags(people.admin, cid=["1", "2"])
        assert both["filters"]["cid"] == ["1", "2"]
        assert both["count"] == flags(people.admin, cid=1)["count"] + flags(people.admin, cid=2)["count"]

    def test_trap_01_a_section_moderator_gets_own_sections_whatever_is_asked(self, people: People) -> None:
        own = flags(people.admin, cid=1)["count"]
        told = flags(people.section, cid=3)
        assert (told["count"], told["filters"]["cid"], told["hasFilter"]) == (own, ["1"], False)

    def test_trap_02_a_new_flag_pushes_a_row_onto_the_next_page(self, demo: DemoForum, people: People) -> None:
        before = [row["flagId"] for row in flags(people.admin, perPage=3, page=1)["flags"]]
        demo.call("flag")
        after = [row["flagId"] for row in flags(people.admin, perPage=3, page=2)["flags"]]
        assert after[0] == before[-1]

    def test_trap_02_resolving_a_page_makes_the_next_one_skip(self, people: People) -> None:
        query = {"state": "open", "sort": "oldest", "perPage": 3}
        whole = [row["flagId"] for row in flags(people.admin, **{**query, "perPage": 9})["flags"]]
        for number in whole[:3]:
            people.moderator.put(f"/api/v3/flags/{number}", json={"state": "resolved"})
        assert [row["flagId"] for row in flags(people.admin, **query, page=2)["flags"]] == whole[6:9]

    def test_trap_02_a_page_may_have_any_size(self, people: People) -> None:
        assert len(flags(people.admin, perPage=1000)["flags"]) == 40

    def test_trap_03_with_a_state_the_order_is_by_the_change_of_state(self, people: People) -> None:
        oldest = flags(people.admin, sort="oldest", perPage=1)["flags"][0]["flagId"]
        people.moderator.put(f"/api/v3/flags/{oldest}", json={"state": "wip"})
        people.moderator.put(f"/api/v3/flags/{oldest}", json={"state": "open"})
        assert flags(people.admin, state="open", perPage=1)["flags"][0]["flagId"] == oldest
        assert flags(people.admin, perPage=1)["flags"][0]["flagId"] != oldest

    def test_trap_03_a_new_report_on_an_open_flag_only_adds_heat(self, demo: DemoForum, people: People) -> None:
        row = flags(people.admin, sort="oldest", perPage=1)["flags"][0]
        demo.call("flag", pid=int(row["targetId"]))
        again = flags(people.admin, sort="oldest", perPage=1)["flags"][0]
        assert again["heat"] == row["heat"] + 1
        assert again["datetime"] == row["datetime"]

    def test_trap_04_some_orders_leave_flags_on_people_out(self, demo: DemoForum, people: People) -> None:
        demo.call("flag", uid=9)
        assert flags(people.admin)["count"] == 41
        assert flags(people.admin, sort="replies")["count"] == 40

    def test_trap_05_an_unchanged_list_is_a_304_and_a_note_changes_the_detail(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        tag = people.admin.get(f"/api/flags/{number}").headers["etag"]
        assert people.admin.get(f"/api/flags/{number}", headers={"If-None-Match": tag}).status_code == 304
        people.admin.post(f"/api/v3/flags/{number}/notes", json={"note": "seen"})
        assert people.admin.get(f"/api/flags/{number}", headers={"If-None-Match": tag}).status_code == 200

    def test_trap_06_types_differ_between_list_and_detail(self, people: People) -> None:
        row = first_flag(people.admin)
        told = people.admin.get(f"/api/v3/flags/{row['flagId']}").json()["response"]
        assert (type(row["targetId"]), type(told["targetId"])) == (str, int)

    def test_trap_06_history_mixes_in_bans_of_the_person(self, people: People) -> None:
        row = first_flag(people.admin)
        people.moderator.put(f"/api/v3/users/{row['targetUid']}/ban", json={"reason": "enough"})
        newest = detail(people, row["flagId"])["history"][0]
        assert "fields" not in newest
        assert newest["meta"][0]["value"] == "enough"

    def test_trap_07_history_speaks_in_translation_keys_and_names(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        people.moderator.put(f"/api/v3/flags/{number}", json={"state": "wip", "assignee": "2"})
        people.moderator.put(f"/api/v3/flags/{number}", json={"assignee": ""})
        assert history(people, number)[:2] == [
            {"assignee": "[[global:guest]]"},
            {"state": "[[flags:state-wip]]", "assignee": "demo_moderator"},
        ]

    def test_trap_08_the_index_of_a_former_assignee_never_forgets(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        for assignee in ("2", "3", ""):
            people.moderator.put(f"/api/v3/flags/{number}", json={"assignee": assignee})
        assert [row["flagId"] for row in flags(people.admin, assignee=2)["flags"]] == [number]
        assert first_flag(people.admin)["assignee"] == ""

    def test_trap_09_the_detail_carries_html_with_remote_pictures_and_the_post_its_source(self, people: People) -> None:
        author = people.person("kay_b")
        pid = author.post("/api/v3/topics/1", json={"content": "a <b>smile</b> 🙂 for you"}).json()["response"]["pid"]
        number = people.admin.post("/api/v3/flags", json={"type": "post", "id": pid, "reason": "x"}).json()["response"][
            "flagId"
        ]
        content = detail(people, number)["target"]["content"]
        assert f'<img src="{people.demo.url}/assets/plugins/' in content
        assert "&lt;b&gt;" in content
        assert people.admin.get(f"/api/v3/posts/{pid}").json()["response"]["content"] == "a <b>smile</b> 🙂 for you"

    def test_trap_10_a_removed_account_leaves_its_number_on_the_post(self, people: People) -> None:
        row = first_flag(people.admin)
        uid = row["targetUid"]
        assert people.admin.request("DELETE", f"/api/v3/users/{uid}/account", json={}).status_code == 200
        target = detail(people, row["flagId"])["target"]
        assert (target["uid"], target["user"]["uid"], target["user"]["oldUid"]) == (uid, 0, uid)
        assert target["user"]["username"] == "[[global:former-user]]"
        assert people.admin.get(f"/api/v3/users/{uid}").status_code == 404

    def test_trap_11_unknown_things_are_not_always_a_404(self, people: People) -> None:
        assert people.admin.get("/api/v3/categories/999").json()["response"] == {}
        assert people.admin.get("/api/post-queue/reply-1").json()["posts"] == []

    def test_trap_12_a_deleted_topic_is_a_404_for_others_and_a_deleted_post_a_200(self, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        people.moderator.request("DELETE", f"/api/v3/posts/{pid}/state", json={})
        people.moderator.request("DELETE", "/api/v3/topics/2/state", json={})
        assert people.guest.get(f"/api/v3/posts/{pid}").json()["response"]["content"] == "[[topic:post-is-deleted]]"
        assert people.guest.get(f"/api/v3/posts/{pid}/raw").status_code == 404
        assert people.guest.get("/api/v3/topics/2").status_code == 404
        assert people.moderator.get("/api/v3/topics/2").json()["response"]["deleted"] == 1

    def test_trap_13_no_version_is_told(self, people: People) -> None:
        answer = people.admin.get("/api/config")
        assert answer.headers["x-powered-by"] == "NodeBB"
        assert not [name for name in answer.json() if "version" in name.lower()]


class TestActing:
    def test_trap_14_deleting_a_post_resolves_its_flag_in_the_deleters_name(self, people: People) -> None:
        row = first_flag(people.admin)
        people.moderator.put(f"/api/v3/flags/{row['flagId']}", json={"state": "wip", "assignee": "3"})
        people.admin.request("DELETE", f"/api/v3/posts/{row['targetId']}/state")
        told = detail(people, row["flagId"])
        assert (told["state"], told["assignee"], told["history"][0]["uid"]) == ("resolved", "3", 1)

    def test_trap_14_restoring_does_not_reopen(self, people: People) -> None:
        row = first_flag(people.admin)
        for method in ("DELETE", "PUT"):
            people.admin.request(method, f"/api/v3/posts/{row['targetId']}/state")
        assert detail(people, row["flagId"])["state"] == "resolved"

    def test_trap_14_deleting_a_topic_resolves_the_flags_of_all_its_posts(
        self, demo: DemoForum, people: People
    ) -> None:
        post = demo.forum.posts[int(first_flag(people.admin)["targetId"])]
        expected = {
            f"flag/{demo.forum.posts[pid].flag_id} state resolved" for pid in demo.forum.topics[post.tid].pids
        } - {"flag/0 state resolved"}
        people.moderator.request("DELETE", f"/api/v3/topics/{post.tid}/state")
        assert {one for one in effects(demo) if one.startswith("flag/")} == expected

    def test_trap_14_a_ban_resolves_the_flag_on_the_account(self, demo: DemoForum, people: People) -> None:
        number = demo.call("flag", uid=9)["flag"]
        people.moderator.put("/api/v3/users/9/ban", json={})
        assert detail(people, number)["state"] == "resolved"

    def test_trap_15_a_new_report_reopens_a_flag_under_its_old_number(self, demo: DemoForum, people: People) -> None:
        row = first_flag(people.admin)
        people.moderator.put(f"/api/v3/flags/{row['flagId']}", json={"state": "rejected"})
        assert demo.call("flag", pid=int(row["targetId"]))["flag"] == row["flagId"]
        again = first_flag(people.admin)
        assert (again["state"], again["datetime"], again["report"]) == ("open", row["datetime"], "added")

    def test_trap_16_the_last_writer_wins_and_both_get_a_200(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        stale = people.moderator.get(f"/api/v3/flags/{number}").headers["etag"]
        people.admin.put(f"/api/v3/flags/{number}", json={"state": "resolved"})
        answer = people.moderator.put(
            f"/api/v3/flags/{number}", json={"state": "rejected"}, headers={"If-Match": stale}
        )
        assert answer.status_code == 200
        assert [line["state"] for line in history(people, number)[:2]] == [
            "[[flags:state-rejected]]",
            "[[flags:state-resolved]]",
        ]

    @pytest.mark.parametrize("path", ["/api/v3/users/9/ban", "/api/v3/users/9/mute"])
    def test_trap_17_lifting_without_a_body_does_nothing(self, demo: DemoForum, people: People, path: str) -> None:
        people.admin.put(path, json={})
        before = effects(demo)
        answer = people.admin.request("DELETE", path)
        assert answer.status_code == 400
        assert answer.json()["status"]["message"] == "Cannot read properties of undefined (reading 'reason')"
        assert effects(demo) == before

    @pytest.mark.parametrize("how", [{"json": {}}, {"params": {"reason": "mistake"}}])
    def test_trap_17_lifting_with_an_empty_body_or_a_query_works(self, people: People, how: Any) -> None:
        people.admin.put("/api/v3/users/9/ban", json={})
        assert people.admin.request("DELETE", "/api/v3/users/9/ban", **how).status_code == 200
        assert people.admin.get("/api/v3/users/9").json()["response"]["banned"] is False

    def test_trap_18_repeats_are_answered_as_inconsistently_as_recorded(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        mod = people.moderator
        mod.request("DELETE", f"/api/v3/posts/{pid}/state")
        mod.put("/api/v3/topics/2/lock")
        mod.put("/api/v3/users/9/ban", json={})
        room = mod.post("/api/v3/chats", json={"uids": [9]}).json()["response"]["roomId"]
        again = [
            mod.request("DELETE", f"/api/v3/posts/{pid}/state").status_code,
            mod.put("/api/v3/topics/2/lock").status_code,
            mod.put("/api/v3/users/9/ban", json={}).status_code,
            mod.post("/api/v3/chats", json={"uids": [9]}).status_code,
            mod.post(f"/api/v3/chats/{room}", json={"message": "twice"}).status_code,
            mod.post(f"/api/v3/chats/{room}", json={"message": "twice"}).status_code,
            mod.put("/api/v3/topics/2/move", json={"cid": demo.forum.topics[2].cid}).status_code,
        ]
        assert again == [400, 200, 200, 200, 200, 200, 400]
        assert len(demo.forum.accounts[9].sanctions) == 2
        assert len(demo.forum.rooms) == 2

    def test_trap_18_the_same_assignee_as_a_number_is_written_down_again(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        lengths = []
        for assignee in (2, 2, "2"):
            people.moderator.put(f"/api/v3/flags/{number}", json={"assignee": assignee})
            lengths.append(len(history(people, number)))
        assert [after - lengths[0] for after in lengths] == [0, 1, 1]

    def test_trap_18_two_deletes_at_the_same_instant_are_both_a_200(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        demo.call("race", count=2)
        with ThreadPoolExecutor(2) as pool:
            asked = [
                pool.submit(one.request, "DELETE", f"/api/v3/posts/{pid}/state")
                for one in (people.admin, people.moderator)
            ]
        assert [one.result().status_code for one in asked] == [200, 200]
        assert people.admin.request("DELETE", f"/api/v3/posts/{pid}/state").status_code == 400

    @pytest.mark.parametrize(
        ("lang", "words"), [("en-GB", "already been deleted"), ("zh-CN", "此帖已被删除"), ("xx", "already")]
    )
    def test_trap_19_refusals_are_translated(self, people: People, lang: str, words: str) -> None:
        pid = first_flag(people.admin)["targetId"]
        people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        told = people.admin.request("DELETE", f"/api/v3/posts/{pid}/state", params={"lang": lang}).json()["status"]
        assert told["code"] == "bad-request"
        assert words in told["message"]

    @pytest.mark.parametrize("body", [{"state": "closed"}, {"assignee": "12"}, {"assignee": "99999"}, {}])
    def test_trap_20_nonsense_is_a_200_that_changes_nothing(self, demo: DemoForum, people: People, body: Any) -> None:
        number = first_flag(people.admin)["flagId"]
        assert people.admin.put(f"/api/v3/flags/{number}", json=body).status_code == 200
        assert effects(demo) == []

    def test_trap_20_an_empty_and_a_missing_note_are_kept(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        for body in ({"note": ""}, {}):
            people.admin.post(f"/api/v3/flags/{number}/notes", json=body)
        assert [note["content"] for note in detail(people, number)["notes"]] == [None, ""]

    @pytest.mark.parametrize("seconds", [True, False])
    def test_trap_21_an_end_in_seconds_or_in_the_past_is_a_ban_for_ever(
        self, demo: DemoForum, people: People, seconds: bool
    ) -> None:
        until = (demo.forum.clock.now() + 86_400_000) // 1000 if seconds else demo.forum.clock.now() - 1
        people.moderator.put("/api/v3/users/9/ban", json={"until": until})
        told = people.admin.get("/api/v3/users/9").json()["response"]
        assert (told["banned"], told["banned:expire"]) == (True, 0)

    def test_trap_21_a_ban_with_an_end_in_milliseconds_ends(self, demo: DemoForum, people: People) -> None:
        until = demo.forum.clock.now() + 3_600_000
        people.moderator.put("/api/v3/users/9/ban", json={"until": until})
        assert people.admin.get("/api/v3/users/9").json()["response"]["banned:expire"] == until
        demo.call("clock", skew_ms=3_700_000)
        assert people.admin.get("/api/v3/users/9").json()["response"]["banned"] is False

    @pytest.mark.parametrize(
        ("body", "muted"), [({}, True), ({"until": 0}, True), ({"until": 1000}, False), ({"until": "soon"}, False)]
    )
    def test_trap_21_a_mute_without_end_holds_and_one_with_a_bad_end_mutes_nobody(
        self, people: People, body: Any, muted: bool
    ) -> None:
        assert people.admin.put("/api/v3/users/9/mute", json=body).status_code == 200
        assert people.admin.get("/api/v3/users/9").json()["response"]["muted"] is muted

    def test_trap_22_a_topic_moved_nowhere_answers_200_and_vanishes_for_members(self, people: People) -> None:
        assert people.moderator.put("/api/v3/topics/2/move", json={"cid": 9999}).status_code == 200
        assert people.guest.get("/api/topic/2").status_code == 404
        assert people.admin.get("/api/topic/2").status_code == 200

    def test_trap_23_the_first_post_cannot_be_purged_and_the_only_one_takes_the_topic(self, people: People) -> None:
        author = people.person("kay_b")
        made = author.post("/api/v3/topics", json={"cid": 1, "title": "alone", "content": "the only post here"}).json()[
            "response"
        ]
        author.post("/api/v3/topics/1", json={"content": "an answer to it"})
        first = people.demo.forum.topics[1].pids[0]
        assert people.admin.request("DELETE", f"/api/v3/posts/{first}").status_code == 400
        people.admin.request("DELETE", f"/api/v3/posts/{made['mainPid']}/state")
        assert people.admin.get(f"/api/v3/topics/{made['tid']}").json()["response"]["deleted"] == 1

    def test_trap_24_a_report_with_a_semicolon_stays(self, people: People) -> None:
        kay, pid = people.person("kay_b"), people.demo.forum.topics[3].pids[0]
        kay.post("/api/v3/flags", json={"type": "post", "id": pid, "reason": "scam; please remove"})
        number = first_flag(people.admin)["flagId"]
        assert kay.request("DELETE", f"/api/v3/flags/{number}/report").status_code == 200
        assert detail(people, number)["state"] == "open"

    def test_trap_25_a_purged_flag_is_still_named_by_its_post_and_the_next_report_gets_a_new_number(
        self, demo: DemoForum, people: People
    ) -> None:
        row = first_flag(people.admin)
        pid = int(row["targetId"])
        people.admin.request("DELETE", f"/api/v3/flags/{row['flagId']}")
        assert people.admin.get(f"/api/v3/posts/{pid}").json()["response"]["flagId"] == row["flagId"]
        assert demo.call("flag", pid=pid)["flag"] == 41

    def test_trap_26_two_first_reports_at_the_same_instant_make_two_flags(
        self, demo: DemoForum, people: People
    ) -> None:
        pid = demo.forum.topics[3].pids[0]
        demo.call("race", count=2)
        told = {"type": "post", "id": pid, "reason": "first"}
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(one.post, "/api/v3/flags", json=told) for one in (people.admin, people.moderator)]
        numbers = {one.result().json()["response"]["flagId"] for one in asked}
        assert len(numbers) == 2
        people.admin.request("DELETE", f"/api/v3/posts/{pid}/state")
        assert sorted(detail(people, number)["state"] for number in numbers) == ["open", "resolved"]

    def test_trap_27_a_queued_answer_is_a_200_and_a_queued_topic_a_202(self, demo: DemoForum, people: People) -> None:
        demo.call("setting", name="post_queue", value=True)
        kay = people.person("kay_b")
        one = kay.post("/api/v3/topics/1", json={"content": "please let me through"})
        two = kay.post("/api/v3/topics", json={"cid": 1, "title": "new", "content": "please let me through"})
        assert (one.status_code, two.status_code) == (200, 202)
        assert one.json()["response"]["queued"] is True

    def test_trap_28_a_banned_person_can_be_written_to(self, people: People) -> None:
        people.moderator.put("/api/v3/users/9/ban", json={})
        room = people.moderator.post("/api/v3/chats", json={"uids": [9]}).json()["response"]["roomId"]
        assert people.moderator.get("/api/v3/users/9/chat").json()["response"]["roomId"] == room

    def test_trap_29_removing_all_content_purges_it(self, demo: DemoForum, people: People) -> None:
        pid = first_flag(people.admin)["targetId"]
        uid = demo.forum.posts[int(pid)].uid
        people.admin.request("DELETE", f"/api/v3/users/{uid}/content", json={})
        assert people.admin.get(f"/api/v3/posts/{pid}").status_code == 404
        assert demo.forum.posts_of[uid] == []
