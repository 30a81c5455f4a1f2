"""The program that a bundle brings along: alone, distrustful, and never wrong about a whole one."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk.desk_parts import Office
from tests.evidence.evidence_parts import Bundle, altered, bundle, decided, faults, fingerprint, run_alone, verifier
from tests.evidence.tsa_parts import make_tsa, serving
from tests.store.store_parts import HandClock

from modstation.evidence.authorities import Asked, Authority, ask, poster
from modstation.evidence.bundle import Signer, reader, resource, stamp_again
from modstation.evidence.dossier import Audience
from modstation.evidence.plain import canonical, read_zip, safe, stored_zip
from modstation.models.errors import BadInput

SIGNED = ("signatures.json", "timestamps.json", "timestamps.sig.json")


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(resource("verify_bundle.py"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= set(sys.stdlib_module_names) | {"__future__"}


def test_a_whole_bundle_of_a_trusted_desk(tmp_path: Path, bundles: dict[Audience, Bundle]) -> None:
    for audience, each in bundles.items():
        print_ = fingerprint(each)
        ended = run_alone(tmp_path, each.data, "--trust", print_)
        assert (ended.code, ended.told["faults"]) == (0, []), (audience, ended.text)
        assert ended.told["says"] == "Whole, and signed by the desk you trust."
        assert ended.told["desk"] == print_


def test_a_fingerprint_may_be_written_as_people_write_them(tmp_path: Path, court: Bundle) -> None:
    text = fingerprint(court).upper()
    spaced = " ".join(text[place : place + 4] for place in range(0, 64, 4))
    assert run_alone(tmp_path, court.data, "--trust", spaced).code == 0


@pytest.mark.parametrize("words", [(), ("--trust", "0" * 64), ("--trust", "")])
def test_without_the_right_fingerprint_it_is_whole_but_of_nobody(
    tmp_path: Path, court: Bundle, words: tuple[str, ...]
) -> None:
    ended = run_alone(tmp_path, court.data, *words)
    assert ended.code == 1
    assert ended.told["says"].startswith("Whole, but signer not established")


def test_a_damaged_one_ends_with_two_and_says_so_to_people(tmp_path: Path, court: Bundle) -> None:
    changed = altered(court, **{"item.json": court.files["item.json"].replace(b"cheap", b"cheep")})
    ended = run_alone(tmp_path, changed, "--trust", fingerprint(court))
    assert ended.code == 2
    assert "item.json was changed" in ended.told["faults"]


def test_wrong_usage_and_missing_files_are_no_verdict(tmp_path: Path, court: Bundle) -> None:
    assert run_alone(tmp_path, court.data, "--no-such-option").code == 64
    assert run_alone(tmp_path, court.data, "--tsa-ca", "missing.pem").code == 3


def test_without_openssl_its_own_arithmetic_decides_and_it_says_so(tmp_path: Path, court: Bundle) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = run_alone(tmp_path, court.data, "--trust", fingerprint(court), path=str(empty))
    assert ended.code == 0
    assert any("openssl was not found" in note for note in ended.told["notes"])
    forged = json.loads(court.files["signatures.json"])
    name = next(iter(forged["manifest"]))
    forged["manifest"][name] = "00" * 64
    changed = altered(court, **{"signatures.json": canonical(forged)})
    assert run_alone(tmp_path, changed, path=str(empty)).code == 2


def test_it_prints_lines_for_people(tmp_path: Path, court: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.zip").write_bytes(court.data)
    assert verifier().main([str(tmp_path / "b.zip"), "--trust", fingerprint(court)]) == 0
    told = capsys.readouterr().out
    assert "journal rows" in told
    assert told.endswith("Whole, and signed by the desk you trust.\n")


# ---- flipping ----------------------------------------------------------------------------------------


@pytest.fixture
def no_openssl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many checks in a row go by the program's own arithmetic, for a process a signature would take minutes."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.promise(3)
def test_each_byte_of_a_bundle_that_is_flipped_is_found(bundles: dict[Audience, Bundle]) -> None:
    given_ = bundles[Audience.AUTHOR]
    data = given_.data
    read, missed = verifier().read_zip, []
    assert read(data)
    changed = bytearray(data)
    page, program = data.index(b"<!DOCTYPE"), data.index(b"#!/usr/bin/env")
    # Inside the two long texts every seventh byte will do: the same check covers all of them.
    long = {*range(page, page + len(given_.files["reader.html"])), *range(program, program + 15_000)}
    for place in (each for each in range(len(data)) if each not in long or each % 7 == 0):
        changed[place] ^= 1 << place % 8
        try:
            read(bytes(changed))
            missed.append(place)
        except ValueError:
            pass
        changed[place] = data[place]
    assert missed == []
    assert faults(data) == [], "and the untouched one is not accused"


@pytest.mark.usefixtures("no_openssl")
@pytest.mark.parametrize("path", SIGNED)
def test_each_byte_of_what_is_signed_is_found_in_a_repaired_zip(bundles: dict[Audience, Bundle], path: str) -> None:
    given_ = bundles[Audience.AUTHOR]
    body = given_.files[path]
    for place in range(len(body)):
        bit = (1, 32)[place % 2]
        flipped = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
        assert _first_fault(_with_page(given_, **{path: flipped})), (path, place, bit)


def _first_fault(data: bytes) -> list[str]:
    """The first faults that are found, without going on to the journal."""
    check = verifier().Check(data, None)
    check.open()
    for step in (check.hashes, check.stamps):
        try:
            step()
        except (LookupError, ValueError, TypeError, AttributeError) as problem:
            check.faults.append(repr(problem))
        if check.faults:
            break
    found: list[str] = check.faults
    return found


def _with_page(given_: Bundle, **files: bytes) -> bytes:
    """Files changed, the zip repaired and the page made to fit."""
    changed = {**given_.files, **files}
    changed.pop("reader.html")
    return stored_zip({**changed, "reader.html": reader(changed)})


@pytest.mark.usefixtures("no_openssl")
@settings(max_examples=60)
@given(data=st.data())
def test_a_flipped_byte_anywhere_in_a_repaired_zip_is_found(
    bundles: dict[Audience, Bundle], data: st.DataObject
) -> None:
    given_ = bundles[Audience.COURT]
    path = data.draw(st.sampled_from(sorted(given_.files)))
    body = given_.files[path]
    place, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    flipped = body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]
    whole = altered(given_, **{path: flipped}) if path == "reader.html" else _with_page(given_, **{path: flipped})
    assert faults(whole)


@pytest.mark.usefixtures("no_openssl")
def test_files_added_taken_away_or_put_in_another_order_are_found(court: Bundle) -> None:
    files = dict(court.files)
    assert faults(stored_zip({"a.txt": b"x", **files}))
    assert faults(stored_zip(dict(reversed(files.items()))))
    for path in files:
        assert faults(stored_zip({name: body for name, body in files.items() if name != path})), path


# ---- a desk that lies with its own key ---------------------------------------------------------------


class Liar:
    """Somebody with the desk's key who writes the manifest anew after changing a file."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.bundle = bundle(office)

    def seal(self, **files: bytes) -> list[str]:
        changed = {**self.bundle.files, **files}
        manifest = json.loads(changed["manifest.json"])
        for entry in manifest["files"]:
            body = changed[entry["path"]]
            entry |= {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        changed["manifest.json"] = canonical(manifest)
        pen, desk_pen = self.office.open("demo-com").work.pen, self.office.first.shared.store.desk_pen
        signed = {each.key_id: each.key.sign(changed["manifest.json"]).hex() for each in (pen, desk_pen)}
        changed["signatures.json"] = canonical({"manifest": signed})
        stamps = canonical({"manifest_sha256": hashlib.sha256(changed["manifest.json"]).hexdigest(), "stamps": []})
        changed["timestamps.json"] = stamps
        sign = {"timestamps": {desk_pen.key_id: desk_pen.key.sign(stamps).hex()}}
        changed["timestamps.sig.json"] = canonical(sign)
        return faults(_with_page(Bundle(b"", changed)))

    def journal(self, change: str, value: object, kind: str = "decision.made") -> list[str]:
        journal = self.bundle.json("journal.json")
        row = next(each for each in journal["rows"] if each.get("kind") == kind)
        row[change] = value
        return self.seal(**{"journal.json": safe(journal)})


@pytest.fixture
def liar(desk: Office, no_openssl: None) -> Liar:
    decided(desk)
    return Liar(desk)


def test_the_liar_would_get_away_with_changing_nothing(liar: Liar) -> None:
    assert liar.seal() == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("actor", "demo-sup", "was changed"),
        ("at", "1", "was changed"),
        ("body", '{"decision":"D"}', "was changed"),
        ("hash", "00" * 32, "does not belong to the journal"),
        ("signature", "00" * 64, "signature of journal row"),
        ("seq", 3, "does not belong"),
        ("path", [], "does not belong"),
        ("key_id", "0" * 16, "0000"),
    ],
)
def test_no_row_can_be_changed_by_who_holds_the_desks_key(liar: Liar, field: str, value: object, words: str) -> None:
    """A person's row is theirs: the desk cannot sign it anew, nor move it."""
    assert any(words in fault for fault in liar.journal(field, value))


