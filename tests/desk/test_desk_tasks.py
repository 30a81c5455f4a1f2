"""The small acts: claim, leave, skip, park, note, escalate, settings, media; and that nothing ends out of sight."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.desk.desk_parts import AD, CLEAN, FORUM, HIDE, NONE, Office, many, office
from tests.store.store_parts import flag, revision

from modstation.desk import tasks
from modstation.desk.settings import SETTINGS
from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.people import Role
from modstation.models.screen import Changed, QueueFilter, QueueState, Sort

PICTURE = "http://127.0.0.1:9/a.png"


# ---------------------------------------------------------------------------------- claims
@pytest.mark.case("S05")
def test_a_claim_ends_with_every_way_of_leaving(desk: Office) -> None:
    no = desk.post()
    ways: list[Any] = [desk.mod.leave_item, desk.mod.release, desk.mod.skip, lambda n: desk.mod.park(n, None)]
    for leave in ways:
        desk.mod.open_item(no)
        assert desk.sup.queue_rows([no])[0].claimed_by == "demo-mod"
        leave(no)
        assert desk.sup.queue_rows([no])[0].claimed_by == ""


@pytest.mark.case("S05")
def test_a_claim_of_a_killed_program_lapses_and_the_takeover_is_in_the_journal(desk: Office) -> None:
    no = desk.post()
    desk.mod.open_item(no)
    assert desk.sup.open_item(no).row.claimed_by == "demo-mod"
    assert desk.kinds().count("item.claimed") == 1
    with pytest.raises(NotAllowed, match="until"):
        desk.sup.claim(no)
    desk.clock.move(600)
    desk.sup.open_item(no)
    assert desk.mod.queue_rows([no])[0].claimed_by == "demo-sup"
    assert [actor for (actor,) in desk.sql("SELECT actor FROM event WHERE kind = 'item.claimed' ORDER BY id")] == [
        "demo-mod",
        "demo-sup",
    ]


def test_only_the_holder_releases(desk: Office) -> None:
    no = desk.post()
    desk.mod.claim(no)
    assert desk.sup.release(no).message == "It was not claimed by you."
    assert desk.sup.queue_rows([no])[0].claimed_by == "demo-mod"
    desk.mod.claim(no)
    assert desk.mod.release(no).message == "Released."


def test_two_who_open_at_once_do_not_both_have_it(desk: Office) -> None:
    import threading

    no = desk.post()
    start = threading.Barrier(2)

    def look(face: Any) -> None:
        start.wait()
        face.open_item(no)

    threads = [threading.Thread(target=look, args=(face,)) for face in (desk.mod, desk.sup)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.kinds().count("item.claimed") == 1


# ---------------------------------------------------------------------------------- skip, park, note
def test_the_third_skip_asks_why(desk: Office) -> None:
    no = desk.post()
    desk.mod.skip(no)
    desk.mod.skip(no)
    with pytest.raises(BadInput, match="twice"):
        desk.mod.skip(no, " ")
    desk.mod.skip(no, "needs somebody who reads this language")
    desk.sup.skip(no)
    assert desk.queue() == [no]


@pytest.mark.promise(5)
def test_parked_items_come_back_at_their_time(desk: Office) -> None:
    no = desk.post()
    until = desk.clock.moment + timedelta(hours=2)
    desk.mod.park(no, until)
    assert desk.queue() == []
    assert desk.queue(QueueState.PARKED) == [no]
    assert tasks.tick(desk.first.work) == 0
    desk.clock.move(2 * 3600)
    assert tasks.tick(desk.first.work) == 1
    assert desk.queue() == [no]
    assert tasks.tick(desk.first.work) == 0


@pytest.mark.promise(5)
def test_parked_until_a_reply_comes_back_without_one_too(desk: Office) -> None:
    no = desk.post()
    desk.mod.park(no, None)
    desk.clock.move(13 * 86_400)
    assert tasks.tick(desk.first.work) == 0
    desk.clock.move(2 * 86_400)
    assert tasks.tick(desk.first.work) == 1
    assert desk.queue() == [no]


def test_what_is_decided_or_over_is_not_parked(desk: Office) -> None:
    no = desk.post()
    with pytest.raises(BadInput, match="over already"):
        desk.mod.park(no, desk.clock.moment)
    desk.decide("demo-mod", no)
    with pytest.raises(NotAllowed, match="cannot be parked"):
        desk.mod.park(no, None)


def test_notes_stand_with_their_author_and_time(desk: Office) -> None:
    no = desk.post()
    desk.mod.note(no, "first \x00 \ud800")
    desk.sup.note(no, "second", on_author=True)
    assert desk.mod.item(no).notes == (
        "demo-mod, 2026-11-25 12:00: first \x00 \ud800",
        "demo-sup, 2026-11-25 12:00: second",
    )
    for text in ("", "  \n", "x" * 20_001):
        with pytest.raises(BadInput):
            desk.mod.note(no, text)


# ---------------------------------------------------------------------------------- escalation
@pytest.mark.case("S02")
def test_three_presses_are_one_escalation_with_all_notes(desk: Office) -> None:
    no = desk.post()
    notes = ["fraud ring?", "see also post 88", "phone number visible"]
    for note in notes:
        desk.mod.escalate(no, Role.SUPERVISOR, note)
    (row,) = desk.sup.inbox()
    assert row.notes == tuple(notes)
    assert (row.by, row.to, row.state) == ("demo-mod", Role.SUPERVISOR, "open")
    assert row.due == int(desk.clock.moment.timestamp() * 1000) + 24 * 3_600_000
    assert [kind for kind in desk.kinds() if kind.startswith("escalation")] == [
        "escalation.made",
        "escalation.noted",
        "escalation.noted",
    ]
    assert desk.mod.inbox() == [row]
    assert desk.com.inbox() == []


@pytest.mark.promise(5)
def test_nothing_is_passed_to_a_role_that_nobody_holds(desk: Office) -> None:
    no = desk.post()
    with pytest.raises(NotAllowed, match="nobody sees it"):
        desk.mod.escalate(no, Role.DPO, "note")
    with pytest.raises(BadInput, match="too long"):
        desk.mod.escalate(no, Role.SUPERVISOR, "x" * 20_001)
    assert desk.queue() == [no]


def test_who_holds_the_role_takes_it_or_hands_it_back(desk: Office) -> None:
    no = desk.post()
    desk.mod.escalate(no, Role.SUPERVISOR, "")
    (row,) = desk.sup.inbox()
    with pytest.raises(NotAllowed, match="does not hold"):
        desk.com.answer_escalation(row.id, "take")
    with pytest.raises(BadInput, match="no answer"):
        desk.sup.answer_escalation(row.id, "ignore")
    with pytest.raises(NotFound):
        desk.sup.answer_escalation("E-NOTHERE", "take")
    desk.sup.answer_escalation(row.id, "take")
    assert desk.sup.inbox()[0].state == "taken"
    desk.sup.answer_escalation(row.id, "return", "not for us")
    assert desk.queue() == [no]
    assert desk.sup.inbox() == []
    with pytest.raises(NotAllowed, match="returned already"):
        desk.sup.answer_escalation(row.id, "take")


# ---------------------------------------------------------------------------------- lists
def test_lists_are_sorted_and_filtered_as_asked(desk: Office) -> None:
    desk.pull(*many(1, 9))
    everything = list(desk.mod.queue_ids(QueueFilter()))
    assert len(everything) == 9
    assert sorted(desk.mod.queue_ids(QueueFilter(sort=Sort.SEVERITY))) == everything
    by_section = {s: list(desk.mod.queue_ids(QueueFilter(section=s))) for s in "1234"}
    assert sorted(no for numbers in by_section.values() for no in numbers) == everything
    author = desk.mod.item(everything[0]).author.uid
    assert everything[0] in desk.mod.queue_ids(QueueFilter(author=author))
    assert list(desk.mod.queue_ids(QueueFilter(forum="elsewhere"))) == []
    assert list(desk.mod.queue_ids(QueueFilter(min_severity=4))) == []
    assert list(desk.mod.queue_ids(QueueFilter(text="number 3"))) == [desk.mod.number_of(f"{FORUM}/post/3")]
    assert list(desk.mod.queue_ids(QueueFilter(text="!!!"))) == []
    assert list(desk.mod.queue_ids(QueueFilter(), 2)) == everything[:2]
    desk.decide("demo-mod", everything[0])
    decided = QueueFilter(state=QueueState.DECIDED, decided_by="demo-mod")
    assert list(desk.mod.queue_ids(decided)) == everything[:1]
    assert list(desk.mod.queue_ids(QueueFilter(state=QueueState.DECIDED, decided_by="demo-sup"))) == []


@pytest.mark.promise(7)
def test_no_search_text_is_more_than_text(desk: Office) -> None:
    desk.post()
    for text in ("\x00", "\ud800", "' OR 1=1 --", '"', "%", "x" * 10_000, "\u202e", "NEAR("):
        assert desk.mod.search(text) == []
        assert list(desk.mod.queue_ids(QueueFilter(text=text))) == []


def test_search_finds_the_newest_words_of_a_post_and_its_author(desk: Office) -> None:
    no = desk.post(1, "便宜出号 cheap", title="标题在此")
    other = desk.post(2, "something else")
    assert desk.mod.search("出号") == desk.mod.search("标题") == desk.mod.search("CHEAP") == [no]
    assert desk.mod.search("demo_author_2") == [other]
    desk.pull(revision(1, "edited to be harmless"))
    assert desk.mod.search("出号") == []
    assert desk.mod.search("harmless") == [no]


def test_the_outbox_list_never_loses_what_needs_a_person(desk: Office) -> None:
    from modstation.desk import outbox

    no = desk.post(1)
    desk.decide("demo-mod", no)
    work = desk.first.work
    desk.clock.move(11)
    job = outbox.ready(work, FORUM)[0][0]
    outbox.refuse(work, job, "no such right", 403)
    for target in range(2, 8):
        desk.clock.move(1)
        desk.decide("demo-mod", desk.post(target))
    rows = desk.mod.outbox(5)
    assert len(rows) == 5
    assert (rows[0].id, rows[0].state, rows[0].words) == (job.id, "refused", "no such right")


def test_the_status_counts_what_waits(desk: Office) -> None:
    first, second, third = (desk.post(n) for n in (1, 2, 3))
    desk.mod.park(first, None)
    desk.mod.escalate(second, Role.SUPERVISOR, "")
    desk.decide("demo-mod", third)
    status = desk.sup.status()
    right = {"open": 0, "parked": 1, "escalated": 1, "inbox": 1, "approvals": 0, "set_aside": 0}
    assert {name: status.counts[name] for name in right} == right
    assert status.counts["outbox_held"] == 3
    (forum,) = status.forums
    assert (forum.name, forum.state, forum.to_send) == (FORUM, "never", 3)
    assert status.newest_undoable is None
    assert desk.mod.status().newest_undoable is not None


def test_everybody_who_listens_hears_of_a_change_until_they_stop(desk: Office) -> None:
    heard: list[Changed] = []
    no = desk.post()
    stop = desk.mod.listen(heard.append)
    desk.sup.note(no, "n")
    stop()
    stop()
    desk.sup.note(no, "n")
    assert [change.items for change in heard] == [(no,)]


# ---------------------------------------------------------------------------------- settings
def test_every_setting_has_a_good_default_and_refuses_nonsense(desk: Office) -> None:
    for name, setting in SETTINGS.items():
        assert desk.mod.setting(name) == setting.default
        assert setting.good(setting.default)
        with pytest.raises(BadInput, match=name):
            desk.mod.set_setting(name, "\x00 nonsense" + "x" * 30_000)
        desk.mod.set_setting(name, setting.default)


def test_a_number_out_of_range_or_script_is_refused(desk: Office) -> None:
    for value in ("4", "31", "-5", "5.0", " 5", "٥", "", "1e1", "9" * 5000):
        with pytest.raises(BadInput):
            desk.mod.set_setting("hold_seconds", value)
        with pytest.raises(BadInput):
            desk.mod.set_setting("no_such_setting", value)
    with pytest.raises(BadInput):
        desk.mod.setting("no_such_setting")


def test_taste_is_a_persons_own_and_rules_are_the_desks(desk: Office) -> None:
    desk.mod.set_setting("theme", "dark")
    desk.mod.set_setting("old_decision_hours", "48")
    assert (desk.mod.setting("theme"), desk.sup.setting("theme")) == ("dark", "system")
    assert desk.sup.setting("old_decision_hours") == "48"
    assert desk.events("setting.changed") == [{"name": "old_decision_hours", "value": "48"}]
    desk.mod.set_setting("proxy", "http://user:secret@127.0.0.1:3128")
    assert "secret" not in repr(desk.events("setting.changed"))


def test_the_hold_is_a_setting_unless_a_test_injects_it(tmp_path: Any) -> None:
    with office(tmp_path / "desk", hold=None) as desk:
        desk.mod.set_setting("hold_seconds", "25")
        told = desk.decide("demo-mod", desk.post())
        (due,) = desk.sql("SELECT due FROM outbox WHERE decision = ? LIMIT 1", told.decision)[0]
        assert due == int(desk.clock.moment.timestamp() * 1000) + 25_000


# ---------------------------------------------------------------------------------- media
def test_a_look_at_a_picture_is_recorded_and_its_time_is_ones_own(desk: Office) -> None:
    no = desk.post()
    # Each look is told at its beginning, without a time, and at its end: the end adds time and no look.
    desk.mod.uncover(no, PICTURE)
    desk.mod.uncover(no, PICTURE, 2.5)
    desk.mod.uncover(no, PICTURE, -9)
    desk.mod.uncover(no, PICTURE, 1e9)
    assert desk.kinds().count("media.uncovered") == 1
    assert desk.sql("SELECT person, ms FROM exposure") == [("demo-mod", 2500 + 3_600_000)]
    (media,) = desk.mod.item(no).media
    assert (media.seen_times, media.covered) == (2, True)
    assert PICTURE not in repr(desk.events("media.uncovered"))
    with pytest.raises(NotFound):
        desk.mod.uncover(no, "http://127.0.0.1:9/other.png")
    with pytest.raises(NotAllowed, match="no connection"):
        desk.mod.fetch_media(no, PICTURE)


@pytest.mark.promise(5)
def test_suspected_minor_hides_at_once_hands_over_and_keeps_hash_and_address_alone(desk: Office) -> None:
    no = desk.post()
    told = desk.mod.suspected_minor(no, PICTURE)
    assert "on_call" in told.message
    (row,) = desk.com.inbox()
    assert row.to == Role.ON_CALL
    assert desk.rows()[0][:3] == ("held", "measure", "hide")
    (due,) = desk.sql("SELECT due FROM outbox")[0]
    assert due <= int(desk.clock.moment.timestamp() * 1000), "not held"
    (media,) = desk.mod.item(no).media
    assert media.blocked == "suspected minor"
    with pytest.raises(NotAllowed, match="destroyed"):
        desk.mod.fetch_media(no, PICTURE)
    with pytest.raises(NotAllowed, match="on_call"):
        desk.mod.decide(no, CLEAN, [NONE])
    assert desk.verify().whole


# ---------------------------------------------------------------------------------- forums
NO_FORUMS = [
    ("Bad Name", "nodebb", "https://forum.example", "t"),
    ("ok", "phpbb", "https://forum.example", "t"),
    ("ok", "nodebb", "ftp://forum.example", "t"),
    ("ok", "nodebb", "https://user:pw@forum.example", "t"),
    ("ok", "nodebb", "https://", "t"),
    ("ok", "nodebb", "https://forum.example?x=1", "t"),
    ("ok", "nodebb", "https://forum.example", ""),
    ("ok", "nodebb", "https://forum.example", "two words"),
    ("ok", "nodebb", "https://forum.example", "té"),
    ("ok", "nodebb", "https://forum.example:port", "t"),
    ("ok", "nodebb", "https://[::1", "t"),
]


def test_what_cannot_be_a_forum_is_refused(desk: Office) -> None:
    for name, kind, url, token in NO_FORUMS:
        with pytest.raises(BadInput):
            desk.first.add_forum(name, kind, url, token, ("cn-forum-2017", "riverside-terms"))
    assert desk.kinds().count("forum.added") == 1


def test_only_an_administrator_connects_forums_and_no_token_is_in_the_clear(desk: Office) -> None:
    with pytest.raises(NotAllowed):
        desk.open("demo-mod").add_forum("other", "nodebb", "https://forum.example", "secret-token", ("cn-forum-2017",))
    desk.first.add_forum("other", "nodebb", "https://forum.example/", "secret-token", ("cn-forum-2017",))
    with desk.first.shared.store.reading() as reader:
        from modstation.desk import forums

        found = forums.access(reader, "other")
        assert (found.url, found.token) == ("https://forum.example", "secret-token")
        assert "secret-token" not in repr(found)
        with pytest.raises(NotFound):
            forums.access(reader, "nowhere")
    assert not desk.sql("SELECT 1 FROM event WHERE CAST(body AS TEXT) LIKE '%secret%'")


def test_a_forum_with_the_law_alone_judges_by_the_law_alone(desk: Office) -> None:
    desk.first.add_forum("other", "nodebb", "https://forum.example", "t", ("cn-forum-2017",))
    from modstation.desk.intake import take_page
    from modstation.models.ids import ForumName, ItemKey, TargetType
    from modstation.models.items import Page

    item = ItemKey(ForumName("other"), TargetType.POST, "1")
    take_page(desk.first.work, ForumName("other"), Page("flags", (revision(item=item), flag(item=item)), "s"))
    no = desk.mod.number_of("other/post/1")
    assert AD not in [policy.id for policy in desk.mod.policies(no, "en")]
    with pytest.raises((NotFound, BadInput, NotAllowed)):
        desk.decide("demo-mod", no, HIDE, policy=AD)
