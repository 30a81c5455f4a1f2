"""From a request to an answer: tokens, maintenance, routes, faults, conditional reads."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from . import control, faults, public_pages
from . import routes_chats as _chats
from . import routes_flags as _flags
from . import routes_posts as _posts
from . import routes_queues as _queues
from . import routes_site as _site
from . import routes_topics as _topics
from . import routes_users as _users
from .answers import Answer, Refusal, envelope, etag, words
from .forum import Doing, Forum
from .page_views import missing
from .records import Account, Logged
from .routing import Request, routes

#: Imported for the routes they register.
ROUTE_MODULES = (_chats, _flags, _posts, _queues, _site, _topics, _users)

_TEXT = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Reply:
    """What the wire gets. `cut` sends half of the announced bytes and closes the connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False


class Site:
    """One forum as it answers over HTTP. `control_token` opens the calls under /demo/; empty closes them."""

    def __init__(self, forum: Forum, faulty: faults.Faults, control_token: str = "") -> None:
        self.forum = forum
        self.faults = faulty
        self.control_token = control_token

    def reply(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        """Answer one request; None closes the connection without a word."""
        path, _, query = target.partition("?")
        request = Request(method, path, parse_qs(query, keep_blank_values=True), headers, raw)
        if path.startswith("/demo/"):
            return self._wire(request, control.answer(self, request))
        entry = self.forum.logged(method, target, self._name(request))
        struck = self.faults.strike(request)
        if wait := faults.delay_ms(struck):
            time.sleep(wait / 1000)
        names = {fault.name for fault in struck}
        entry.outcome = "+".join(sorted(names - {"slow"})) or "answered"
        if "drop-request" in names:
            return None
        answer = self.respond(request, entry.id) if faults.carried_out(struck) else faults.instead(struck)
        return self._struck(request, answer, names, entry)

    def _struck(self, request: Request, answer: Answer, names: set[str], entry: Logged) -> Reply | None:
        entry.status = answer.status
        if "lose-reply" in names:
            return None
        if "wrong-types" in names and answer.raw is None:
            answer.body = faults.wrong_types(answer.body)
        reply = self._wire(request, answer)
        reply.cut = "cut" in names
        return reply

    def respond(self, request: Request, number: int = 0, who: Account | None = None) -> Answer:
        """Let the forum deal with a request, faults left aside; `who` stands in for a token."""
        try:
            request.whole_body()
            request.caller = who or self._caller(request)
            return self._served(request, number)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def _served(self, request: Request, number: int) -> Answer:
        forum, caller = self.forum, request.caller
        if forum.settings.maintenance and not forum.is_admin(caller) and request.path.startswith("/api/"):
            return self._closed(request)
        if request.writes and "authorization" not in request.headers and caller is None:
            return Answer(403, raw=b"Forbidden", content_type=_TEXT)
        found = routes.find(request.method, request.path) or routes.find(self._as_get(request), request.path)
        if found is None:
            return self._unknown(request)
        route, parts = found
        if route.login and caller is None:
            return self._no_login(request)
        if caller is not None and caller.banned_at(forum.clock.now()):
            raise Refusal(403, "no-privileges")
        doing = Doing(number, request.method, request.path, caller.name if caller else "guest")
        with forum.working(doing):
            return route.handler(forum, request, **parts)

    def _as_get(self, request: Request) -> str:
        return "GET" if request.method == "HEAD" else request.method

    def _closed(self, request: Request) -> Answer:
        if request.v3:
            return Answer(503, envelope(503, words("maintenance", request.lang), {}))
        return Answer(503, {"site_title": self.forum.title})

    def _no_login(self, request: Request) -> Answer:
        if request.path == "/api/self":
            return Answer(401, "not-authorized")
        return Answer(401, envelope(401, words("no-login", request.lang), {}))

    def _unknown(self, request: Request) -> Answer:
        if request.v3:
            return Answer(404, envelope(404, words("no-route", request.lang), {}))
        if request.path.startswith("/api/"):
            return missing(request, 404)
        return public_pages.answer(self.forum, unquote(request.path))

    def _refused(self, request: Request, refusal: Refusal) -> Answer:
        if request.v3 or refusal.status in (401, 500):
            return Answer(refusal.status, refusal.envelope(request.lang))
        return missing(request, refusal.status)

    # -- tokens ------------------------------------------------------------------------------------------------------

    def _caller(self, request: Request) -> Account | None:
        header = request.headers.get("authorization")
        if header is None:
            return None
        kind, _, token = header.partition(" ")
        uid = self.forum.tokens.get(token.strip()) if kind.lower() == "bearer" else None
        if uid is None or not self.faults.token_works():
            raise Refusal(401, "no-login")
        return self._master(request) if uid == 0 else self._known(uid)

    def _known(self, uid: int) -> Account:
        who = self.forum.account(uid)
        if who is None:
            raise Refusal(401, "no-login")
        return who

    def _master(self, request: Request) -> Account:
        asked = request.one("_uid") or str(request.given.get("_uid", ""))
        if not (asked.isascii() and asked.isdigit()):
            raise Refusal(400, "master-token")
        return self._known(int(asked))

    def _name(self, request: Request) -> str:
        token = request.headers.get("authorization", "").partition(" ")[2].strip()
        who = self.forum.account(self.forum.tokens.get(token, -1))
        return who.name if who else "guest"

    # -- the wire ----------------------------------------------------------------------------------------------------

    def _wire(self, request: Request, answer: Answer) -> Reply:
        body = answer.encoded()
        headers = {"x-powered-by": "NodeBB", "content-type": answer.content_type, "etag": etag(body), **answer.headers}
        headers["date"] = self.forum.clock.http_date()
        if request.caller is not None:
            headers["cache-control"] = "private"
            headers["set-cookie"] = "express.sid=s%3Ademo; Path=/; HttpOnly; SameSite=Lax"
        if request.method in ("GET", "HEAD") and answer.status == 200 and self._unchanged(request, headers["etag"]):
            return Reply(304, headers, b"")
        return Reply(answer.status, headers, body)

    def _unchanged(self, request: Request, tag: str) -> bool:
        asked = request.headers.get("if-none-match", "")
        return tag in [one.strip() for one in asked.split(",")]
