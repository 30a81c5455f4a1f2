"""Riverside Forum: four boards, forty people, two thousand posts, three hundred of them reported."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import hostile, phrases
from .clock import Clock
from .flag_deeds import add_report
from .forum import Forum, token_for
from .post_deeds import put_in_queue
from .records import ADMINISTRATORS, GLOBAL_MODERATORS, Account, Edit, Post, Registration, Sanction, Topic

#: Reported posts and all others, unless asked otherwise.
ITEMS = 300
QUIET_POSTS = 1_700
_HOUR = 3_600_000
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY
_POSTS_A_TOPIC = 12
_PICTURES = 0.15
_ANSWERS = 0.3
_EDITED = 0.07


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make.

    `now_ms` is the newest moment of the content (0: the present); `queued` posts await approval; `quiet` posts are
    never reported.
    """

    seed: int = 1
    items: int = ITEMS
    now_ms: int = 0
    queued: int = 0
    registrations: int = 0
    hostile: bool = False
    quiet: int = QUIET_POSTS


@dataclass(slots=True)
class _Draft:
    at: int
    author: Account
    kind: str
    lang: str
    bad: bool
    starts: bool = False


def riverside(plan: Plan, clock: Clock | None = None) -> Forum:
    """Make the forum. Everything but times is the same for the same plan; times count back from `now_ms`."""
    with _no_collector():
        return _made(plan, clock)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector out while nothing but lasting things is made: with 100,000 posts it takes most of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _made(plan: Plan, clock: Clock | None) -> Forum:
    forum = Forum("Riverside Forum", clock)
    forum.recording = False
    chance = random.Random(plan.seed)
    now = plan.now_ms or forum.clock.now()
    people = _people(forum, plan, now)
    _boards(forum)
    bad = _posts(forum, chance, people, plan, now)
    _reports(forum, chance, people, bad, now)
    if plan.hostile:
        hostile.add(forum, people["kay_b"], people["mei_rides"])
    _waiting(forum, chance, people, plan)
    forum.recording = True
    return forum


def _people(forum: Forum, plan: Plan, now: int) -> dict[str, Account]:
    groups = {"administrator": [ADMINISTRATORS], "moderator": [GLOBAL_MODERATORS], "section": []}
    for person in phrases.table("people")["staff"]:
        who = forum.add_account(
            person["name"], joined=now - 3 * _YEAR, groups=groups[person["part"]], email_confirmed=True
        )
        who.email = f"{who.name}@riverside.invalid"
    for i, member in enumerate(phrases.members()):
        joined = now - (9 * _DAY if member.habit else _YEAR) - i * 3 * _DAY
        phone = "verified" if member.phone else ""
        forum.add_account(member.name, joined=joined, email_confirmed=member.phone, phone=phone)
    _records(forum, now)
    forum.add_token(forum.slugs["demo_admin"], token_for(plan.seed, "admin"))
    forum.add_token(forum.slugs["demo_moderator"], token_for(plan.seed, "moderator"))
    return {who.name: who for who in forum.accounts.values()}


def _records(forum: Forum, now: int) -> None:
    """What some people did before: a mute that ended, and a ban that was lifted."""
    colleague = forum.slugs["demo_colleague"]
    quarreller, seller = forum.accounts[forum.slugs["north_wind_22"]], forum.accounts[forum.slugs["lucky_deal88"]]
    quarreller.sanctions.append(Sanction("mute", colleague, now - 6 * _DAY, "insults", now - 5 * _DAY))
    seller.sanctions.append(Sanction("ban", colleague, now - 5 * _DAY, "advertising", now + 2 * _DAY))
    seller.sanctions.append(Sanction("unban", colleague, now - 4 * _DAY, "promised to stop"))


def _boards(forum: Forum) -> None:
    for i, board in enumerate(phrases.table("boards")["board"]):
        section = forum.add_section(board["name"], board["description"], bg=board["bg"], fg=board["fg"], order=i)
        if board.get("moderated"):
            section.moderators.append(forum.slugs["demo_market_mod"])


def _posts(
    forum: Forum, chance: random.Random, people: dict[str, Account], plan: Plan, now: int
) -> list[tuple[Post, str, str]]:
    """Write everything in the order of time, and give what will be reported with its kind and language."""
    topics: list[Topic] = []
    bad: list[tuple[Post, str, str]] = []
    for draft in sorted(_drafts(chance, people, plan, now), key=lambda draft: draft.at):
        if draft.starts or not topics:
            topics.append(_open_topic(forum, chance, draft))
        text = phrases.text(draft.kind, draft.lang, chance)
        if chance.random() < (_PICTURES if draft.bad else 0.03):
            text += _with_picture(forum, chance)
        topic = topics[-1] if draft.starts else phrases.pick(topics, chance)
        answered = phrases.pick(topic.pids, chance) if topic.pids and chance.random() < _ANSWERS else 0
        post = forum.add_post(topic, draft.author.uid, text, at=draft.at, to_pid=answered)
        if draft.bad:
            bad.append((post, draft.kind, draft.lang))
            if chance.random() < _EDITED:
                _edited(forum, post, phrases.text(draft.kind, draft.lang, chance))
    return bad


