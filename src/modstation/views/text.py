"""Content from a forum made safe to show: plain, every invisible character visible, nothing that moves its neighbours.

Stored text is never changed; these functions make the words a screen paints. A character that cannot be seen or that
changes the direction of what follows is written out as `[U+202E]`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

FSI = "\u2068"
PDI = "\u2069"
#: More marks than this on one letter are a tower that covers other lines; the rest is counted instead of drawn.
MAX_MARKS = 4

_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a]"
)
_TOWER = re.compile(
    f"([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff"
    f"\u20d0-\u20ff\ufe20-\ufe2f]{{{MAX_MARKS}}})"
    "([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe20-\ufe2f]+)"
)
_SCHEME = re.compile(r"(?i)\b(https?|ftp|file|javascript|data|vbscript|smb|mailto)(:)")
_DOT = re.compile(r"(?<=[^\s.])\.(?=[^\s.])")
_LINK = re.compile(r"(?i)\b(?:https?|ftp|file|smb)://[^\s<>\"']+|\bwww\.[^\s<>\"']+|\bmailto:[^\s<>\"']+")


def name_of(character: str) -> str:
    """How an invisible character is written out."""
    return f"[U+{ord(character):04X}]"


def visible(text: str) -> str:
    """The text with every invisible or direction-changing character written out; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    shown = _ODD.sub(lambda found: name_of(found.group()), text.replace("\r\n", "\n"))
    return _TOWER.sub(lambda found: f"{found.group(1)}[+{len(found.group(2))}]", shown)


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line for rows and cards: spaces folded, invisible characters visible, at most `limit` long."""
    shown = visible(" ".join(text[: limit * 4].split()))
    return shown if len(shown) <= limit else shown[: limit - 1] + "\u2026"


def isolate(text: str) -> str:
    """A user's words inside a sentence of ours, so that their direction cannot turn ours around."""
    return f"{FSI}{one_line(text, 80)}{PDI}"


def for_menu(text: str) -> str:
    """Words for a menu or tab: an ampersand stays an ampersand instead of naming a key."""
    return text.replace("&", "&&")


def defang(text: str) -> str:
    """Links in the text made harmless to paste: `hxxp[:]//host[.]example`; everything else stays as it is."""
    return _LINK.sub(lambda found: defang_link(found.group()), text)


def defang_link(url: str) -> str:
    """One address made harmless to paste."""
    scheme, colon, rest = url.partition(":")
    if not colon:
        scheme, rest = "", url
    host, slash, path = rest.lstrip("/").partition("/")
    safe_scheme = {"http": "hxxp", "https": "hxxps"}.get(scheme.lower(), f"x-{scheme.lower()}" if scheme else "")
    lead = f"{safe_scheme}[:]//" if safe_scheme else ""
    return lead + _DOT.sub("[.]", host) + slash + path


def units(text: str) -> int:
    """Length in UTF-16 code units, the way Qt counts."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


@dataclass(frozen=True, slots=True)
class Shown:
    """A body as it is painted.

    `text` is what is drawn; `starts[i]` is where the i-th code point of the original begins in it, counted in UTF-16
    units, with one entry more for the end. So marks (code points of the original) find their place on the screen.
    """

    text: str
    starts: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Start and length in UTF-16 units of a span given in code points; outside spans are cut to the text."""
        last = len(self.starts) - 1
        first, final = min(max(start, 0), last), min(max(end, 0), last)
        return self.starts[first], max(0, self.starts[final] - self.starts[first])

    def source(self, unit: int) -> int:
        """The code point of the original that a place on the screen belongs to."""
        low, high = 0, len(self.starts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.starts[middle] <= unit else (low, middle - 1)
        return low


def show_body(text: str) -> Shown:
    """Lay a body out for painting, character by character. Meant for bodies of some thousand characters."""
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    marks = 0
    for character in text:
        starts.append(at)
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            continue
        piece = "" if character == "\r" else name_of(character) if _ODD.match(character) else character
        pieces.append(piece)
        at += units(piece)
    starts.append(at)
    return Shown("".join(pieces), tuple(starts))


def initials(name: str) -> str:
    """One or two letters for an avatar; a question mark where a name has none."""
    letters = [part[0] for part in re.split(r"[\s_.\-]+", name) if part and part[0].isalnum()]
    return "".join(letters[:2]).upper() or "?"


def fold_name(name: str) -> int:
    """A small number that stays the same for a name, for choosing its avatar colours (0 to 4)."""
    return sum(name.encode("utf-8", "surrogatepass")) % 5