def test_no_row_can_be_taken_out_or_doubled(liar: Liar) -> None:
    journal = liar.bundle.json("journal.json")
    page = next(row for row in journal["rows"] if row["kind"] == "pull.page")
    assert liar.seal(**{"journal.json": safe({**journal, "rows": [r for r in journal["rows"] if r != page]})})
    assert liar.seal(**{"journal.json": safe({**journal, "rows": [*journal["rows"], page]})})


def test_no_text_can_be_put_in_place_of_the_one_judged(liar: Liar) -> None:
    openings = liar.bundle.json("openings.json")
    first = next(iter(openings["openings"]))
    openings["openings"][first] = "QUFBQUFBQUFBQUFBQUFBQXt9"
    assert any("sealed text" in fault for fault in liar.seal(**{"openings.json": safe(openings)}))
    items = liar.bundle.json("item.json")
    items["items"][0]["revisions"][0]["body"] = "something worse"
    assert any("something else" in fault for fault in liar.seal(**{"item.json": safe(items)}))


def test_no_text_can_be_passed_off_as_erased(liar: Liar) -> None:
    items = liar.bundle.json("item.json")
    items["items"][0]["revisions"][0] |= {"state": "erased", "title": "", "body": ""}
    assert any("hides a text" in fault for fault in liar.seal(**{"item.json": safe(items)}))