def _edited(forum: Forum, post: Post, old: str) -> None:
    """Let the author have changed the post once, before anybody reported it."""
    at = post.at + 30_000
    post.edits.append(Edit(at, post.uid, old))
    post.edited, post.editor = at, post.uid


def _open_topic(forum: Forum, chance: random.Random, draft: _Draft) -> Topic:
    board = chance.randrange(len(forum.sections))
    title = phrases.title(board, draft.lang, chance)
    return forum.add_topic(board + 1, draft.author.uid, title, at=draft.at)


def _drafts(chance: random.Random, people: dict[str, Account], plan: Plan, now: int) -> list[_Draft]:
    quiet = [member for member in phrases.members() if not member.habit]
    starts = (plan.quiet + plan.items) // _POSTS_A_TOPIC
    drafts = []
    for i in range(max(plan.quiet, starts, 1)):
        member = phrases.pick(quiet, chance)
        oldest = 60 * _DAY - i * _HOUR if i < starts else 60 * _DAY
        at = now - chance.randrange(_HOUR, max(2 * _HOUR, oldest))
        drafts.append(_Draft(at, people[member.name], "chat", member.lang, False, i < starts))
    drafts[0].at = now - 60 * _DAY
    return drafts + [_bad_draft(chance, people, now, i) for i in range(plan.items)]


def _bad_draft(chance: random.Random, people: dict[str, Account], now: int, i: int) -> _Draft:
    kind = phrases.trouble(chance)
    lang = "zh" if i % 2 else "en"
    return _Draft(now - chance.randrange(_HOUR, 3 * _DAY), people[offender(kind, lang, chance)], kind, lang, True)


def offender(kind: str, lang: str, chance: random.Random) -> str:
    """Who writes such a post: mostly the few whose habit it is, so that some have several offences."""
    known = phrases.offenders(kind, lang) if chance.random() < 0.85 else phrases.offenders("anything", lang)
    return phrases.pick(known, chance)


def _with_picture(forum: Forum, chance: random.Random) -> str:
    number = chance.randrange(1, 1_000_000)
    name = f"/files/{number:06d}-picture.png"
    forum.uploads[name] = number
    return f"\n\n![picture](/assets/uploads{name})"


def _reports(
    forum: Forum, chance: random.Random, people: dict[str, Account], bad: list[tuple[Post, str, str]], now: int
) -> None:
    """Report every bad post, some by several people, in the order of time."""
    quiet = [people[member.name] for member in phrases.members() if not member.habit]
    told: list[tuple[int, int, Account, str]] = []
    for post, kind, lang in bad:
        count = chance.choices((1, 2, 3, 4), cum_weights=(70, 88, 96, 100))[0]
        first = int(chance.random() * len(quiet))
        reporters = [quiet[(first + 5 * i) % len(quiet)] for i in range(count + 1)]
        for who in [one for one in reporters if one.uid != post.uid][:count]:
            told.append((_after(chance, post.at, now), post.pid, who, phrases.reason(kind, lang, chance)))
    for at, pid, who, reason in sorted(told, key=lambda entry: entry[:2]):
        add_report(forum, who, forum.flags.get(forum.posts[pid].flag_id), "post", pid, reason, at)


def _after(chance: random.Random, at: int, now: int) -> int:
    return at + chance.randrange(60_000, max(120_000, min(now - at, 6 * _HOUR)))


def _waiting(forum: Forum, chance: random.Random, people: dict[str, Account], plan: Plan) -> None:
    topics = list(forum.topics.values())
    for i in range(plan.queued):
        lang = "zh" if i % 2 else "en"
        author = people[offender("contact", lang, chance)]
        topic = phrases.pick(topics, chance)
        put_in_queue(forum, author, "reply", phrases.text("contact", lang, chance), topic.cid, tid=topic.tid)
    for i in range(plan.registrations):
        name = f"demo_newcomer_{i + 1}"
        forum.registrations[name] = Registration(name, f"{name}@riverside.invalid", forum.clock.stamp())
    forum.settings.post_queue = plan.queued > 0
    forum.settings.approve_registrations = plan.registrations > 0
