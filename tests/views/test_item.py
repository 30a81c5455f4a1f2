"""The item on the screen: plain text whatever is in it, evidence in place, media covered first (promises 7, 11)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from modstation.models.errors import BadAnswer
from modstation.models.screen import Mark
from modstation.views.body_view import BodyView, compose
from modstation.views.diff import Kind, compare, in_words
from modstation.views.media import Cover, decode, greyed
from modstation.views.text import units

from .conftest import Bench, send
from .sample_desk import SampleDesk
from .sample_posts import POSTS


def png(width: int = 64, height: int = 48) -> bytes:
    """A picture made by code."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(
        b"\x00" + bytes((x * 4 % 256, y * 5 % 256, 120)[c] for x in range(width) for c in range(3))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def go_to(bench: Bench, no: int) -> None:
    bench.window.open_item(no)
    bench.ready(no)


HOSTILE = next(n for n, post in enumerate(POSTS, 1) if "\u202e" in post.title)
SEVERE = next(n for n, post in enumerate(POSTS, 1) if post.severity >= 3 and post.media)


# plain text


@pytest.mark.promise(7)
@pytest.mark.case("S25")
def test_a_hostile_post_is_shown_as_text_and_loads_nothing(bench: Bench) -> None:
    go_to(bench, HOSTILE)
    item = bench.window.triage.item
    assert "[U+202E]" in item.title.text()
    assert "[U+202E]gnp.exe" in item.author.name.text()
    painted = item.body._composed.text
    assert "<b>not bold</b>" in painted
    assert "<img src=http://track.example" in painted
    assert "[U+0000]" in painted
    assert "[U+D800]" in painted
    assert bench.desk.acts("fetch") == []


@pytest.mark.promise(7)
def test_every_label_of_the_window_is_plain_text(bench: Bench) -> None:
    go_to(bench, HOSTILE)
    bench.press("I", "H", "T")
    bench.settle()
    labels = bench.window.findChildren(QLabel)
    assert len(labels) > 60
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


@pytest.mark.promise(7)
def test_no_tooltip_of_a_hostile_item_holds_markup_of_its_own(bench: Bench) -> None:
    go_to(bench, HOSTILE)
    for widget in bench.window.findChildren(QLabel) + bench.window.findChildren(type(bench.window.triage.item.crumbs)):
        tip = widget.toolTip()
        assert "<" not in tip.removeprefix("<span>").removesuffix("</span>")


def test_ten_thousand_lines_are_shown_without_being_laid_out_whole(open_window: Callable[..., Bench]) -> None:
    desk = SampleDesk()
    desk.bodies[1] = "\n".join(f"line {n} of many, 第 {n} 行" for n in range(10_000))
    bench = open_window(desk)
    body = bench.window.triage.item.body
    bench.qtbot.waitUntil(lambda: body._wrapped is not None)
    bench.settle()
    assert body.height() == 10_000 * bench.window.look.px(24)
    bar = bench.window.triage.item.scroller.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    assert not bench.window.grab().isNull()
    assert body.selected_text() == desk.bodies[1]


def test_the_pane_returns_to_the_top_for_each_item(bench: Bench) -> None:
    bench.desk.bodies[1] = "\n".join(["a"] * 100)
    bench.desk.edit(1)
    bench.settle()
    bar = bench.window.triage.item.scroller.verticalScrollBar()
    bench.qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    bench.press("J")
    bench.ready(2)
    assert bar.value() == 0


# evidence


def test_a_mark_is_tagged_with_its_disguise_behind_it() -> None:
    body = "😀 加 薇 信 now"
    start = body.index("加")
    composed = compose(body, (Mark(start, start + 5, "separated", "r", "contact", "p"),))
    span, tag = composed.pieces
    painted = composed.text.encode("utf-16-le")
    assert painted[span.start * 2 : (span.start + span.length) * 2].decode("utf-16-le") == "加 薇 信"
    assert painted[tag.start * 2 : (tag.start + tag.length) * 2].decode("utf-16-le").strip() == "separated"
    assert tag.tag
    assert units(composed.text) == units(body) + tag.length


def test_marks_on_invisible_letters_cover_what_is_written_out() -> None:
    composed = compose("ab\u200bcd", (Mark(1, 4, "exact", "r", "c", "p"),))
    span = composed.pieces[0]
    assert composed.text[span.start : span.start + span.length] == "b[U+200B]c"