@pytest.mark.parametrize("field", ["meta", "commitment", "place", "count", "path"])
def test_no_observation_can_be_changed(liar: Liar, field: str) -> None:
    values = {"meta": "{}", "commitment": "00" * 32, "place": 1, "count": 99, "path": ["00" * 32]}
    journal = liar.bundle.json("journal.json")
    journal["observations"][0][field] = values[field]
    assert liar.seal(**{"journal.json": safe(journal)})


@pytest.mark.parametrize("change", [{"policy": "terms.spam"}, {"measures": []}, {"row": "elsewhere"}])
def test_no_decision_can_be_told_otherwise_than_its_row(liar: Liar, change: dict[str, object]) -> None:
    items = liar.bundle.json("item.json")
    items["items"][0]["decisions"][0] |= change
    assert "item.json tells of a decision otherwise" in liar.seal(**{"item.json": safe(items)})


@pytest.mark.promise(6)
def test_an_approval_of_ones_own_is_found_even_where_every_signature_is_good(court: Bundle) -> None:
    check = verifier().Check(b"", None)
    check.files = court.files
    made = next(row for row in court.rows if row["kind"] == "decision.made")
    name = json.loads(made["body"])["decision"]
    approval = {"kind": "approval.given", "body": json.dumps({"decision": name})}
    check.decisions([made, {**approval, "actor": "demo-sup"}])
    assert check.faults == []
    check.decisions([made, {**approval, "actor": made["actor"]}])
    assert check.faults == ["demo-mod approved what they themselves had proposed"]


# ---- Ed25519 -----------------------------------------------------------------------------------------

#: RFC 8032 section 7.1, tests 1 to 3: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
        "5141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
        "0d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
        "27beceea1ec40a",
    ),
]
SIGNATURES = [(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(text)) for key, message, text in VECTORS]


def test_the_vectors_of_rfc_8032_are_good_alone_and_together() -> None:
    for each in SIGNATURES:
        assert verifier().all_signed([each])
    assert verifier().all_signed(SIGNATURES)
    assert verifier().all_signed([])


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.data())
def test_signatures_are_judged_as_the_library_judges_them(messages: list[bytes], data: st.DataObject) -> None:
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2)]
    signed = [
        (keys[n % 2].public_key().public_bytes_raw(), message, keys[n % 2].sign(message))
        for n, message in enumerate(messages)
    ]
    assert verifier().all_signed(signed)
    which = data.draw(st.integers(0, len(signed) - 1))
    part, place = data.draw(st.sampled_from([0, 2])), data.draw(st.integers(0, 31))
    spoilt = list(signed[which])
    body = bytearray(spoilt[part])
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    spoilt[part] = bytes(body)
    assert not verifier().all_signed([*signed[:which], tuple(spoilt), *signed[which + 1 :]])


