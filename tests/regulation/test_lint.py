"""Every rule a profile must keep: break it in one place, and the finding names the rule and the line."""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

import pytest

from modstation.regulation import Finding, check, load_profile, load_shipped, shipped
from modstation.regulation.lint import lint

CN, TERMS, EU = "cn-forum-2017", "riverside-terms", "eu-dsa"


@cache
def text(name: str) -> str:
    return (resources.files("modstation") / "resources" / "profiles" / f"{name}.toml").read_text("utf-8")


def line_of(whole: str, mark: str) -> int:
    assert whole.count(mark) >= 1, mark
    return whole[: whole.index(mark)].count("\n") + 1


def findings(whole: str) -> tuple[Finding, ...]:
    return check(whole.encode("utf-8"))


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_is_clean(name: str) -> None:
    assert findings(text(name)) == ()


#: profile, what is replaced, by what, the rule that must speak, and text on the line it must name.
BROKEN = [
    # head
    (CN, 'timezone = "Asia/Shanghai"', 'timezone = "Asia/Nowhere"', "timezone", 'timezone = "Asia/Nowhere"'),
    (CN, 'timezone = "Asia/Shanghai"\n', "", "timezone", "[profile]"),
    (CN, 'calendar = "cn"', 'calendar = "mars"', "calendar", 'calendar = "mars"'),
    (CN, 'tier = "none"\nseverity = 0', 'tier = "harmful"\nseverity = 0', "no-breach", "# ModStation"),
    (TERMS, 'stacks_on = ["cn-forum-2017"]', 'stacks_on = ["mars-2099"]', "not-stacked", "stacks_on"),
    # sources
    (CN, '"MPS33:10(6)"', '"MPS99:10(6)"', "unknown-source", 'basis = ["MPS99:10(6)"]'),
    (CN, 'basis = ["ECO2019:6(4)"]', 'basis = ["NOWHERE:6(4)"]', "unknown-source", 'basis = ["NOWHERE:6(4)"]'),
    (CN, '"CRIM:246"', '"CRIMES:246"', "unknown-source", "suggest_only_on_complaint"),
    (CN, 'id = "ATF2022"', 'id = "PIPL"', "duplicate-id", 'id = "PIPL"\ntitle = "反电信'),
    (CN, '\nstatus = "unverified"', '\nstatus = "hearsay"', "unknown-word", 'status = "hearsay"'),
    (CN, 'renumber_status = "unverified"', 'renumber_status = "so"', "unknown-word", 'renumber_status = "so"'),
    # policies
    (
        CN,
        'id = "ill.heroes"',
        'id = "ill.rumour"',
        "duplicate-id",
        'id = "ill.rumour"\ntier = "illegal"\nseverity = 3\nname = { en = "Rum',
    ),
    (CN, 'tier = "account"', 'tier = "odd"', "unknown-word", 'tier = "odd"'),
    (CN, 'veil = "grey_blur"', 'veil = "lace"', "unknown-word", 'veil = "lace"'),
    (CN, 'severity = 3\nname = { en = "Fraud', 'severity = 5\nname = { en = "Fraud', "severity", "severity = 5"),
    (CN, 'requires = ["cited_article"]', 'requires = ["luck"]', "unknown-word", 'requires = ["luck"]'),
    (
        CN,
        '{ en = "Vulgarity", zh = "宣扬低俗、庸俗、媚俗" }',
        '{ en = "Vulgarity" }',
        "no-name",
        '{ en = "Vulgarity" }',
    ),
    (CN, 'basis = ["ECO2019:7(1)"]', "basis = []", "legal-without-basis", 'id = "bad.clickbait"'),
    (CN, 'reasoning = "generated"', 'reasoning = "magic"', "unknown-word", 'reasoning = "magic"'),
    (
        CN,
        "human_only = true                  # never",
        'human_only = true\nreasoning = "generated" # never',
        "reasoning",
        'reasoning = "generated" #',
    ),
    (TERMS, "severity = 0", "severity = 2", "care", 'id = "care.person_in_danger"'),
    (TERMS, 'escalate_to = "on_call"\n', "", "care", 'id = "care.person_in_danger"'),
    (TERMS, 'escalate_to = "on_call"', 'escalate_to = "nobody"', "unknown-role", 'escalate_to = "nobody"'),
    (TERMS, 'id = "terms.spam"', 'id = "ill.fraud"', "duplicate-id", 'id = "ill.fraud"'),
    # clauses and keys
    (TERMS, 'clause = "4.3"', 'clause = "9.9"', "unknown-clause", 'clause = "9.9"'),
    (TERMS, 'clause = "4.3"\n', "", "no-clause", 'id = "terms.off_topic"'),
    (TERMS, '{ id = "4.2", en', '{ id = "4.1", en', "duplicate-id", "[[terms]]"),
    (TERMS, '2 = "ill.fraud"', '2 = "ill.fruit"', "unknown-policy", '2 = "ill.fruit"'),
    (TERMS, '8 = "care.person_in_danger"', '9 = "care.person_in_danger"', "key-digit", '9 = "care.person_in_danger"'),
    (TERMS, '3 = "terms.insult"', '3 = "terms.spam"', "key-twice", "[keys]"),
    (
        TERMS,
        "[keys]",
        '[[terms]]\nversion = "8"\nvalid_from = 2025-01-01\nclauses = []\n[keys]',
        "terms-order",
        '[[terms]]\nversion = "8"',
    ),
    # measures
    (CN, 'id = "demote"', 'id = "defenestrate"', "unmappable-measure", 'id = "defenestrate"'),
    (
        EU,
        'canonical = "ban"\nname = { en = "Suspend"',
        'canonical = "exile"\nname = { en = "Suspend"',
        "unmappable-measure",
        'id = "suspend"',
    ),
    (CN, 'target = "topic"', 'target = "moon"', "unknown-word", 'target = "moon"'),
    (CN, 'notify = "section_owner"', 'notify = "everybody"', "unknown-word", 'notify = "everybody"'),
    (
        CN,
        'id = "warn"\ntarget = "account"\nreversible = true\nnotify = "author"',
        'id = "warn"\ntarget = "account"\nreversible = true\nnotify = "none"',
        "tells-nobody",
        'notify = "none"',
    ),
    (EU, 'days = "required"', 'days = "sometimes"', "unknown-word", 'days = "sometimes"'),
    (CN, 'id = "hide"                        #', 'id = "mute"   #', "duplicate-id", 'id = "mute"\ntarget'),
    # approvals
    (
        CN,
        '[[approval]]\nmeasure = "purge"\napprovers = 1',
        '[[approval]]\nmeasure = "purge"\npolicy_flag = "human_only"\napprovers = 1',
        "irreversible",
        'id = "purge"\ntarget',
    ),
    (
        CN,
        '[[approval]]\nmeasure = "*"\napprovers = 0\nemergency = { measure = "hide", post_review_hours = 24 }',
        "",
        "no-catch-all",
        "# ModStation",
    ),
    (CN, '[[approval]]\nmeasure = "ban"', '[[approval]]\nmeasure = "bam"', "unknown-measure", 'measure = "bam"'),
    (CN, 'roles = ["supervisor"]', 'roles = ["king"]', "unknown-role", 'roles = ["king"]'),
    (CN, 'roles = ["supervisor"]', 'roles = ["inspector"]', "unsatisfiable", 'measure = "bulk:*"'),
    (CN, 'roles = ["supervisor"]', "roles = []", "unsatisfiable", 'measure = "bulk:*"'),
    (
        CN,
        'approvers = 2\nroles = ["compliance", "supervisor"]',
        'approvers = 1\nroles = ["compliance", "supervisor"]',
        "unsatisfiable",
        'measure = "close_section"',
    ),
    (
        CN,
        'distinct_from = ["proposer", "case_decider"]',
        'distinct_from = ["stranger"]',
        "unknown-word",
        'distinct_from = ["stranger"]',
    ),
    (CN, 'policy_flag = "human_only"', 'policy_flag = "odd"', "unknown-word", 'policy_flag = "odd"'),
    (CN, "bulk_over = 20\n", "", "bulk", 'measure = "bulk:*"'),
    (
        CN,
        '[[approval]]\nmeasure = "mute"',
        '[[approval]]\nmeasure = "ban"\ndays_over = 99\napprovers = 1\nroles = ["supervisor", "compliance"]\n'
        'distinct_from = ["proposer"]\n[[approval]]\nmeasure = "mute"',
        "shadowed",
        'measure = "ban"\ndays_over',
    ),
    (CN, "release_approvers = 2", "release_approvers = 1", "legal-hold", "release_approvers = 1"),
    (CN, 'place_roles = ["compliance", "legal"]', 'place_roles = ["butler"]', "unknown-role", "place_roles"),
    # ladder
    (CN, "severity = [4]", "severity = [3]", "ladder-gap", "[ladder]"),
    (CN, "strike_expires_days = 180", "strike_expires_days = 0", "ladder-expiry", "strike_expires_days = 0"),
    (CN, '"3" = 1, "4" = 2 }', '"3" = 1 }', "ladder-strikes", "strikes_for_severity"),
    (
        CN,
        'measures = ["hide"] }',
        'measures = ["report_authority"] }',
        "ladder-reports",
        'measures = ["report_authority"] }',
    ),
    (CN, 'measures = ["hide"] }', 'measures = ["scold"] }', "unknown-measure", 'measures = ["scold"] }'),
    (CN, 'measures = ["hide"] }', 'measures = ["purge"] }', "not-recommended", 'measures = ["purge"] }'),
    (
        CN,
        'measures = ["remove", "mute"], days = 7 }',
        'measures = ["remove", "mute"], days = 70 }',
        "days-over-max",
        "days = 70",
    ),
    (
        CN,
        'measures = ["remove", "mute"], days = 7 }',
        'measures = ["remove", "mute"] }',
        "days-missing",
        'strikes_from = 1, measures = ["remove", "mute"] }',
    ),
    (CN, '[ladder]\nkind = "house"', '[ladder]\nkind = "divine"', "unknown-word", 'kind = "divine"'),
    # clocks
    (CN, 'kind = "legal"\nbasis = ["MPS33:10(6)"]', 'kind = "legal"', "legal-without-basis", 'id = "report_police"'),
    (CN, "target_minutes = 30", "target_minutes = 0", "immediate-without-target", 'id = "stop_transmission"'),
    (CN, "amount = 12", "amount = 0", "clock-amount", "amount = 0"),
    (CN, 'starts = "incident.known"', 'starts = "moon.full"', "unknown-event", 'starts = "moon.full"'),
    (CN, 'stops = ["report.sent:police_local"]', 'stops = ["report.sent:milkman"]', "unknown-recipient", "milkman"),
    (
        CN,
        '"measure.acknowledged:purge"',
        '"measure.acknowledged:scold"',
        "unknown-measure",
        "measure.acknowledged:scold",
    ),
    (CN, 'unit = "calendar_days"', 'unit = "moons"', "unknown-word", 'unit = "moons"'),
    (CN, "applies = { severity_min = 4 }", 'applies = { tier = "odd" }', "unknown-word", 'applies = { tier = "odd" }'),
    (
        EU,
        'priority = { source = "trusted_flagger", amount = 1 }',
        'priority = { source = "t", amount = 9 }',
        "clock-amount",
        "priority = {",
    ),
    (CN, 'ends = "next_midnight"', 'ends = "noon"', "unknown-word", 'ends = "noon"'),
    (CN, 'hours = "elapsed"', 'hours = "office"', "unknown-word", 'hours = "office"'),
    (CN, '"warn_and_take_the_earlier"', '"guess"', "unknown-word", '"guess"'),
    # reports, retention, appeal
    (CN, 'recipients = ["cac_incident"]', 'recipients = ["milkman"]', "unknown-recipient", 'id = "incident_first"'),
    (CN, 'decided_by = ["compliance"]', 'decided_by = ["robot"]', "unknown-role", 'decided_by = ["robot"]'),
    (
        CN,
        'policies = ["ill.insult_defame"]',
        'policies = ["ill.insult"]',
        "unknown-policy",
        'policies = ["ill.insult"]',
    ),
    (
        CN,
        '{ id = "contact", required = true },\n',
        '{ id = "contact", required = true, pii = "never" },\n',
        "pii",
        'id = "illegal_content"',
    ),
    (CN, 'correction = "supplement"          #', 'correction = "edit" #', "unknown-word", 'correction = "edit"'),
    (
        CN,
        "min_days = 60\nmax_days = 365",
        "min_days = 600\nmax_days = 365",
        "min-over-max",
        'class = "posted_content_record"',
    ),
    (CN, 'basis = ["PIPL:56"]\nkind = "legal"', 'kind = "legal"', "legal-without-basis", 'class = "impact_assessment"'),
    (CN, "human = true\noutcomes", "human = false\noutcomes", "appeal", "human = false"),
    (CN, "window_days = 180", "window_days = 0", "appeal", "[appeal]"),
    # notices, metrics, duties, identity, safeguards
    (CN, '"appeal_deadline"]', '"weather"]', "unknown-word", "must_contain"),
    (CN, 'expr = "krippendorff_alpha(double_blind_sample)"', "expr = \"__import__('os')\"", "metric", "__import__"),
    (CN, 'proof = ["managers.register", "managers.checks"]', "proof = []", "no-proof", 'id = "P2017-8a"'),
    (CN, '"provider_reference"]', '"id_number"]', "never-stored", "store = ["),
    (CN, 'on_overdue = ["limit_manager"]', 'on_overdue = ["scold"]', "unknown-measure", "on_overdue"),
    (CN, "fast_lane_hours = 1", "fast_lane_hours = 0", "clock-amount", "fast_lane_hours = 0"),
    (CN, "minutes = 15", "minutes = 0", "clock-amount", "minutes = 0"),
    (CN, 'review = { roles = ["supervisor", "dpo"]', 'review = { roles = ["cat"]', "unknown-role", "review = {"),
    # codes of another regime
    (EU, "dsa/sor_enums.json#category", "dsa/sor_enums.json#nothing", "taxonomy", "import ="),
    (EU, "dsa/sor_enums.json#category", "../../etc/passwd", "taxonomy", "import ="),
    (EU, 'id = "STATEMENT_CATEGORY_VIOLENCE"', 'id = "violence"', "taxonomy", "import ="),
    (EU, '"DECISION_ACCOUNT_TERMINATED"', '"DECISION_ACCOUNT_VAPORISED"', "unknown-code", "DECISION_ACCOUNT_VAPORISED"),
    (
        EU,
        'export = { category = "STATEMENT_CATEGORY_VIOLENCE" }',
        'export = { category = "X" }',
        "unknown-code",
        'category = "X"',
    ),
    # form
    (CN, 'veil = "opaque"', 'viel = "opaque"', "unknown-key", 'viel = "opaque"'),
    (
        CN,
        'severity = 4\nname = { en = "Opposing',
        'severity = "4"\nname = { en = "Opposing',
        "wrong-type",
        'severity = "4"',
    ),
    (CN, "counsel_reviewed = false", "counsel_reviewed = 0", "wrong-type", "counsel_reviewed = 0"),
    (CN, "in_force = 2017-10-01", 'in_force = "2017-10-01"', "wrong-type", 'in_force = "2017-10-01"'),
    (CN, "in_force = 2017-10-01", "in_force = 2017-10-01T00:00:00Z", "wrong-type", "in_force = 2017"),
    (CN, 'version = "0.1.1"\n', "", "missing-key", "[profile]"),
    (CN, 'notify = "reporter"\n', "", "missing-key", "[[measure]]"),
    (CN, 'format = "modstation.profile/1"', 'format = "modstation.profile/9"', "format", 'format = "modstation'),
    (CN, "[ladder]\n", "[ladder\n", "toml", "[ladder\n"),
    (
        CN,
        "severity = [4], strikes_from = 0",
        "severity = 4, strikes_from = 0",
        "wrong-type",
        "severity = 4, strikes_from",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "rule", "mark"), BROKEN, ids=lambda part: str(part)[:28])
