"""What is taken out before a server's answer leaves the house: addresses of machines, identities, secrets, reporters.

Fields are known by their names, not by what their values look like: a telephone number inside a post is the offence
and stays, one in an account's record is nobody's business (promise 8).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

STRUCK = "[struck out]"

_PRIVATE_FIELDS = """
ip ips lastip ipaddress remoteaddress remoteip uploadedip registrationip useragent
email emails newemail mail fullname realname birthday birthdate phone telephone mobile
idnumber idcard passport nationalid password passwordhash
token tokens accesstoken refreshtoken apikey csrf csrftoken session sessions sessionid cookie cookies
"""
_PRIVATE_HEADERS = b"""
authorization proxy-authorization cookie set-cookie forwarded x-forwarded-for x-real-ip x-client-ip cf-connecting-ip
x-csrf-token x-api-key api-key api-username
"""
_PRIVATE = frozenset(_PRIVATE_FIELDS.split())
_HEADERS = frozenset(_PRIVATE_HEADERS.split())
#: What the connector wrote in place of its own token before anything was stored.
_ALREADY = b"[token]"
_ACCOUNT = ("uid", "userid", "user_id", "reporteruid", "targetuid")


@dataclass(frozen=True, slots=True)
class Struck:
    """Bytes that may leave, and what was taken out of them: names of fields, in order; empty where nothing was."""

    data: bytes
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Accounts that may not be recognised: their numbers and names at the forum."""

    uids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


NOBODY = People()


def scrub_url(url: str) -> str:
    """An address without secrets in its query."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url
    if not any(_plain(name) in _PRIVATE for name, _ in query):
        return url
    kept = [(name, STRUCK if _plain(name) in _PRIVATE else value) for name, value in query]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def scrub_message(message: bytes, hide: People = NOBODY) -> Struck:
    """An HTTP message without private headers and fields, and without the people to hide where they are named."""
    head, blank, body = message.partition(b"\r\n\r\n")
    lines, struck = [], []
    first, *fields = head.split(b"\r\n")
    clean = _first_line(first)
    lines.append(clean)
    struck += ["address"] if clean != first else []
    for line in fields:
        name = line.partition(b":")[0].strip().lower()
        secret = name in _HEADERS and _ALREADY not in line
        lines.append(name + b": " + STRUCK.encode() if secret else line)
        struck += [name.decode("ascii")] if secret else []
    inside = scrub_body(body, hide)
    return Struck(b"\r\n".join(lines) + blank + inside.data, (*struck, *inside.what))


def _first_line(line: bytes) -> bytes:
    """A request's first line without secrets in its address; the first line of an answer as it is."""
    words = line.split(b" ")
    if len(words) != 3 or words[0].startswith(b"HTTP/"):
        return line
    return b" ".join([words[0], scrub_url(words[1].decode("latin-1")).encode("latin-1"), words[2]])


def scrub_body(body: bytes, hide: People = NOBODY) -> Struck:
    """A body of JSON without private fields; any other body as it is, for a page is what the public sees."""
    try:
        value = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return Struck(body)
    struck: list[str] = []
    try:
        clean = _clean(value, hide, struck)
    except RecursionError:
        return Struck(STRUCK.encode(), ("everything: nested too deeply to be looked through",))
    if not struck:
        return Struck(body)
    return Struck(json.dumps(clean, ensure_ascii=True).encode("ascii"), tuple(dict.fromkeys(struck)))


def names_any(data: bytes, names: Collection[str]) -> bool:
    """Whether one of these names stands in the bytes as a whole word: plain, as JSON, or as addresses write it."""
    try:
        low = data.decode("utf-8", "surrogatepass").casefold()
    except UnicodeDecodeError:
        low = data.decode("utf-8", "replace").casefold()
    forms = {form.casefold() for name in names if name for form in _spellings(name)}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", low) for form in forms)


def _spellings(name: str) -> tuple[str, ...]:
    quoted = quote(name.encode("utf-8", "surrogatepass"))
    return name, json.dumps(name)[1:-1], quoted, name.replace(" ", "-")


def strike_names(text: str, names: Collection[str]) -> str:
    """A text of the desk's own without the names of these people."""
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", STRUCK, text, flags=re.IGNORECASE)
    return text


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(":", "")


def _clean(value: Any, hide: People, struck: list[str]) -> Any:
    if isinstance(value, list):
        return [_clean(each, hide, struck) for each in value]
    if not isinstance(value, dict):
        return value
    if _is_hidden(value, hide):
        struck.append("an account")
        return STRUCK
    clean = {}
    for name, inner in value.items():
        told = inner not in (None, "", [], {}, False, True, 0)
        reporting = hide != NOBODY and "reporter" in _plain(name)
        if told and (reporting or _plain(name) in _PRIVATE):
            struck.append(name)
            clean[name] = STRUCK
        else:
            clean[name] = _clean(inner, hide, struck)
    return clean


def _is_hidden(value: dict[str, Any], hide: People) -> bool:
    if hide.names and any(value.get(key) in hide.names for key in ("username", "name", "userslug", "displayname")):
        return True
    looks = "username" in value or "userslug" in value or "uid" in value
    return looks and any(str(value.get(key)) in hide.uids for key in _ACCOUNT if key in value)