def test_overlapping_and_foreign_marks_do_no_harm() -> None:
    marks = (
        Mark(0, 3, "exact", "r", "c", "p"),
        Mark(1, 5, "leet", "r", "c", "p"),
        Mark(90, 99, "leet", "r", "c", "p"),
        Mark(2, 3, "exact", "r", "c", "p", "title"),
    )
    assert [piece.mark.tier for piece in compose("abcdef", marks).pieces if piece.mark and not piece.tag] == ["exact"]


def test_copying_leaves_the_disguise_words_out_and_the_links_harmless(bench: Bench) -> None:
    body: BodyView = bench.window.triage.item.body
    body.say("see http://bad.example/x now", (Mark(0, 3, "exact", "r", "c", "p"),))
    body._anchor, body._caret = 0, 500
    assert body.selected_text() == "see http://bad.example/x now"
    assert body.copy() == "see hxxp[:]//bad[.]example/x now"
    assert QGuiApplication.clipboard().text() == "see hxxp[:]//bad[.]example/x now"


def test_text_is_selected_with_the_mouse(bench: Bench) -> None:
    body = bench.window.triage.item.body
    QTest.mousePress(body, Qt.MouseButton.LeftButton, pos=QPoint(1, 10))
    assert body._anchor == 0
    assert body._unit_at(QPoint(400, 10)) > 5
    assert body._unit_at(QPoint(5, 5000)) == units(body._composed.text)


def test_i_says_why_it_is_here_with_rule_and_pack(bench: Bench) -> None:
    bench.press("I")
    words = bench.window.triage.item.why.accessibleName()
    assert "demo-contact-7" in words
    assert "demo-pack 3" in words
    assert "separated" in words
    bench.press("I")
    assert not bench.window.triage.item.why.isVisible()


def test_h_shows_the_history_of_the_author_and_t_the_whole_thread(bench: Bench) -> None:
    item = bench.window.triage.item
    assert len(item.before.lines) == 2
    bench.press("T")
    assert len(item.before.lines) == 3
    bench.press("H")
    assert "Spam or repeat" in item.author.history.accessibleName()
    assert "2 items of this author wait" in item.author.history.accessibleName()


def test_d_shows_what_changed(bench: Bench) -> None:
    bench.press("D")
    bench.settle()
    assert bench.window.triage.item.diff_card.isVisible()
    assert "was not changed" in bench.window.triage.item.diff.body
    bench.press("D")
    assert not bench.window.triage.item.diff_card.isVisible()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a b c", "a b c", "a b c"),
        ("Meet me here", "Meet us here", "Meet [-me-]{+us+} here"),
        ("先付定金", "定金", "[-先付-]定金"),
        ("", "new", "{+new+}"),
        ("x\u202ey", "xy", "x[-[U+202E]-]y"),
    ],
)
def test_a_comparison_in_words(before: str, after: str, said: str) -> None:
    parts = compare(before, after)
    kept = "".join(part.text for part in parts if part.kind is not Kind.REMOVED)
    assert kept == after
    if "\u202e" not in before:
        assert in_words(parts) == said


def test_very_long_posts_are_compared_by_lines() -> None:
    old = "\n".join(f"line {n}" for n in range(5000))
    parts = compare(old, old.replace("line 77\n", "line 77 changed\n"))
    assert [part.text for part in parts if part.kind is Kind.ADDED] == ["line 77 changed\n"]


# covers


@pytest.mark.case("S29")
def test_a_severe_item_opens_covered_text_included_and_v_takes_the_cover_off(bench: Bench) -> None:
    go_to(bench, SEVERE)
    item = bench.window.triage.item
    assert item.covered
    assert item.cover.isVisible()
    assert not item.post.isVisible()
    assert not item.title.isVisible()
    assert bench.desk.body(SEVERE)[:10] not in item.cover_words.text()
    bench.press("N")
    bench.settle()
    assert bench.decided() == []
    bench.press("V")
    assert item.post.isVisible()


def test_q_covers_everything_again(bench: Bench) -> None:
    bench.press("Q")
    assert bench.window.triage.item.covered
    assert not bench.window.triage.item.post.isVisible()


@pytest.fixture
def gallery(open_window: Callable[..., Bench]) -> Bench:
    bench = open_window()
    bench.session.media = lambda no, url: png()
    return bench