def test_what_is_no_signature_is_refused() -> None:
    key, message, signature = SIGNATURES[0]
    order = (2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little")
    higher = int.from_bytes(signature[32:], "little") + int.from_bytes(order, "little")
    for bad in (b"", signature[:63], signature + b"\0", b"\xff" * 64, signature[:32] + higher.to_bytes(32, "little")):
        assert not verifier().all_signed([(key, message, bad)])
    assert not verifier().all_signed([(b"\xff" * 32, message, signature)])
    assert not verifier().all_signed([(key[:31], message, signature)])
    # y = 1 with the sign bit set is a point that RFC 8032 does not have.
    assert verifier().point((1).to_bytes(32, "little")) is not None
    assert verifier().point((1 | 1 << 255).to_bytes(32, "little")) is None


# ---- time stamps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("both", [False, True])
def test_a_stamped_bundle_is_checked_by_openssl(tmp_path: Path, desk: Office, both: bool) -> None:
    decided(desk)
    with serving(make_tsa(tmp_path / "tsa", both=both)) as tsa:
        made = bundle(desk, stamps=lambda m: ask([Authority("demo", tsa.url, (tsa.root,))], m, poster(), HandClock()))
    print_ = fingerprint(made)
    alone = run_alone(tmp_path, made.data, "--trust", print_)
    assert (alone.code, alone.told["counts"]["time stamps"]) == (0, 1)
    assert any("authority not established" in note for note in alone.told["notes"])
    trusting = run_alone(tmp_path, made.data, "--trust", print_, "--tsa-ca", tsa.root_file)
    assert trusting.code == 0
    assert any("authority established" in note for note in trusting.told["notes"]), trusting.text
    other = make_tsa(tmp_path / "other")
    stranger = run_alone(tmp_path, made.data, "--trust", print_, "--tsa-ca", other.root_file)
    assert any("not by the authority you gave" in note for note in stranger.told["notes"])


def test_a_token_of_another_bundle_or_a_forged_one_is_found(tmp_path: Path, desk: Office) -> None:
    decided(desk)
    with serving(make_tsa(tmp_path / "tsa")) as tsa:
        authority = Authority("demo", tsa.url, (tsa.root,))
        made = bundle(desk, stamps=lambda m: ask([authority], m, poster(), HandClock()))
        other = bundle(desk, stamps=lambda m: ask([authority], m, poster(), HandClock()))
    token = "timestamps/1.tsr"
    pen = desk.first.shared.store.desk_pen
    forged = bytearray(made.files[token])
    forged[-1] ^= 1
    for swapped in (other.files[token], bytes(forged)):
        stamps = made.json("timestamps.json")
        stamps["stamps"][0]["sha256"] = hashlib.sha256(swapped).hexdigest()
        data = canonical(stamps)
        signature = canonical({"timestamps": {pen.key_id: pen.key.sign(data).hex()}})
        changed = {token: swapped, "timestamps.json": data, "timestamps.sig.json": signature}
        found = faults(_with_page(made, **changed))
        assert any(token in fault for fault in found), found


def test_a_bundle_made_offline_says_so_and_is_stamped_later(tmp_path: Path, desk: Office) -> None:
    decided(desk)
    with serving(make_tsa(tmp_path / "tsa")) as tsa, serving(make_tsa(tmp_path / "late", name="Late")) as late:
        late.behaviour = "broken"
        both = [Authority("one", tsa.url, (tsa.root,)), Authority("late", late.url, (late.root,))]
        made = bundle(desk, stamps=lambda m: ask(both, m, poster(), HandClock()))
        told = run_alone(tmp_path, made.data)
        assert any("not stamped by late (queued" in note for note in told.told["notes"])
        late.behaviour = "honest"
        pen = desk.first.shared.store.desk_pen

        def missing(manifest: bytes, done: frozenset[str]) -> Sequence[Asked]:
            return ask([each for each in both if each.url not in done], manifest, poster(), HandClock())

        data, stamps = stamp_again(made.data, Signer(pen.key_id, pen.key.sign), missing)
        assert tsa.asked == 1, "who had stamped already is not asked again"
    assert [each["state"] for each in stamps] == ["granted", "granted"]
    assert faults(data) == []
    assert read_zip(data)["manifest.json"] == made.files["manifest.json"]
    assert run_alone(tmp_path, data, "--tsa-ca", tsa.root_file).told["counts"]["time stamps"] == 2


def test_only_the_desk_that_made_a_bundle_adds_stamps_and_only_to_a_whole_one(desk: Office) -> None:
    decided(desk)
    made = bundle(desk)
    pen = desk.first.shared.store.desk_pen
    with pytest.raises(BadInput, match="Another desk"):
        stamp_again(made.data, Signer("0" * 16, pen.key.sign), lambda manifest, done: ())
    with pytest.raises(BadInput, match="changed"):
        stamp_again(made.data[:-1] + b"x", Signer(pen.key_id, pen.key.sign), lambda manifest, done: ())


def test_it_is_found_by_its_name_inside_the_bundle(court: Bundle) -> None:
    assert court.files["verify_bundle.py"] == resource("verify_bundle.py")
    assert court.files["verify_bundle.py"].startswith(b"#!/usr/bin/env python3")
    assert os.linesep.encode() in court.files["verify_bundle.py"]
