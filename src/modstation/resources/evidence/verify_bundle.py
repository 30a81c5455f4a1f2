#!/usr/bin/env python3
"""Checks a ModStation evidence bundle. Needs Python 3.9 or newer and nothing else; `openssl` for time stamps.

    python3 -I -S verify_bundle.py BUNDLE.zip --trust FINGERPRINT [--tsa-ca AUTHORITY.pem] [--json]

Exit code: 0 whole, and signed by the desk whose fingerprint you gave; 1 whole, but signer not established;
2 not whole: something was changed; 3 could not be checked; 64 wrong usage.

The fingerprint is the SHA-256 of the desk's public key. Get it from the desk by another way than the bundle.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from typing import Any

TRUSTED, UNKNOWN_SIGNER, NOT_WHOLE, NOT_CHECKED, USAGE = 0, 1, 2, 3, 64
LOCAL, CENTRAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
OUTSIDE = {"manifest.json", "signatures.json", "timestamps.json", "timestamps.sig.json", "reader.html"}
SLOT, SLOT_END = b'<script id="bundle" type="application/json">', b"</script>"


def stored_zip(files: dict[str, bytes]) -> bytes:
    """The only bytes that these files make."""
    parts: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for path, data in files.items():
        name, crc, size = path.encode("ascii"), zlib.crc32(data), len(data)
        local = LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name
        entry = (b"PK\x01\x02", 20, 20, 0, 0, 0, 33, crc, size, size, len(name), 0, 0, 0, 0, 0, offset)
        central.append(CENTRAL.pack(*entry) + name)
        parts += [local, data]
        offset += len(local) + size
    listing = b"".join(central)
    end = END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(listing), offset, 0)
    return b"".join([*parts, listing, end])


def read_zip(data: bytes) -> dict[str, bytes]:
    """The files of a bundle. Raises ValueError for a zip that differs by a single byte from how it was written."""
    files: dict[str, bytes] = {}
    place = 0
    try:
        while data[place : place + 4] == b"PK\x03\x04":
            fields = LOCAL.unpack_from(data, place)
            start = place + LOCAL.size + fields[9]
            files[data[place + LOCAL.size : start].decode("ascii")] = data[start : start + fields[7]]
            place = start + fields[7]
        same = bool(files) and stored_zip(files) == data
    except (struct.error, UnicodeError):
        same = False
    if not same:
        raise ValueError("the zip itself was changed, cut off, packed anew, or is no bundle")
    return files


def load(files: dict[str, bytes], path: str, strict: bool = False) -> Any:
    """A JSON file of the bundle; where `strict`, in its one spelling (RFC 8785). Raises ValueError."""
    value = json.loads(files[path].decode("utf-8"))
    if strict and json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() != files[path]:
        raise ValueError(f"{path} is not in its one spelling")
    return value


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def root_of(data: bytes, index: int, size: int, path: list[str]) -> bytes:
    """The root (RFC 6962) that a leaf and its path lead to; no bytes where the path does not fit the place."""
    place, last, found = index, size - 1, hashlib.sha256(b"\x00" + data).digest()
    if not 0 <= index < size:
        return b""
    for other in map(bytes.fromhex, path):
        if last == 0:
            return b""
        if place & 1 or place == last:
            found = hashlib.sha256(b"\x01" + other + found).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + other).digest()
        place, last = place >> 1, last >> 1
    return found if last == 0 else b""


# Ed25519 (RFC 8032), many signatures at once.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """The sum of two points in extended coordinates."""
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def point(data: bytes) -> Point | None:
    """A point from its 32 bytes, None for bytes that are no point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7 % P, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or ZERO


