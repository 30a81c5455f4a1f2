"""Rule packs: what is read, what is refused and in which line, what a rule asks for, and the packs that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from modstation.models.errors import BadInput
from modstation.screening import ScanInput, Scope, Screener, Tier, categories_of, load_pack, shipped_packs
from modstation.screening.lint import check
from modstation.screening.packfile import Level

HEAD = """[pack]
id = "test"
version = "1"
source = "written for this test"
licence = "Apache-2.0"
author = "demo-author"

[categories]
gambling = 3
grave = { severity = 4, human_only = true }

"""
RULE = """[[rule]]
id = "casino"
category = "gambling"
any = ["casino"]
examples = { hit = ["a casino"], miss = ["a garden"] }
"""


def written(folder: Path, text: str, **lists: str) -> Path:
    path = folder / "pack.toml"
    path.write_text(HEAD + text, "utf-8")
    for name, content in lists.items():
        (folder / f"{name}.csv").write_text(content, "utf-8")
    return path


def findings(path: Path) -> list[str]:
    return [f"{finding.line}: {finding.message}" for finding in check(path).findings]


def screener(folder: Path, text: str, **lists: str) -> Screener:
    return Screener([load_pack(written(folder, text, **lists))])


def test_the_packs_that_ship_are_sound_and_their_examples_hold() -> None:
    import modstation

    folder = Path(modstation.__file__).parent / "resources" / "packs"
    files = sorted(folder.glob("*.toml"))
    assert {pack.id for pack in shipped_packs()} == {f"modstation-{path.stem}" for path in files}
    for path in files:
        assert [str(x) for x in check(path).findings if x.level is Level.ERROR] == []


def test_the_packs_that_ship_name_source_and_licence_of_each_list() -> None:
    import modstation

    folder = Path(modstation.__file__).parent / "resources" / "packs"
    for pack in shipped_packs():
        assert pack.source
        assert pack.licence == "Apache-2.0"
    for path in folder.glob("*.csv"):
        assert path.read_text("utf-8").startswith("term,lang,source\n")
    assert "Apache-2.0" in (folder / "NOTICE").read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好，我们去公园散步吧",
        "The garden was lovely and we had tea.",
        "会议在三楼，请带好证件",
        "Unit 731 x 12 = 8772",
    ],
)
def test_the_packs_that_ship_leave_everyday_texts_alone(text: str) -> None:
    assert Screener.from_resources().scan([text]) == [()]


BAD = [
    (RULE + RULE, 17, "stands already in line 12"),
    (RULE.replace("gambling", "gaming"), 12, "unknown category 'gaming'"),
    (RULE.replace('miss = ["a garden"]', "miss = []"), 12, "no example that must miss"),
    (RULE.replace('hit = ["a casino"]', "hit = []"), 12, "no example that must hit"),
    (RULE.replace('["casino"]', '["casino", "..."]'), 12, "folds to nothing"),
    (RULE.replace('["casino"]', '["casino", "a"]'), 12, "folds to one letter"),
    (RULE.replace('["casino"]', f'["casino", "{"x1y" * 40}"]'), 12, "120 characters; 100 at most"),
    (RULE.replace('["casino"]', "[]"), 12, "a rule without terms"),
    (RULE.replace("[[rule]]", '[[rule]]\naction = "delete"'), 13, "action: delete is none of"),
    (RULE.replace("[[rule]]", '[[rule]]\nscope = ["bdoy"]'), 13, "scope: bdoy is none of"),
    (RULE.replace("[[rule]]", '[[rule]]\naccept = ["sideways"]'), 13, "accept: sideways is none of"),
    (RULE.replace("[[rule]]", '[[rule]]\ncolour = "red"'), 13, "unknown key colour"),
    (RULE.replace("[[rule]]", "[[rule]]\nnear = { within = 4 }"), 13, "near needs terms"),
    (RULE.replace("[[rule]]", '[[rule]]\naction = "hide"'), 12, "hide is for emergency packs only"),
    (RULE.replace("[[rule]]", '[[rule]]\nlist = "../x.csv"'), 13, "is not beside the pack"),
    (RULE.replace("[[rule]]", '[[rule]]\nlist = "none.csv"'), 13, "cannot be read"),
    (RULE.replace('hit = ["a casino"]', 'hit = ["a garden"]'), 12, "example of casino is not hit"),
    (RULE.replace('miss = ["a garden"]', 'miss = ["casino!"]'), 12, "example of casino is hit"),
    (
        '[[regex]]\nid = "r"\ncategory = "gambling"\npattern = "(a"\nexamples = { hit = ["a"], miss = ["b"] }\n',
        12,
        "missing )",
    ),
    (
        '[[regex]]\nid = "r"\ncategory = "gambling"\npattern = "(?=a)"\nexamples = { hit = ["a"], miss = ["b"] }\n',
        12,
        "pattern of r",
    ),
    (
        '[[regex]]\nid = "r"\ncategory = "gambling"\npattern = "a*"\nexamples = { hit = ["a"], miss = ["b"] }\n',
        12,
        "nothing",
    ),
    ("[[rule]\n", 12, "not TOML"),
]


@pytest.mark.parametrize(("text", "line", "message"), BAD)
def test_what_is_wrong_in_a_pack_is_told_with_its_line_and_the_pack_is_not_taken(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = written(tmp_path, text)
    reading = check(path)
    assert reading.pack is None
    assert any(x.line == line and message in x.message for x in reading.errors), findings(path)
    assert str(reading.errors[0]).startswith(f"{path}:")


def test_a_pack_that_is_not_utf8_is_refused_with_the_line_of_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "pack.toml"
    path.write_bytes((HEAD + RULE).encode() + "# 赌博\n".encode("gb18030"))
    assert findings(path) == ["17: not UTF-8; save the file as UTF-8"]
    with pytest.raises(BadInput, match="not UTF-8"):
        load_pack(path)


def test_a_list_that_is_not_utf8_is_refused_with_its_own_name_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, RULE.replace('any = ["casino"]', 'list = "terms.csv"'))
    (tmp_path / "terms.csv").write_bytes(b"term,lang\ncasino,en\n" + "赌博,zh\n".encode("gb18030"))
    [error] = check(path).errors[:1]
    assert (Path(error.file).name, error.line) == ("terms.csv", 3)


def test_a_list_without_its_header_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, RULE.replace('any = ["casino"]', 'list = "terms.csv"'), terms="word\ncasino\n")
    assert any("no column named term" in line for line in findings(path))


def test_two_hundred_thousand_terms_are_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        RULE.replace('any = ["casino"]', 'list = "terms.csv"'),
        terms="term,lang\n" + "\n".join(f"term{n},en" for n in range(200_000)),
    )
    assert any("has 200000 terms" in line for line in findings(path))


def test_a_pack_without_its_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pack.toml"
    path.write_text(RULE, "utf-8")
    assert "1: no [pack] table" in findings(path)


def test_a_missing_file_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_pack(Path("nowhere/pack.toml"))


@pytest.mark.promise(12)
def test_hide_needs_an_emergency_with_an_end_and_never_touches_what_people_alone_may_judge(tmp_path: Path) -> None:
    rule = RULE.replace("[[rule]]", '[[rule]]\naction = "hide"')
    head = HEAD.replace("[categories]", "emergency = true\n\n[categories]")
    path = tmp_path / "pack.toml"
    path.write_text(head + rule, "utf-8")
    assert any("needs valid_until" in line for line in findings(path))
    ended = head.replace("emergency = true", 'emergency = true\nvalid_until = "2026-12-01T00:00:00+08:00"')
    path.write_text(ended + rule, "utf-8")
    assert findings(path) == []
    path.write_text(ended + rule.replace('"gambling"', '"grave"'), "utf-8")
    assert any("people only" in line for line in findings(path))
    path.write_text(ended.replace("+08:00", "") + rule, "utf-8")
    assert any("no moment with a time zone" in line for line in findings(path))


def test_risky_short_terms_are_warned_of_and_still_taken(tmp_path: Path) -> None:
    path = written(tmp_path, RULE.replace('["casino"]', '["casino", "ass", "vx"]'))
    reading = check(path)
    assert reading.pack is not None
    assert [x.level for x in reading.findings] == [Level.WARNING, Level.WARNING]
    assert "'ass' is part of ordinary words" in reading.findings[0].message


def test_near_asks_for_a_second_term_within_so_many_characters(tmp_path: Path) -> None:
    rule = RULE.replace("[[rule]]", '[[rule]]\nnear = { terms = ["bonus"], within = 6 }')
    found = screener(tmp_path, rule.replace("a casino", "casino bonus"))
    assert len(found.scan(["casino bonus"])[0]) == 1
    assert len(found.scan(["bonus: casino"])[0]) == 1
    assert found.scan(["casino, which gives no bonus", "casino"]) == [(), ()]
    [gone] = found.explain(ScanInput(body="casino alone")).let_go
    assert (gone.why, gone.phrase) == ("near", "bonus")


def test_a_phrase_that_speaks_against_a_rule_silences_it(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE.replace("[[rule]]", '[[rule]]\nnot = ["no casino"]'))
    assert found.scan(["there is no casino here"]) == [()]
    assert len(found.scan(["there is a casino here"])[0]) == 1


def test_a_rule_reads_only_its_scopes(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE.replace("[[rule]]", '[[rule]]\nscope = ["nickname", "section_name"]'))
    item = ScanInput(title="casino", body="casino", nickname="casino", section_name="CASINO", signature="casino")
    assert [hit.scope for hit in found.scan_item(item)] == [Scope.NICKNAME, Scope.SECTION_NAME]


def test_text_in_a_picture_is_tagged_as_such(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE.replace("[[rule]]", '[[rule]]\nscope = ["image_text", "qr_code"]'))
    hits = found.scan_item(ScanInput(image_text="c a s i n o", qr_code="casino"))
    assert [(hit.scope, hit.tier) for hit in hits] == [(Scope.IMAGE_TEXT, Tier.IN_IMAGE), (Scope.QR_CODE, Tier.EXACT)]


def test_exempt_roles_and_languages_are_heeded_where_they_are_known(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE.replace("[[rule]]", '[[rule]]\nexempt_roles = ["manager"]\nlanguages = ["en"]'))
    assert found.scan_item(ScanInput(body="casino", role="manager")) == ()
    assert found.scan_item(ScanInput(body="casino", lang="zh")) == ()
    assert len(found.scan_item(ScanInput(body="casino", lang="en", role="member"))) == 1
    assert len(found.scan_item(ScanInput(body="casino"))) == 1


def test_a_term_can_narrow_the_disguises_of_its_rule(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE.replace('["casino"]', '["casino", { t = "赌博", accept = ["exact"] }]'))
    assert [len(hits) for hits in found.scan(["赌博", "赌 博", "c a s i n o"])] == [1, 0, 1]


def test_a_hit_says_everything_that_a_reason_needs(tmp_path: Path) -> None:
    found = screener(tmp_path, RULE)
    [hit] = found.scan(["a C a s i n o"])[0]
    assert (hit.pack_id, hit.pack_version, hit.rule_id, hit.category) == ("test", "1", "casino", "gambling")
    assert (hit.tier, hit.start, hit.end, hit.surface, hit.term) == (Tier.SEPARATED, 2, 13, "C a s i n o", "casino")
    assert found.severity_of([hit]) == 3
    assert found.severity_of([]) == 0
    assert categories_of([hit, hit]) == ("gambling",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("加v 9⓿二肆⁹₈③⑸⒋➃㈤㊄ 谢谢", ["9⓿二肆⁹₈③⑸⒋➃㈤㊄"]),
        ("call 一三八 0013-8000 now", ["一三八 0013-8000"]),
        ("12 apples, 34 pears", []),
    ],
)
def test_numbers_are_read_however_their_digits_are_written(tmp_path: Path, text: str, shown: list[str]) -> None:
    pattern = """[[regex]]
