"""Media that a post shows, found in its source text: addresses only, nothing is fetched."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from modstation.models.items import Attachment
from modstation.sync.forums.narrow import Obj, obj_or_empty, rows_or_empty, text_or_empty
from modstation.sync.http_limits import origin

#: More than this many addresses in one post are not listed (house limit; a post holds 32,767 characters by default).
_MOST: Final = 200
#: Nor are more than this many looked at: a hostile megabyte could name a hundred thousand.
_LOOKED_AT: Final = 2000
_ANGLE: Final = re.compile(r"\]\(\s*<([^<>\s]{1,2000})>")
_MARKDOWN: Final = re.compile(r"(!?)\[[^\[\]]{0,1000}\]\(\s*((?:[^\s()<>]|\([^\s()<>]*\)){1,2000})")
_REFERENCE: Final = re.compile(r"^\s{0,3}\[[^\[\]]{1,200}\]:\s*<?([^\s<>]{1,2000})", re.MULTILINE)
_HTML: Final = re.compile(
    r"<(img|video|audio|source|a)\b[^<>]{0,2000}?\b(?:src|href)\s*=\s*[\"']?([^\s\"'<>]{1,2000})", re.I
)
_BARE: Final = re.compile(
    r"(?<![\w(\[<\"'=/])(https?://[^\s<>()\[\]\"']{1,2000}|/assets/uploads/[^\s<>()\[\]\"']{1,1000})"
)
_TYPES: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def attachments_of(body: str, base: str, post: Obj | None = None) -> tuple[Attachment, ...]:
    """Every image, video and upload the post shows or links, as absolute addresses in order, each once.

    `base` is the forum's address. A link to another site counts where it shows a picture or its name is that of a
    media file; a link to this forum counts where it is an upload. `post` brings NodeBB's own lists of uploads.
    """
    found: dict[str, Attachment] = {}
    for shown, address in _addresses(body):
        _add(found, _absolute(address, base), base, shown)
    for name in rows_or_empty((post or {}).get("uploads")):
        if isinstance(name, str) and name:
            _add(found, _absolute(f"{base}/assets/uploads/{name.lstrip('/')}", base), base, True)
    for entry in (obj_or_empty(row) for row in rows_or_empty((post or {}).get("attachments"))):
        _add(found, _absolute(text_or_empty(entry, "url"), base), base, True)
    return tuple(found.values())[:_MOST]


def _addresses(body: str) -> list[tuple[bool, str]]:
    hits = [(match.start(), True, match[1]) for match in _ANGLE.finditer(body)]
    hits += [(match.start(), bool(match[1]), match[2]) for match in _MARKDOWN.finditer(body)]
    hits += [(match.start(), False, match[1]) for match in _REFERENCE.finditer(body)]
    hits += [(match.start(), match[1].lower() != "a", match[2]) for match in _HTML.finditer(body)]
    hits += [(match.start(), False, match[1].rstrip(".,;:!?。，；：！？")) for match in _BARE.finditer(body)]
    return [(shown, address) for _, shown, address in sorted(hits)[:_LOOKED_AT]]


def _absolute(address: str, base: str) -> str:
    """An absolute http(s) address, "" for everything else (data:, file:, javascript: and the like)."""
    if not address:
        return ""
    try:
        target = urljoin(base + "/", address.replace("&amp;", "&"))
        parts = urlsplit(target)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return target.partition("#")[0] if usable else ""


def _add(found: dict[str, Attachment], url: str, base: str, shown: bool) -> None:
    if not url or url in found:
        return
    name = PurePosixPath(unquote(urlsplit(url).path, errors="replace")).name
    kind = _TYPES.get(PurePosixPath(name).suffix.lower(), "")
    upload = origin(url) == origin(base) and "/assets/uploads/" in url
    if upload or shown or kind:
        found[url] = Attachment(url, name, kind)