def test_a_broken_rule_is_found_on_its_line(name: str, old: str, new: str, rule: str, mark: str) -> None:
    whole = text(name)
    assert whole.count(old) >= 1, "the profile no longer holds what this test breaks"
    broken = whole.replace(old, new, 1)
    found = findings(broken)
    assert rule in {finding.rule for finding in found}
    lines = {finding.line for finding in found if finding.rule == rule}
    wanted = line_of(broken, mark)
    assert wanted in lines or wanted - 1 in lines, f"line {wanted} ({mark!r}) but {found}"


def told_rules() -> set[str]:
    """The rule of every finding the source can make: the second argument of `note` and `Finding`."""
    rules = set()
    for name in ("lint", "lint_clocks", "lint_people", "lint_words", "builder", "loader"):
        tree = ast.parse((resources.files("modstation") / "regulation" / f"{name}.py").read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 2):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called in ("note", "Finding") and isinstance(call.args[1], ast.Constant):
                rules.add(str(call.args[1].value))
    return rules


def test_every_rule_of_the_linter_is_broken_by_a_test() -> None:
    elsewhere = {"encoding", "no-ladder", "empty-notice"}
    assert len(told_rules()) > 40
    assert told_rules() - {row[3] for row in BROKEN} == elsewhere


def test_a_profile_on_its_own_needs_ladder_catch_all_and_a_way_to_say_no_breach() -> None:
    alone = (
        'format = "modstation.profile/1"\n[profile]\nid = "x"\nversion = "1"\ntitle = { en = "x" }\n'
        'in_force = 2020-01-01\nlanguages = ["en"]\ntimezone = "UTC"\n'
    )
    assert {finding.rule for finding in findings(alone)} == {"no-breach", "no-ladder", "no-catch-all", "appeal"}
    empty = alone + "[notice]\nmust_contain = []\n"
    assert "empty-notice" in {finding.rule for finding in findings(empty)}


def test_the_sketch_of_a_profile_without_mapping_says_what_is_missing() -> None:
    sketch = text(EU).replace('canonical = "ban"\n', "")
    rules = {(finding.rule, finding.message.split("'")[1]) for finding in findings(sketch) if "'" in finding.message}
    assert {("unmappable-measure", "suspend"), ("unmappable-measure", "terminate")} <= rules


def test_findings_come_by_line_and_read_like_a_compilers() -> None:
    broken = text(CN).replace("severity = 3", "severity = 7").replace("release_approvers = 2", "release_approvers = 0")
    found = findings(broken)
    assert [f.line for f in found] == sorted(f.line for f in found)
    assert found[0].located("mine.toml").startswith(f"mine.toml:{found[0].line}: ")
    assert str(found[0]).startswith(f"line {found[0].line}: ")


def test_a_lint_without_what_is_below_finds_what_is_missing() -> None:
    terms = load_shipped(TERMS)
    assert lint(terms, [load_shipped(CN)]) == ()
    assert "not-stacked" in {finding.rule for finding in lint(terms)}
    assert "unknown-policy" in {finding.rule for finding in lint(load_profile(text(TERMS)), [load_shipped(EU)])}