def total(terms: list[tuple[int, Point]]) -> Point:
    """The sum of all points, each so many times: buckets of a few bits at a time (Pippenger)."""
    found, bits = ZERO, max(2, len(terms).bit_length() - 3)
    for shift in range(256 // bits * bits, -1, -bits):
        for _ in range(bits):
            found = add(found, found)
        buckets: dict[int, Point] = {}
        for scalar, each in terms:
            digit = scalar >> shift & (1 << bits) - 1
            if digit:
                buckets[digit] = add(buckets[digit], each) if digit in buckets else each
        running = part = ZERO
        for digit in range(max(buckets, default=0), 0, -1):
            running = add(running, buckets[digit]) if digit in buckets else running
            part = add(part, running)
        found = add(found, part)
    return found


def all_signed(signed: list[tuple[bytes, bytes, bytes]]) -> bool:
    """Whether every (key, message, signature) is good: one equation with random weights over all of them."""
    base, keys, terms = 0, dict[bytes, int](), list[tuple[int, Point]]()
    points = {key: point(key) for key, _, _ in signed}
    for key, message, signature in signed:
        r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or r is None or s >= ORDER or points[key] is None:
            return False
        weight = int.from_bytes(os.urandom(16), "little") | 1
        k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little")
        base = (base + weight * s) % ORDER
        keys[key] = (keys.get(key, 0) + weight * k) % ORDER
        terms.append((weight, r))
    terms += [(scalar, points[key] or ZERO) for key, scalar in keys.items()]
    sum_ = total([*terms, (base, (P - BASE[0], BASE[1], 1, P - BASE[3]))])
    for _ in range(3):
        sum_ = add(sum_, sum_)
    return sum_[0] % P == 0 and (sum_[1] - sum_[2]) % P == 0


def openssl(files: dict[str, bytes], command: str) -> bool | None:
    """Whether the openssl program agrees; None where there is none. `{name}` in the command is that file's path."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in files}
        for name, data in files.items():
            with open(paths[name], "wb") as file:
                file.write(data)
        words = ["openssl", *(word.format(**paths) for word in command.split())]
        try:
            return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return None


def token_of(answer: bytes) -> bytes:
    """The signed token inside a time stamp answer."""

    def value(data: bytes) -> tuple[bytes, bytes, bytes]:
        size, start = data[1], 2
        if size & 128:
            start = 2 + (size & 127)
            size = int.from_bytes(data[2:start], "big")
        return data[start : start + size], data[: start + size], data[start + size :]

    return value(value(value(answer)[0])[2])[1]


class Check:
    """Goes through a bundle; `faults` is what does not hold, `notes` what somebody should know."""

    def __init__(self, data: bytes, tsa_ca: bytes | None) -> None:
        self.data, self.tsa_ca, self.desk = data, tsa_ca, ""
        self.faults: list[str] = []
        self.notes: dict[str, None] = {}
        self.counts: dict[str, int] = {}
        self.keys: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        """All checks; whatever one of them stumbles over is a fault of the bundle."""
        for check in (self.open, self.hashes, self.reader, self.stamps, self.journal):
            try:
                check()
            except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as problem:
                self.faults.append(f"{check.__name__}: {problem if problem.args else repr(problem)}")
                return

    def open(self) -> None:
        """The zip, the manifest, and its keys under their ids."""
        self.files = read_zip(self.data)
        self.manifest = load(self.files, "manifest.json", strict=True)
        for key in self.manifest["keys"]:
            public = sha256(bytes.fromhex(key["public"]))
            self.want(key["fingerprint"] == public and key["key_id"] == public[:16], "a key's id does not fit it")
            self.keys[key["key_id"]] = key
        desk = self.keys.get(self.manifest["desk"]["key_id"], {})
        self.want(desk.get("kind") == "desk", "the desk's own key is missing")
        self.desk = desk.get("fingerprint", "")

    def want(self, holds: bool, what: str) -> None:
        """Note a fault where something does not hold."""
        if not holds:
            self.faults.append(what)

    def signed(self, path: str, name: str, message: bytes) -> None:
        """A file of signatures: checked by the arithmetic above, and by openssl where there is one."""
        signatures = load(self.files, path, strict=True)
        self.want(list(signatures) == [name], f"{path} holds something else")
        self.want(self.manifest["desk"]["key_id"] in signatures[name], f"{path}: the desk did not sign")
        command = "pkeyutl -verify -pubin -inkey {key} -rawin -in {message} -sigfile {signature}"
        for key_id, text in signatures[name].items():
            key, signature = bytes.fromhex(self.keys[key_id]["public"]), bytes.fromhex(text)
            good = signature.hex() == text and all_signed([(key, message, signature)])
            pem = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key)
            pem = b"-----BEGIN PUBLIC KEY-----\n" + pem + b"\n-----END PUBLIC KEY-----\n"
            by_openssl = openssl({"key": pem, "message": message, "signature": signature}, command)
            if by_openssl is None:
                self.notes.setdefault("openssl was not found: signatures were checked by this program alone")
            self.want(good and by_openssl is not False, f"{path}: a signature is not good")

    def hashes(self) -> None:
        """The manifest is signed; every file is listed and has its hash, and no other file is there."""
        self.want(self.manifest["format"] == "modstation.bundle/1", "another format than this program knows")
        self.signed("signatures.json", "manifest", self.files["manifest.json"])
        listed = {each["path"]: each for each in self.manifest["files"]}
        found = {path for path in self.files if path not in OUTSIDE and not path.startswith("timestamps/")}
        for path in sorted(found ^ set(listed)):
            self.faults.append(f"{path} is {'missing' if path in listed else 'not listed'}")
        for path in sorted(found & set(listed)):
            data, entry = self.files[path], listed[path]
            self.want(len(data) == entry["bytes"] and sha256(data) == entry["sha256"], f"{path} was changed")
        order = [*sorted(path for path in self.files if path != "reader.html"), "reader.html"]
        self.want(list(self.files) == order, "the files stand in another order")
        self.counts["files"] = len(found)

    def reader(self) -> None:
        """The page is the one that was sealed, and holds the same files."""
        before, slot, rest = self.files["reader.html"].partition(SLOT)
        inside, end, after = rest.partition(SLOT_END)
        template = sha256(before + slot + end + after)
        self.want(template == self.manifest["reader_template_sha256"], "reader.html was changed")
        held = {p: b for p, b in self.files.items() if p[:6] not in ("reader", "verify", "media/")}
        wanted = {path: base64.b64encode(body).decode() for path, body in held.items()}
        text = json.dumps(wanted, sort_keys=True, separators=(",", ":"))
        self.want(inside == text.encode(), "reader.html shows other files than the bundle has")

    def stamps(self) -> None:
        """The list of time stamps is the desk's, and each token stamps this manifest."""
        listed, manifest = load(self.files, "timestamps.json", strict=True), self.files["manifest.json"]
        self.signed("timestamps.sig.json", "timestamps", self.files["timestamps.json"])
        self.want(listed["manifest_sha256"] == sha256(manifest), "the time stamps are another bundle's")
        named = {each["file"] for each in listed["stamps"]} - {""}
        self.want(named == {p for p in self.files if p.startswith("timestamps/")}, "a time stamp too many or too few")
        for each in listed["stamps"]:
            if each["state"] != "granted":
                self.notes.setdefault(f"not stamped by {each['name']} ({each['state']}: {each['why']})")
                continue
            token = self.files[each["file"]]
            self.want(sha256(token) == each["sha256"], f"{each['file']} was changed")
            self.stamp(each, token, manifest)
        self.counts["time stamps"] = len(named)
        if not named:
            self.notes.setdefault("not yet stamped by any authority: the time is the desk's own word")

    def stamp(self, entry: dict[str, Any], answer: bytes, manifest: bytes) -> None:
        """One token, by openssl."""
        if hashlib.sha256(manifest).digest() not in answer:
            raise ValueError(f"{entry['file']} stamps something else")
        files = {"answer": answer, "token": token_of(answer), "manifest": manifest, "out": b""}
        good = openssl(files, "cms -verify -inform DER -in {token} -noverify -out {out}")
        self.want(good is not False, f"{entry['file']}: its signature is not good")
        said = "not checked: openssl was not found" if good is None else "authority not established (give --tsa-ca)"
        if good is not None and self.tsa_ca is not None:
            files["ca"] = self.tsa_ca
            trusted = openssl(files, "ts -verify -data {manifest} -in {answer} -CAfile {ca}")
            said = "authority established" if trusted else "not by the authority you gave"
        self.notes.setdefault(f"stamped {entry['stamped']} by {entry['name']}, {said}")

    def journal(self) -> None:
        """Rows, observations and texts lead to the roots that were signed."""
        chains = {each["desk"]: each for each in self.manifest["journal"]}
        for chain in chains.values():
            head = root_of(bytes.fromhex(chain["head"]), chain["rows"] - 1, chain["rows"], chain["path"])
            self.want(head.hex() == chain["root"], f"the head of {chain['desk']} is not its last row")
        journal = load(self.files, "journal.json")
        rows = {(row["desk"], row["seq"]): row for row in journal["rows"]}
        self.want(len(rows) == len(journal["rows"]), "a journal row stands there twice")
        for row in rows.values():
            self.row(row, rows, chains)
        self.row_signatures(list(rows.values()))
        self.decisions(list(rows.values()))
        named = {row_body(row).get("sealed") for row in rows.values() if "body" in row}
        named |= {self.observation(each, rows) for each in journal["observations"]}
        self.openings(named)
        self.counts.update({"signed journal rows": len(rows), "observations": len(journal["observations"])})

    def row(self, row: dict[str, Any], rows: dict[Any, Any], chains: dict[str, Any]) -> None:
        """One row: its hash, its place under the root, its link to the row before it where that one is here."""
        name, chain = f"journal row {row['seq']}", chains[row["desk"]]
        found = root_of(bytes.fromhex(row["hash"]), row["seq"] - 1, chain["rows"], row["path"])
        self.want(found.hex() == chain["root"], f"{name} does not belong to the journal")
        if "body" not in row:
            return
        self.want(digest(row).hex() == row["hash"], f"{name} was changed")
        before = rows.get((row["desk"], row["seq"] - 1))
        if before:
            self.want(row["prev"] == before["hash"], f"{name} does not follow the row before it")
            self.want("hlc" not in before or int(before["hlc"]) < int(row["hlc"]), f"{name} has an earlier stamp")
        key = self.keys[row["key_id"]]
        owner = row["desk"] if key["kind"] == "desk" else key["owner"]
        self.want(row["actor"] == owner, f"{name} is not signed by {row['actor']}")

    def row_signatures(self, rows: list[dict[str, Any]]) -> None:
        """All signatures at once; only where that fails, one by one, to name the row."""
        signed = [
            (bytes.fromhex(self.keys[r["key_id"]]["public"]), bytes.fromhex(r["hash"]), bytes.fromhex(r["signature"]))
            for r in rows
        ]
        if not all_signed(signed):
            for place, each in enumerate(signed):
                self.want(all_signed([each]), f"the signature of journal row {rows[place]['seq']} is not good")

    def decisions(self, rows: list[dict[str, Any]]) -> None:
        """Nobody said yes to what they themselves had proposed, and item.json tells of decisions as their rows do."""
        items = load(self.files, "item.json")["items"]
        told = {each["row"]: each for item in items for each in item["decisions"] if "policy" in each}
        made = {row_body(row)["decision"]: row["actor"] for row in rows if row.get("kind") == "decision.made"}
        for row in rows:
            if row.get("kind") == "approval.given":
                own = made.get(row_body(row)["decision"]) == row["actor"]
                self.want(not own, f"{row['actor']} approved what they themselves had proposed")
            elif row.get("kind") == "decision.made":
                body, said = row_body(row), told.get(f"{row['desk']}:{row['seq']}", {"policy": "", "measures": []})
                same = [[each["measure"], each["days"]] for each in said["measures"]] == body["choices"]
                self.want(same and said["policy"] == body["policy"], "item.json tells of a decision otherwise")

    def observation(self, each: dict[str, Any], rows: dict[Any, Any]) -> str:
        """One observation lies under its page's root; its commitment."""
        page = row_body(rows[each["desk"], each["seq"]])
        data = each["meta"].encode() + bytes.fromhex(each["commitment"])
        found = root_of(data, each["place"], each["count"], each["path"])
        holds = found.hex() == page["root"] and each["count"] == page["count"]
        self.want(holds, f"an observation does not belong to page {each['seq']}")
        return str(each["commitment"])

    def openings(self, named: set[Any]) -> None:
        """Every text is the one that was committed to, and the readable form says the same."""
        opened = load(self.files, "openings.json")["openings"]
        texts = {}
        for commitment, text in opened.items():
            data = base64.b64decode(text, validate=True)
            self.want(sha256(data) == commitment and commitment in named, "a sealed text was changed or is a stranger")
            texts[commitment] = json.loads(data[16:].decode("utf-8", "surrogatepass"))
        erased = 0
        for revision in [each for item in load(self.files, "item.json")["items"] for each in item["revisions"]]:
            text = texts.get(revision["commitment"])
            erased += text is None
            same = all(revision[part] == (text[part] if text else "") for part in ("title", "body"))
            self.want(same, "item.json says something else than what was sealed")
            self.want((text is None) == (revision["state"] == "erased"), "item.json hides a text or an erasure")
        self.counts.update({"sealed texts": len(texts), "erased texts (tombstones)": erased})


def row_body(row: dict[str, Any]) -> Any:
    """What a row says."""
    return json.loads(row["body"])


def digest(row: dict[str, Any]) -> bytes:
    """The hash that an open row must carry: SHA-256 over its fields, each with its length in front."""
    numbers = (int(row["seq"]), int(row["hlc"]), int(row["at"]), int(row["version"]))
    texts = (row["desk"], row["kind"], row["actor"], row["key_id"], row["session"], row["subject"], row["body"])
    fields = [number.to_bytes(8, "big", signed=True) for number in numbers]
    fields += [text.encode() for text in texts] + [bytes.fromhex(row["prev"])]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in fields)).digest()


