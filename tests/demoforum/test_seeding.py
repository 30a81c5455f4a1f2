"""Riverside Forum: what it holds, and that the same seed makes the same forum."""

from __future__ import annotations

import collections
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modstation.demoforum import Plan, phrases, riverside
from modstation.demoforum.forum import Forum, token_for
from modstation.demoforum.hostile import TEXTS

NOW = 1_795_600_000_000


@pytest.fixture(scope="module")
def forum() -> Forum:
    return riverside(Plan(now_ms=NOW))


def told(forum: Forum) -> list[tuple[int, int, str, int, int]]:
    return [(post.pid, post.uid, post.text, post.at, post.flag_id) for post in forum.posts.values()]


def test_four_boards_forty_people_two_thousand_posts_three_hundred_reported(forum: Forum) -> None:
    assert (len(forum.sections), len(forum.accounts), len(forum.posts), len(forum.flags)) == (4, 40, 2_000, 300)
    assert all(flag.state == "open" and flag.assignee is None for flag in forum.flags.values())


def test_the_same_seed_makes_the_same_forum_and_tokens(forum: Forum) -> None:
    again = riverside(Plan(now_ms=NOW))
    assert told(again) == told(forum)
    assert again.tokens == forum.tokens
    assert [flag.reports for flag in again.flags.values()] == [flag.reports for flag in forum.flags.values()]


def test_another_seed_makes_another_forum_and_other_tokens(forum: Forum) -> None:
    other = riverside(Plan(seed=2, now_ms=NOW))
    assert [post.text for post in other.posts.values()] != [post.text for post in forum.posts.values()]
    assert not set(other.tokens) & set(forum.tokens)


def test_another_moment_moves_all_times_and_nothing_else(forum: Forum) -> None:
    later = riverside(Plan(now_ms=NOW + 5_000))
    assert told(later) == [(pid, uid, text, at + 5_000, flag) for pid, uid, text, at, flag in told(forum)]


def test_half_is_chinese_and_half_is_english(forum: Forum) -> None:
    chinese = sum(bool(re.search("[一-鿿]", post.text)) for post in forum.posts.values())
    assert 0.4 < chinese / len(forum.posts) < 0.6


def test_time_only_goes_forward(forum: Forum) -> None:
    times = [post.at for post in forum.posts.values()]
    assert times == sorted(times)
    for topic in forum.topics.values():
        assert topic.pids == sorted(topic.pids)
    flagged = [flag.at for flag in forum.flags.values()]
    assert flagged == sorted(flagged)
    assert all(flag.at > forum.posts[flag.target].at for flag in forum.flags.values())
    assert max(flagged) <= NOW


def test_some_posts_are_reported_by_several_and_nobody_reports_themselves_or_twice(forum: Forum) -> None:
    sizes = collections.Counter(len(flag.reports) for flag in forum.flags.values())
    assert set(sizes) == {1, 2, 3, 4}
    for flag in forum.flags.values():
        people = [report.uid for report in flag.reports]
        assert len(set(people)) == len(people)
        assert flag.target_uid not in people


def test_some_people_offend_again_and_again(forum: Forum) -> None:
    busiest = collections.Counter(flag.target_uid for flag in forum.flags.values()).most_common(5)
    assert all(count >= 10 for _, count in busiest)


def test_telephones_are_checked_for_some(forum: Forum) -> None:
    checked = [who.phone for who in forum.accounts.values() if who.uid > 4]
    assert 5 < checked.count("verified") < 31


def test_pictures_stand_in_some_reported_posts_and_every_one_has_a_file(forum: Forum) -> None:
    with_picture = [post for post in forum.posts.values() if post.uploads]
    assert sum(bool(post.flag_id) for post in with_picture) > 20
    assert all(upload in forum.uploads for post in with_picture for upload in post.uploads)


def test_some_reported_posts_were_edited_before_and_keep_their_first_text(forum: Forum) -> None:
    edited = [post for post in forum.posts.values() if post.edits]
    assert 8 <= len(edited) <= 40
    for post in edited:
        assert post.edits[0].text != post.text
        assert post.at < post.edited < forum.flags[post.flag_id].at