id = "number"
category = "gambling"
pattern = '[0-9]{11,12}'
on = "digits"
examples = { hit = ["12345678901"], miss = ["12"] }
"""
    assert [hit.surface for hit in screener(tmp_path, pattern).scan([text])[0]] == shown


def test_a_pattern_reads_the_folded_text_and_marks_the_original(tmp_path: Path) -> None:
    pattern = """[[regex]]
id = "handle"
category = "gambling"
pattern = '(?i)vx[:：]?\\s*([a-z0-9]{6,})'
on = "folded"
examples = { hit = ["vx: abcdef1"], miss = ["vx"] }
"""
    found = screener(tmp_path, pattern)
    text = "😀\ud800 ＶＸ：ａｂ\u200bｃdef1 !"
    [hit] = found.scan([text])[0]
    assert text[hit.start : hit.end] == hit.surface == "ａｂ\u200bｃdef1"
    assert hit.tier is Tier.FOLDED
    assert found.scan(["vx: abcdef1"])[0][0].tier is Tier.EXACT


def test_a_pattern_survives_lone_surrogates_without_shifting(tmp_path: Path) -> None:
    pattern = """[[regex]]
id = "n"
category = "gambling"
pattern = 'n[0-9]+'
examples = { hit = ["n1"], miss = ["n"] }
"""
    [hit] = screener(tmp_path, pattern).scan(["\ud800😀 n42"])[0]
    assert (hit.start, hit.end, hit.surface) == (3, 6, "n42")
