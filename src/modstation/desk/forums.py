"""The forums a desk serves: their addresses and tokens (sealed), what a probe has shown, and their lamp."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from modstation.models.errors import BadInput, NotAllowed, NotFound
from modstation.models.ids import ForumName
from modstation.models.measures import Measure
from modstation.models.people import Role
from modstation.models.screen import Changed
from modstation.store.blobs import pack
from modstation.store.events import Draft
from modstation.store.store import Reader

from .ports import Capabilities, Capability
from .records import event_texts
from .workplace import Workplace

KINDS = ("nodebb",)

#: Profiles a forum stands under unless it is added with others: the law the product began with, and the demo's terms.
DEFAULT_PROFILES = ("cn-forum-2017", "riverside-terms")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class ForumAccess:
    """What a connector needs. The token is in no repr, log or list."""

    name: ForumName
    kind: str
    url: str
    token: str = field(repr=False)
    profiles: tuple[str, ...] = ()


def check_new(name: str, kind: str, url: str, token: str) -> str:
    """The address in its plain form. Raises BadInput for what cannot be a forum of ours."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"'{name[:40]}' cannot name a forum.", "Use small letters, digits and hyphens, at most 40.")
    if kind not in KINDS:
        raise BadInput(f"There is no connector for '{kind}'.", "", "Connectors are: " + ", ".join(KINDS) + ".")
    try:
        parts = urlsplit(url)
        wrong = parts.port == 0
    except ValueError:
        parts, wrong = urlsplit(""), True
    if (
        wrong
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise BadInput(
            "That is not the address of a forum.", "", "Write it as https://forum.example, with no password."
        )
    if not token or not token.isascii() or any(c.isspace() for c in token):
        raise BadInput("The token is empty or holds blanks.", "", "Copy it again from the forum's API settings.")
    return url.rstrip("/")


def add(work: Workplace, name: str, kind: str, url: str, token: str, profiles: Sequence[str]) -> Changed:
    """Add a forum, or change the address and token of one. Raises BadInput, NotFound (profile), NotAllowed."""
    url = check_new(name, kind, url, token)
    work.stacks(tuple(profiles))
    with work.store.writing() as tx:
        me = work.me(tx.db)
        admins = any(Role.ADMINISTRATOR in p.roles for p in work.people(tx.db))
        if admins and Role.ADMINISTRATOR not in me.roles:
            raise NotAllowed("Only an administrator connects forums.")
        tx.append(
            Draft(
                "forum.added",
                "",
                {"forum": name, "kind": kind, "profiles": list(profiles)},
                {"sealed": pack({"url": url, "token": token})},
            ),
            work.pen,
        )
    return work.hub.tell(Changed(status=True, queue=True, message=f"{name} is connected."))


def accesses(reader: Reader) -> list[ForumAccess]:
    """All forums with what it takes to talk to them."""
    rows = [(name, json.loads(raw)) for name, raw in reader.db.execute("SELECT name, body FROM forum ORDER BY name")]
    texts = event_texts(reader, [body["event"] for _, body in rows])
    return [
        ForumAccess(
            ForumName(name),
            body["kind"],
            texts[body["event"]]["url"],
            texts[body["event"]]["token"],
            tuple(body["profiles"]),
        )
        for name, body in rows
        if body["event"] in texts
    ]


def access(reader: Reader, name: str) -> ForumAccess:
    """One forum. Raises NotFound."""
    found = next((each for each in accesses(reader) if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no forum '{name}' at this desk.", "", "See 'modstation forum list'.")
    return found


def remember(work: Workplace, caps: Capabilities) -> None:
    """Keep what a probe has shown, so that the rail is right offline too."""
    work.capabilities[caps.forum] = caps
    value = {
        "server": caps.server,
        "account": caps.account,
        "account_name": caps.account_name,
        "entries": [[each.name, each.possible, each.why, each.platform] for each in caps.entries],
        "offset": caps.clock_offset_ms,
        "reversible": sorted(caps.reversible),
    }
    with work.store.writing(person=False) as tx:
        tx.db.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (f"caps:{caps.forum}", json.dumps(value))
        )


def recall(work: Workplace) -> None:
    """Take up what earlier probes have shown."""
    with work.store.reading() as reader:
        rows = reader.db.execute("SELECT name, value FROM meta WHERE name LIKE 'caps:%'").fetchall()
    for name, raw in rows:
        value = json.loads(raw)
        forum = ForumName(name.removeprefix("caps:"))
        work.capabilities[forum] = Capabilities(
            forum,
            value["server"],
            value["account"],
            value["account_name"],
            tuple(Capability(*entry) for entry in value["entries"]),
            value["offset"],
            frozenset(Measure(each) for each in value["reversible"]),
        )
