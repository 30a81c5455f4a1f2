"""Calls under /demo/control/: what a test or a presenter does to the forum behind the client's back.

Every call needs the header `Authorization: Bearer <control token>`. Bodies and answers are JSON.

    POST /demo/control/flag      {pid?|uid?, by?, reason?}     report a post or account; without a target somebody
                                                              writes a new bad post and it is reported
    POST /demo/control/act       {as, method, path, body?}     any call of the forum's API, as that account
    POST /demo/control/delete    {pid, as?}                    another moderator hides a post
    POST /demo/control/resolve   {flag, as?, state?}           another moderator closes a flag
    POST /demo/control/edit      {pid, text, as?}              the author (or `as`) edits a post under one's hand
    POST /demo/control/reply     {uid, text, room?}            a person answers in the newest room they are in
    POST /demo/control/upload    {url}                         remove a file from the forum's disk
    POST /demo/control/faults    {spec}                        other faults from now on
    POST /demo/control/token     {as, token?} or {revoke}      give an account a token; take a token or a person's away
    POST /demo/control/clock     {skew_ms}                     move the forum's clock
    POST /demo/control/race      {count}                       the next COUNT racing calls all pass their check first
    POST /demo/control/setting   {name, value}                 a field of Settings, for example moderators_may_mute
    GET  /demo/control/mutations?after=ID                      everything that really changed, numbered
    GET  /demo/control/log?after=ID                            every request, with what its sender got
    GET  /demo/control/state                                   counts
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from . import arrivals, flag_deeds, hostile, post_deeds, routes_chats
from .answers import Answer, Json, Refusal
from .faults import BadFaults
from .forum import Doing, Forum, need
from .records import Account, Post
from .routing import Request, whole

if TYPE_CHECKING:
    from .site import Site

Deed = Callable[["Site", Json], Any]
_ROOT = "/demo/control/"


def answer(site: Site, request: Request) -> Answer:
    """Answer a control call; a wrong control token is a 403 and an unknown call a 404."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if not site.control_token or not hmac.compare_digest(token, site.control_token.encode()):
        return Answer(403, {"error": "This needs the control token that the forum printed when it started."})
    name = request.path.removeprefix(_ROOT)
    deed = _READS.get(name) if request.method == "GET" else _DEEDS.get(name)
    if deed is None:
        return Answer(404, {"error": f"There is no control call {request.method} {name}."})
    try:
        request.whole_body()
        given = request.given if request.method != "GET" else {key: values[-1] for key, values in request.query.items()}
        if deed is _act:
            return Answer(body=_act(site, given))
        with site.forum.working(Doing(0, request.method, request.path, "control")):
            return Answer(body=deed(site, given))
    except (Refusal, BadFaults, KeyError) as problem:
        return Answer(400, {"error": str(problem)})


def _who(forum: Forum, given: Json, name: str = "as", default: str = "demo_colleague") -> Account:
    who: Account = need(forum.by_name(str(given.get(name, default))), "no-user", 400)
    return who


def _post(forum: Forum, given: Json) -> Post:
    return post_deeds.find(forum, str(given["pid"]))


def _flag(site: Site, given: Json) -> Json:
    forum = site.forum
    if "pid" not in given and "uid" not in given:
        flag = arrivals.arrive(forum)
    else:
        kind = "post" if "pid" in given else "user"
        target = given.get("pid", given.get("uid"))
        by = _who(forum, given, "by") if "by" in given else arrivals.some_reporter(forum, whole(target), kind)
        flag = flag_deeds.report(forum, by, kind, target, given.get("reason", "reported from outside"))
    return {"flag": flag.flag_id, "type": flag.type, "target": flag.target, "uid": flag.target_uid}


def _act(site: Site, given: Json) -> Json:
    who = _who(site.forum, given)
    raw = json.dumps(given["body"]).encode() if "body" in given else b""
    path, _, query = str(given["path"]).partition("?")
    asked = parse_qs(query, keep_blank_values=True)
    request = Request(str(given["method"]), path, asked, {"content-type": "application/json"}, raw)
    told = site.respond(request, who=who)
    return {"status": told.status, "body": told.body}