def test_some_posts_answer_another_of_the_same_thread(forum: Forum) -> None:
    answers = [post for post in forum.posts.values() if post.to_pid]
    assert len(answers) > 400
    assert all(forum.posts[post.to_pid].tid == post.tid for post in answers)


def test_some_people_have_a_record_and_nobody_is_banned_or_muted_now(forum: Forum) -> None:
    assert {who.name for who in forum.accounts.values() if who.sanctions} == {"north_wind_22", "lucky_deal88"}
    assert not any(who.banned_at(NOW) or who.muted_at(NOW) for who in forum.accounts.values())


def test_nobody_is_privileged_by_accident(forum: Forum) -> None:
    staff = {who.name for who in forum.accounts.values() if forum.privileged(who)}
    assert staff == {"demo_admin", "demo_moderator", "demo_colleague", "demo_market_mod"}


def test_near_copies_are_meant_and_other_texts_are_not_copies(forum: Forum) -> None:
    openings = collections.Counter(post.text[:14] for post in forum.posts.values() if post.flag_id)
    common = [opening for opening, count in openings.items() if count > 8]
    assert any(opening.startswith("出货清仓") for opening in common)
    assert any(opening.startswith("Price list for") for opening in common)
    assert len({post.text for post in forum.posts.values()}) > 1_900


@pytest.mark.parametrize("items", [0, 1, 5_000])
def test_the_number_of_reported_posts_scales(items: int) -> None:
    made = riverside(Plan(items=items, quiet=50))
    assert len(made.flags) == items


def test_waiting_posts_and_newcomers_come_when_asked() -> None:
    made = riverside(Plan(items=5, quiet=20, queued=3, registrations=2))
    assert len(made.queue) == 3
    assert sorted(made.registrations) == ["demo_newcomer_1", "demo_newcomer_2"]
    assert made.settings.post_queue
    assert made.settings.approve_registrations


def test_hostile_posts_come_when_asked_each_with_a_report() -> None:
    made = riverside(Plan(items=5, quiet=20, hostile=True))
    texts = [made.posts[flag.target].text for flag in made.flags.values()]
    assert set(TEXTS.values()) <= set(texts)


def test_making_a_forum_is_no_change_of_it(forum: Forum) -> None:
    assert forum.mutations == []


class TestPhrases:
    @pytest.mark.parametrize("kind", ["chat", *phrases.WEIGHTS])
    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_every_kind_has_sentences_without_open_gaps(self, kind: str, lang: str) -> None:
        import random

        chance = random.Random(3)
        for _ in range(200):
            text = phrases.text(kind, lang, chance)
            assert len(text) >= 8
            assert "{" not in text

    @pytest.mark.parametrize("kind", phrases.WEIGHTS)
    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_every_kind_has_reasons_to_report_it(self, kind: str, lang: str) -> None:
        assert phrases.table("reports")[kind][lang]

    def test_every_gap_of_every_sentence_can_be_filled(self) -> None:
        for kind in phrases.table("sentences").values():
            for lang, parts in kind.items():
                for sentence in (one for group in parts.values() for one in group):
                    assert set(re.findall(r"\{(\w+)\}", sentence)) <= set(phrases.table("words")[lang])

    def test_the_weights_are_parts_of_a_hundred(self) -> None:
        assert sum(phrases.WEIGHTS.values()) == 100

    def test_every_address_is_one_that_leads_nowhere(self) -> None:
        for words in phrases.table("words").values():
            assert all(".invalid" in link for link in words["link"])

    def test_offenders_are_people_of_the_forum_who_write_that_language(self) -> None:
        by_name = {member.name: member for member in phrases.members()}
        for kind in phrases.WEIGHTS:
            for lang in ("en", "zh"):
                assert all(by_name[name].lang == lang for name in phrases.offenders(kind, lang))


@given(st.integers(), st.sampled_from(["admin", "moderator", "control"]))
def test_tokens_are_shaped_like_those_of_the_platform(seed: int, role: str) -> None:
    token = token_for(seed, role)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", token)
    assert token == token_for(seed, role)
    assert token != token_for(seed + 1, role)