def verdict(check: Check, trust: str) -> tuple[int, str]:
    """The exit code and its sentence."""
    if check.faults:
        return NOT_WHOLE, "NOT WHOLE: something was changed. Do not rely on this bundle."
    if trust == check.desk:
        return TRUSTED, "Whole, and signed by the desk you trust."
    why = "the desk has another fingerprint than you gave" if trust else "give --trust with the desk's fingerprint"
    return UNKNOWN_SIGNER, f"Whole, but signer not established: {why}."


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description="Check a ModStation evidence bundle.")
    parser.add_argument("bundle")
    parser.add_argument("--trust", default="", help="SHA-256 of the desk's public key, in hex")
    parser.add_argument("--tsa-ca", default="", help="PEM file of the time stamp authorities you trust")
    parser.add_argument("--json", action="store_true")
    try:
        options = parser.parse_args(arguments)
        with open(options.bundle, "rb") as file:
            data = file.read()
        with open(options.tsa_ca or os.devnull, "rb") as file:
            authority = file.read()
    except SystemExit as stop:
        return USAGE if stop.code else 0
    except OSError as problem:
        print(f"Cannot be read: {problem}", file=sys.stderr)
        return NOT_CHECKED
    check = Check(data, authority or None)
    check.run()
    code, sentence = verdict(check, "".join(options.trust.lower().replace(":", "").split()))
    if options.json:
        told = {"exit": code, "says": sentence, "faults": check.faults, "notes": list(check.notes)}
        print(json.dumps({**told, "counts": check.counts, "desk": check.desk}))
        return code
    lines = [f"{count:>8} {name}" for name, count in check.counts.items()]
    lines += [f"FAULT    {fault}" for fault in check.faults] + [f"note     {note}" for note in check.notes]
    print("\n".join([*lines, f"desk     {check.desk}", sentence]).encode("ascii", "backslashreplace").decode())
    return code


if __name__ == "__main__":
    sys.exit(main())
