"""The protocol's own traps, and who may do what, as the platform has it."""

from __future__ import annotations

import json

from tests.demoforum.conftest import People, first_flag

from modstation.demoforum import DemoForum


class TestProtocol:
    def test_trap_30_a_write_without_a_token_is_forbidden_and_with_a_bad_one_not_authorised(
        self, people: People
    ) -> None:
        bare = people.guest.put("/api/v3/flags/4", json={})
        bad = people.guest.put("/api/v3/flags/4", json={}, headers={"Authorization": "Bearer wrong"})
        assert (bare.status_code, bare.text) == (403, "Forbidden")
        assert (bad.status_code, bad.json()["status"]["code"]) == (401, "not-authorised")

    def test_trap_30_broken_json_and_a_large_body_are_the_servers_fault(self, people: People) -> None:
        headers = {"content-type": "application/json"}
        for content in (b'{"state": "op', b'{"state":"' + b"x" * 3_000_000 + b'"}', b"[" * 50_000):
            answer = people.admin.put("/api/v3/flags/4", content=content, headers=headers)
            assert (answer.status_code, answer.json()["status"]["code"]) == (500, "internal-server-error")

    def test_trap_30_pages_refuse_in_another_shape(self, people: People) -> None:
        told = people.admin.get("/api/flags/99999")
        assert told.status_code == 404
        assert "status" not in told.json()

    def test_trap_30_maintenance_closes_both_families_for_all_but_administrators(self, people: People) -> None:
        people.admin.put("/api/v3/admin/settings/maintenanceMode", json={"value": 1})
        assert [people.moderator.get(path).status_code for path in ("/api/flags", "/api/v3/flags/4")] == [503, 503]
        assert people.admin.get("/api/flags").status_code == 200

    def test_trap_31_a_cookie_is_set_for_every_call_with_a_token(self, people: People) -> None:
        assert "express.sid" in people.admin.get("/api/config").headers["set-cookie"]
        assert "set-cookie" not in people.guest.get("/api/config").headers

    def test_trap_32_limits_answer_400_and_never_429(self, demo: DemoForum, people: People) -> None:
        demo.call("setting", name="flags_per_day", value=1)
        kay = people.person("kay_b")
        pids = [topic.pids[0] for topic in demo.forum.topics.values() if topic.uid != demo.forum.slugs["kay_b"]][:40]
        statuses = [
            kay.post("/api/v3/flags", json={"type": "post", "id": pid, "reason": "x"}).status_code for pid in pids
        ]
        assert set(statuses) <= {200, 400}
        assert statuses[-1] == 400

    def test_a_master_token_acts_as_the_account_it_names(self, demo: DemoForum, people: People) -> None:
        demo.forum.add_token(0, "master")
        number = first_flag(people.admin)["flagId"]
        headers = {"Authorization": "Bearer master"}
        assert people.guest.get(f"{demo.url}/api/v3/flags/{number}", headers=headers).status_code == 400
        people.guest.put(f"{demo.url}/api/v3/flags/{number}", json={"state": "wip", "_uid": 3}, headers=headers)
        assert people.admin.get(f"/api/flags/{number}").json()["history"][0]["uid"] == 3

    def test_a_form_is_taken_like_json(self, people: People) -> None:
        number = first_flag(people.admin)["flagId"]
        people.admin.put(f"/api/v3/flags/{number}", data={"state": "wip"})
        assert people.admin.get(f"/api/flags/{number}").json()["state"] == "wip"


class TestRights:
    def test_a_global_moderator_may_ban_but_not_mute_on_a_fresh_forum(self, demo: DemoForum, people: People) -> None:
        assert people.moderator.put("/api/v3/users/9/ban", json={}).status_code == 200
        assert people.moderator.put("/api/v3/users/9/mute", json={}).status_code == 403
        demo.call("setting", name="moderators_may_mute", value=True)
        assert people.moderator.put("/api/v3/users/9/mute", json={}).status_code == 200

    def test_a_section_moderator_handles_own_sections_only(self, demo: DemoForum, people: People) -> None:
        by_section = {flag.cid: flag for flag in demo.forum.flags.values()}
        own, foreign = by_section[1], next(flag for cid, flag in by_section.items() if cid != 1)
        assert people.section.get(f"/api/v3/flags/{own.flag_id}").status_code == 200
        assert people.section.get(f"/api/v3/flags/{foreign.flag_id}").status_code == 404
        assert people.section.request("DELETE", f"/api/v3/posts/{foreign.target}/state").status_code == 403
        assert people.section.request("DELETE", f"/api/v3/posts/{own.target}/state").status_code == 200
        assert people.section.put("/api/v3/users/9/ban", json={}).status_code == 403
        assert people.section.get("/api/user/kay_b/info").status_code == 403

    def test_an_ordinary_member_moderates_nothing(self, people: People) -> None:
        kay = people.person("kay_b")
        assert kay.get("/api/flags").status_code == 403
        assert kay.get("/api/v3/flags/1").status_code == 404
        assert kay.get("/api/v3/topics/1/events").status_code == 403
        assert kay.get("/api/post-queue").status_code == 403

    def test_a_banned_person_can_do_nothing_at_all(self, people: People) -> None:
        kay = people.person("kay_b")
        uid = people.demo.forum.slugs["kay_b"]
        people.moderator.put(f"/api/v3/users/{uid}/ban", json={})
        assert kay.get("/api/v3/categories").status_code == 403

    def test_only_administrators_see_the_event_log_and_close_sections(self, people: People) -> None:
        right = "/api/v3/categories/1/privileges/groups:topics:reply"
        body = {"member": "registered-users"}
        assert people.moderator.get("/api/admin/advanced/events").status_code == 403
        assert people.moderator.request("DELETE", right, json=body).status_code == 403
        assert people.admin.request("DELETE", right, json=body).status_code == 200
        kay, tid = people.person("kay_b"), people.demo.forum.sections[1].tids[0]
        assert kay.post(f"/api/v3/topics/{tid}", json={"content": "is it still open?"}).status_code == 403
        people.admin.put(right, json=body)
        assert kay.post(f"/api/v3/topics/{tid}", json={"content": "is it still open?"}).status_code == 200

    def test_the_rights_of_a_token_are_told_where_clients_look(self, people: People) -> None:
        told = people.moderator.get("/api/post-queue").json()["privileges"]
        assert (told["ban"], told["mute"], told["superadmin"]) == (True, False, False)
        me = people.moderator.get("/api/self").json()
        assert (me["uid"], me["isGlobalModerator"], me["isAdmin"]) == (2, True, False)


def test_every_answer_is_json_that_can_be_read(people: People) -> None:
    for path in (
        "/api/flags",
        "/api/v3/flags/1",
        "/api/topic/1",
        "/api/users",
        "/api/categories",
        "/api/notifications",
    ):
        assert json.loads(people.admin.get(path).content) is not None