def _delete(site: Site, given: Json) -> Json:
    post = _post(site.forum, given)
    post_deeds.set_deleted(site.forum, _who(site.forum, given), post, True)
    return {"pid": post.pid}


def _resolve(site: Site, given: Json) -> Json:
    forum, who = site.forum, _who(site.forum, given)
    flag = flag_deeds.find(forum, who, str(given["flag"]))
    flag_deeds.update(forum, who, flag, given.get("state", "resolved"), None)
    return {"flag": flag.flag_id, "state": flag.state}


def _edit(site: Site, given: Json) -> Json:
    post = _post(site.forum, given)
    author = site.forum.accounts[post.uid].name
    post_deeds.edit(site.forum, _who(site.forum, given, "as", author), post, str(given["text"]))
    return {"pid": post.pid, "edited": post.edited}


def _reply(site: Site, given: Json) -> Json:
    forum = site.forum
    who = _who(forum, given, "uid")
    rooms = [
        room for room in forum.rooms.values() if who.uid in room.uids and room.room == given.get("room", room.room)
    ]
    room = need(max(rooms, key=lambda one: one.room, default=None), "no-privileges", 400)
    message = routes_chats.say(forum, who.uid, room, str(given["text"]))
    return {"room": room.room, "mid": message.mid}


def _upload(site: Site, given: Json) -> Json:
    upload = str(given["url"]).partition("/assets/uploads")[2] or str(given["url"])
    return {"removed": post_deeds.drop_upload(site.forum, upload)}


def _faults(site: Site, given: Json) -> Json:
    site.faults.replace(str(given["spec"]))
    if site.faults.hostile and not any(post.text in hostile.TEXTS.values() for post in site.forum.posts.values()):
        hostile.add(site.forum, _who(site.forum, {}, "", "kay_b"), _who(site.forum, {}, "", "mei_rides"))
    return {"spec": site.faults.spec}


def _token(site: Site, given: Json) -> Json:
    forum = site.forum
    if "revoke" not in given:
        who = _who(forum, given)
        return {"token": forum.add_token(who.uid, str(given.get("token") or f"demo-{who.uid}-{len(forum.tokens)}"))}
    person = forum.by_name(str(given["revoke"]))
    gone = [token for token, uid in forum.tokens.items() if token == given["revoke"] or (person and uid == person.uid)]
    for token in gone:
        del forum.tokens[token]
    return {"revoked": len(gone)}


def _clock(site: Site, given: Json) -> Json:
    site.forum.clock.skew_ms = int(given["skew_ms"])
    return {"now": site.forum.clock.now()}


def _race(site: Site, given: Json) -> Json:
    site.forum.meet(int(given["count"]))
    return {}


def _setting(site: Site, given: Json) -> Json:
    settings = site.forum.settings
    name = str(given["name"])
    kind = type(asdict(settings)[name])
    setattr(settings, name, kind(given["value"]))
    return asdict(settings)


def _mutations(site: Site, given: Json) -> list[Json]:
    after = whole(given.get("after", 0))
    return [asdict(one) for one in site.forum.mutations if one.id > after]


def _log(site: Site, given: Json) -> list[Json]:
    after = whole(given.get("after", 0))
    return [asdict(one) for one in site.forum.log if one.id > after]


def _state(site: Site, given: Json) -> Json:
    forum = site.forum
    states = [flag.state for flag in forum.flags.values()]
    return {
        "now": forum.clock.now(),
        "accounts": len(forum.accounts),
        "posts": len(forum.posts),
        "hidden": sum(post.deleted for post in forum.posts.values()),
        "flags": {state: states.count(state) for state in sorted(set(states))},
        "mutations": len(forum.mutations),
        "rooms": len(forum.rooms),
        "uploads": len(forum.uploads),
        "faults": site.faults.spec,
    }


_DEEDS: dict[str, Deed] = {
    "flag": _flag, "act": _act, "delete": _delete, "resolve": _resolve, "edit": _edit, "reply": _reply,
    "upload": _upload, "faults": _faults, "token": _token, "clock": _clock, "race": _race, "setting": _setting,
}  # fmt: skip
_READS: dict[str, Deed] = {"mutations": _mutations, "log": _log, "state": _state}