def space(bench: Bench, kind: QEvent.Type) -> None:
    bench.ticks.at += 2
    QApplication.sendEvent(bench.focus(), QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " "))


@pytest.mark.promise(7)
@pytest.mark.case("S29")
def test_nothing_is_fetched_before_a_deliberate_key(gallery: Bench) -> None:
    for _ in range(8):
        gallery.press("J")
        gallery.settle()
    QTest.mouseMove(gallery.window.triage.item)
    gallery.settle()
    assert gallery.desk.acts("fetch") == []


@pytest.mark.case("S29")
def test_a_held_key_peeks_in_grey_and_letting_go_covers(gallery: Bench) -> None:
    card = gallery.window.triage.item.cards[0]
    space(gallery, QEvent.Type.KeyPress)
    gallery.qtbot.waitUntil(lambda: card.cover is Cover.PEEK)
    assert card.image is not None
    assert card.image.isGrayscale()
    space(gallery, QEvent.Type.KeyRelease)
    assert card.cover is Cover.COVERED
    assert card.image is None
    gallery.settle()
    assert gallery.desk.acts("uncover")[0] == ("uncover", 1, card.url)


def test_letting_go_before_it_came_shows_nothing(gallery: Bench) -> None:
    card = gallery.window.triage.item.cards[0]
    space(gallery, QEvent.Type.KeyPress)
    space(gallery, QEvent.Type.KeyRelease)
    gallery.settle()
    assert card.cover is Cover.COVERED
    assert card.image is None


def test_v_opens_until_the_item_changes(gallery: Bench) -> None:
    card = gallery.window.triage.item.cards[0]
    gallery.press("V")
    gallery.qtbot.waitUntil(lambda: card.cover is Cover.OPEN)
    assert card.image is not None
    assert not card.image.isGrayscale()
    gallery.press("J")
    gallery.ready(2)
    gallery.press("K")
    gallery.ready(1)
    assert gallery.window.triage.item.cards[0].cover is Cover.COVERED


def test_f8_covers_at_once_hands_over_and_never_shows_it_again(gallery: Bench) -> None:
    card = gallery.window.triage.item.cards[0]
    gallery.press("V")
    gallery.qtbot.waitUntil(lambda: card.cover is Cover.OPEN)
    gallery.ticks.at += 2
    send(gallery.focus(), "F8")
    assert card.cover is Cover.BLOCKED
    assert card.image is None
    gallery.settle()
    assert gallery.desk.acts("minor") == [("minor", 1, card.url)]
    gallery.press("V")
    gallery.settle()
    assert all(one.cover is Cover.BLOCKED for one in gallery.window.triage.item.cards)


def test_a_medium_that_cannot_be_had_says_so(bench: Bench) -> None:
    card = bench.window.triage.item.cards[0]
    bench.press("V")
    bench.qtbot.waitUntil(lambda: card.cover is Cover.FAILED)
    assert "There is no medium here." in card.facts()[0]


def test_only_plain_pictures_are_decoded(qapp: QApplication) -> None:
    assert decode(png()).width() == 64
    assert greyed(decode(png())).isGrayscale()
    for bad in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"GIF89a", b"\x00" * 100, png()[:60]):
        with pytest.raises(BadAnswer):
            decode(bad)


def test_a_picture_that_claims_to_be_huge_is_refused(qapp: QApplication) -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with pytest.raises(BadAnswer):
        decode(b"\x89PNG\r\n\x1a\n" + chunk)


def test_large_pictures_are_cut_down(qapp: QApplication) -> None:
    assert decode(png(2000, 10)).width() <= 1400


# what is missing is said


@pytest.mark.case("S08")
def test_causes_are_told_apart_in_words() -> None:
    from dataclasses import replace

    from modstation.views.author_card import alert_words, penalty_words, record_words

    desk = SampleDesk()
    author = desk.item(1).author
    gone = record_words(replace(author, gone=True), 0)
    banned = alert_words(replace(author, penalties=("ban:0",)))
    muted = alert_words(replace(author, penalties=("mute:1795617120000",)))
    assert len({gone, banned, muted}) == 3
    assert "cause unknown" in gone
    assert "until" in muted
    assert penalty_words("shadow") == "shadow"
    assert "posts not known" in record_words(replace(author, posts=None), desk.now())
    assert "not verified" in record_words(replace(author, verified=""), desk.now())
    assert "looks like" in alert_words(replace(author, confusable=("lucky_dea188",)))
