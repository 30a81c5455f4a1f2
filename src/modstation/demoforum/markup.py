"""Source text to HTML, the way the forum shows it: paragraphs, links, pictures, and emoji as remote images."""

from __future__ import annotations

import html
import re

_EMOJI = re.compile("[\U0001f300-\U0001faff]")
_TOKENS = re.compile(
    r"!\[(?P<alt>[^\]\n]*)\]\((?P<src>[^\s)]+)\)"
    r"|(?P<url>https?://[^\s<>()]+)"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?P<emoji>[\U0001f300-\U0001faff])"
)
_CACHE_KEY = "a6c487056ba"


def render(text: str, base: str) -> str:
    """HTML of a post. Markup inside the text is escaped; `base` is the forum's own address."""
    return "".join(f'<p dir="auto">{_inline(block, base)}</p>\n' for block in _blocks(text))


def plain(text: str) -> str:
    """The text as teasers and notifications show it: source without emoji, one line per paragraph."""
    return "\n".join(_EMOJI.sub("", block) for block in _blocks(text)) + "\n"


def _blocks(text: str) -> list[str]:
    return [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()] or [""]


def _inline(text: str, base: str) -> str:
    parts, position = [], 0
    for match in _TOKENS.finditer(text):
        parts.append(_escaped(text[position : match.start()]))
        parts.append(_shown(match, base))
        position = match.end()
    parts.append(_escaped(text[position:]))
    return "".join(parts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br />\n")


def _shown(match: re.Match[str], base: str) -> str:
    if match["src"]:
        return _picture(match["src"], match["alt"])
    if match["url"]:
        address = html.escape(match["url"])
        return f'<a href="{address}" rel="nofollow ugc">{address}</a>'
    if match["bold"]:
        return f"<strong>{html.escape(match['bold'], quote=False)}</strong>"
    return _emoji(match["emoji"], base)


def _picture(address: str, alt: str) -> str:
    return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}" class=" img-fluid img-markdown" />'


def _emoji(character: str, base: str) -> str:
    code = f"{ord(character):x}"
    source = f"{base}/assets/plugins/nodebb-plugin-emoji/emoji/android/{code}.png?v={_CACHE_KEY}"
    style = "height:23px;width:auto;vertical-align:middle"
    return (
        f'<img src="{source}" class="not-responsive emoji emoji-android emoji--{code}" style="{style}" '
        f'title="{character}" alt="{character}" />'
    )
