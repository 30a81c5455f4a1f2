"""The page of a bundle in a real browser, as after a double click: what it shows, what it finds, what it never runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.desk.desk_parts import CLEAN, NONE, Office
from tests.evidence.evidence_parts import Bundle, bundle, opened_page, page_state
from tests.store.store_parts import revision

from modstation.evidence.bundle import reader, resource
from modstation.evidence.dossier import Audience
from modstation.evidence.plain import canonical, safe
from modstation.models.items import Account, Visibility

PAGE = resource("reader.html").decode()


def test_a_whole_bundle_is_shown_and_found_whole(tmp_path: Path, court: Bundle) -> None:
    shown = opened_page(tmp_path, court.files["reader.html"])
    assert page_state(shown) == "whole"
    assert "Whole: nothing was changed since it was sealed." in shown
    assert "cheap tickets, write to my channel" in shown
    assert "terms.contact_ad: hide" in shown
    assert "decision.made · demo-mod" in shown
    assert court.manifest["desk"]["key_id"] in shown, "the fingerprint begins with it"
    assert "10 rows" in shown or re.search(r"\d+ rows", shown)


@pytest.mark.promise(7)
@pytest.mark.promise(3)
def test_hostile_content_is_inert_text_and_what_is_gone_or_erased_is_told(tmp_path: Path, desk: Office) -> None:
    hostile = "</script><script>document.documentElement.dataset.pwned='1'</script><img src=x onerror=\"pwned()\">"
    odd = '\ud800half \x00nul \u202ereversed =HYPERLINK("http://evil.example")'
    no = desk.post(1, hostile + odd, title="<b>bold</b>", author=Account("41", "<u>me</u>"))
    desk.decide("demo-mod", no, NONE, policy=CLEAN, reason="<i>fine</i>")
    desk.pull(revision(1, "", author=Account("41", "<u>me</u>"), visibility=Visibility.GONE))
    desk.post(2, "to be erased")
    second = desk.mod.number_of("riverside/post/2")
    with desk.first.shared.store.exclusive() as (db, keys):
        for (blob,) in db.execute("SELECT blob FROM observation WHERE item = ?", (second,)).fetchall():
            keys.execute("DELETE FROM data_key WHERE id = ?", (blob,))
    shown = opened_page(tmp_path, bundle(desk, Audience.COURT, 1, 2).files["reader.html"])
    assert page_state(shown) == "whole"
    assert "data-pwned" not in shown
    assert "<img" not in shown
    assert "&lt;img src=x onerror=" in shown
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert "\\ud800half \\u0000nul \\u202ereversed" in shown
    assert "gone upstream since" in shown
    assert "erased: only a tombstone is left" in shown
    assert "to be erased" not in shown


def _page_of(given: Bundle, **files: bytes) -> bytes:
    changed = {path: files.get(path, body) for path, body in given.files.items() if path != "reader.html"}
    return reader(changed)


def _forged_signature(court: Bundle) -> bytes:
    signed = court.json("signatures.json")
    name = next(iter(signed["manifest"]))
    signed["manifest"][name] = "00" * 64
    return _page_of(court, **{"signatures.json": canonical(signed)})


def _sealed_anew(court: Bundle, path: str, body: bytes) -> bytes:
    """A file and its hash in the manifest changed; the signature is left as it was."""
    manifest = court.manifest
    entry = next(each for each in manifest["files"] if each["path"] == path)
    entry |= {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return _page_of(court, **{path: body, "manifest.json": canonical(manifest)})


def test_changes_are_found_by_the_page_as_well(tmp_path: Path, court: Bundle) -> None:
    """A changed text, a forged signature, a row that says something else, a page that holds no bundle."""
    journal = court.json("journal.json")
    next(row for row in journal["rows"] if row.get("kind") == "decision.made")["actor"] = "demo-sup"
    pages = {
        "item.json was changed": _page_of(court, **{"item.json": court.files["item.json"].replace(b"cheap", b"cheep")}),
        "signatures.json: a signature is not good": _forged_signature(court),
        "was changed": _sealed_anew(court, "journal.json", safe(journal)),
        "NOT WHOLE": _page_of(court).replace(b'"manifest.json":"', b'"manifest.json":"!'),
    }
    for place, (words, page) in enumerate(pages.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        shown = opened_page(folder, page)
        assert page_state(shown) == "broken", words
        assert words in shown
        assert "NOT WHOLE: something was changed." in shown


def test_it_speaks_chinese_to_a_chinese_browser(tmp_path: Path, court: Bundle) -> None:
    shown = opened_page(tmp_path, court.files["reader.html"], "zh-CN")
    assert page_state(shown) == "whole"
    assert "完整：封存后未被改动。" in shown
    assert 'lang="zh-Hans"' in shown


# ---- the page itself ---------------------------------------------------------------------------------


def test_only_its_own_script_may_run_and_nothing_may_be_loaded() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', PAGE)
    assert policy is not None
    script = PAGE[PAGE.rindex("<script>") + len("<script>") : PAGE.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert not re.search(r'(?:src|href)="', PAGE)


def test_it_puts_no_text_into_the_page_but_as_text() -> None:
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
        assert way not in PAGE


def test_every_sentence_it_says_has_its_chinese() -> None:
    said = set(re.findall(r'say\("([^"]+)"\)', PAGE)) | set(re.findall(r'tell\("\w+", "([^"]+)"\)', PAGE))
    said |= set(re.findall(r'part\("([^"]+)"', PAGE))
    table = PAGE[PAGE.index("const ZH = {") : PAGE.index("};", PAGE.index("const ZH = {"))]
    known = set(json.loads("[" + ",".join(re.findall(r'("(?:[^"\\]|\\.)*"):', table)) + "]"))
    assert said <= known, said - known


def test_it_carries_its_bundle_in_one_place() -> None:
    assert PAGE.count('<script id="bundle" type="application/json"></script>') == 1
    assert PAGE.count('<script id="bundle"') == 1
