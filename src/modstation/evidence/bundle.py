"""Sealing a bundle: manifest, signatures, time stamps, the page to read it, one zip with exactly one spelling."""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from modstation import __version__
from modstation.models.errors import BadInput

from .authorities import Asked
from .dossier import Audience, Collected
from .plain import canonical, moment, read_zip, safe, stored_zip
from .shape import Shaped, shape

FORMAT = "modstation.bundle/1"
MANIFEST, SIGNATURES, STAMPS, STAMPS_SIGNATURE = (
    "manifest.json", "signatures.json", "timestamps.json", "timestamps.sig.json",
)  # fmt: skip
READER, VERIFIER = "reader.html", "verify_bundle.py"
SOFTWARE = f"ModStation {__version__}"

#: Where the page keeps its bundle; everything around it is the template whose hash stands in the manifest.
_SLOT = b'<script id="bundle" type="application/json">'
_SLOT_END = b"</script>"
_HOW = (
    "Read from the desk's encrypted store. Server answers were captured over the forum's programming interface when a"
    " person opened the item and before anything was sent; nothing was typed over."
)

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signs: the id of their public key, and how."""

    key_id: str
    sign: Sign


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who makes a bundle, when (UTC ms), for whom. `desk` and `person` both sign its manifest."""

    at: int
    by: str
    audience: Audience
    desk_id: str
    desk: Signer
    person: Signer


@cache
def resource(name: str) -> bytes:
    """A file that is put into every bundle."""
    return (resources.files("modstation") / "resources" / "evidence" / name).read_bytes()


def seal(
    collected: Collected, sealing: Sealing, stamps: Callable[[bytes], Sequence[Asked]] = lambda manifest: ()
) -> bytes:
    """The bytes of a bundle. `stamps` is asked with the manifest's bytes. Raises BadInput where it grows too large."""
    shaped = shape(collected, sealing.audience, SOFTWARE)
    files = {**shaped.files, VERIFIER: resource(VERIFIER)}
    manifest = canonical(_manifest(collected, sealing, shaped, files))
    signers = {each.key_id: each for each in (sealing.desk, sealing.person)}
    signatures = {"manifest": {name: each.sign(manifest).hex() for name, each in signers.items()}}
    return _assemble(manifest, canonical(signatures), files, _stamped(manifest, sealing.desk, stamps(manifest)))


def stamp_again(
    data: bytes, desk: Signer, ask: Callable[[bytes, frozenset[str]], Sequence[Asked]]
) -> tuple[bytes, tuple[dict[str, Any], ...]]:
    """A bundle with the tokens that were still missing, and all its entries.

    `ask` gets the manifest and the addresses that need not be asked again. Raises BadInput for a changed bundle and
    for one that this desk did not make.
    """
    import json

    files = read_zip(data)
    manifest = files[MANIFEST]
    if json.loads(manifest)["desk"]["key_id"] != desk.key_id:
        raise BadInput("Another desk made this bundle.", "", "Have it stamped there.")
    before = [each for each in json.loads(files[STAMPS])["stamps"] if each["state"] == "granted"]
    tokens = [files[each["file"]] for each in before]
    asked = ask(manifest, frozenset(each["url"] for each in before))
    entries = [(each, token) for each, token in zip(before, tokens, strict=True)]
    entries += [(each.value(""), each.token) for each in asked]
    stamped = _stamp_files(manifest, desk, entries)
    kept = {path: body for path, body in files.items() if path not in _OUTSIDE and not path.startswith("timestamps/")}
    made = _assemble(manifest, files[SIGNATURES], kept, stamped)
    return made, tuple(json.loads(stamped[STAMPS])["stamps"])


_OUTSIDE = (MANIFEST, SIGNATURES, STAMPS, STAMPS_SIGNATURE, READER)


def _stamped(manifest: bytes, desk: Signer, asked: Sequence[Asked]) -> dict[str, bytes]:
    return _stamp_files(manifest, desk, [(each.value(""), each.token) for each in asked])


def _stamp_files(manifest: bytes, desk: Signer, entries: Sequence[tuple[dict[str, Any], bytes]]) -> dict[str, bytes]:
    """`timestamps.json` with the desk's signature, and the tokens it names."""
    listed, tokens = [], {}
    for number, (entry, token) in enumerate(entries, 1):
        path = f"timestamps/{number}.tsr" if token else ""
        listed.append({**entry, "file": path})
        if token:
            tokens[path] = token
    stamps = canonical({"manifest_sha256": _sha256(manifest), "stamps": listed})
    signature = canonical({"timestamps": {desk.key_id: desk.sign(stamps).hex()}})
    return {STAMPS: stamps, STAMPS_SIGNATURE: signature, **tokens}


def _assemble(manifest: bytes, signatures: bytes, files: Mapping[str, bytes], stamps: Mapping[str, bytes]) -> bytes:
    inside = {MANIFEST: manifest, SIGNATURES: signatures, **stamps, **files}
    ordered = {path: inside[path] for path in sorted(inside)}
    return stored_zip({**ordered, READER: reader(ordered)})


def reader(files: Mapping[str, bytes]) -> bytes:
    """The page with the bundle inside it: a page opened by a double click may not read the files beside it."""
    before, after = template()
    carried = {path: body for path, body in files.items() if carries(path)}
    values = {path: base64.b64encode(body).decode("ascii") for path, body in carried.items()}
    return before + safe(values) + after


def carries(path: str) -> bool:
    """Whether the page holds a copy of that file: all but media, which would double it, and the program."""
    return not path.startswith("media/") and path != VERIFIER


def template() -> tuple[bytes, bytes]:
    """The page before and after its bundle."""
    whole = resource(READER)
    before, slot, rest = whole.partition(_SLOT)
    return before + slot, rest[rest.index(_SLOT_END) :]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _manifest(collected: Collected, sealing: Sealing, shaped: Shaped, files: Mapping[str, bytes]) -> dict[str, Any]:
    before, after = template()
    return {
        "format": FORMAT,
        "audience": str(sealing.audience),
        "cases": [each.case for each in collected.dossiers],
        "made": {
            "at": moment(sealing.at),
            "by": shaped.names.get(sealing.by, "somebody"),
            "how": _HOW,
            "software": SOFTWARE,
            "python": platform.python_version(),
            "rendering": "none: no window took part",
        },
        "desk": {"id": sealing.desk_id, "key_id": sealing.desk.key_id},
        "keys": _keys(collected, sealing, shaped),
        "journal": [
            {
                "desk": each.desk,
                "rows": each.rows,
                "head": each.head.hex(),
                "root": each.root.hex(),
                "path": [step.hex() for step in each.path],
            }
            for each in collected.chains
        ],
        "files": [{"path": path, "bytes": len(files[path]), "sha256": _sha256(files[path])} for path in sorted(files)],
        "reader_template_sha256": _sha256(before + after),
        "withheld": list(shaped.withheld),
    }


def _keys(collected: Collected, sealing: Sealing, shaped: Shaped) -> list[dict[str, Any]]:
    """Keys that signed something in this bundle."""
    rows = [*collected.pages, *collected.context, *(row for each in collected.dossiers for row in each.rows)]
    used = {row.key_id for row in rows} | {sealing.desk.key_id, sealing.person.key_id}
    return [
        {
            "key_id": key.key_id,
            "owner": key.owner if key.desk else shaped.names.get(key.owner, "somebody"),
            "kind": "desk" if key.desk else "person",
            "public": key.public.hex(),
            "fingerprint": _sha256(key.public),
        }
        for key in collected.keys
        if key.key_id in used
    ]
