"""Commands about evidence: a case as it stands in the journal, a bundle of it, and time stamps that were missing."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from modstation.bootstrap import OpenDesk, Parts
from modstation.desk import case_file
from modstation.desk.settings import read_setting
from modstation.evidence.authorities import Post, ask, poster, read_authorities
from modstation.evidence.bundle import Signer, stamp_again
from modstation.evidence.dossier import Audience
from modstation.models.errors import BadInput

from .output import Printer, visible
from .session import desk_for


def case(options: argparse.Namespace, parts: Parts) -> int:
    """Everything that is known of a case, in the order of the journal."""
    with desk_for(options, parts) as desk:
        value = case_file.overview(desk.work, options.case)
    Printer(options.json).document(value, _lines(value))
    return 0


def _lines(value: Mapping[str, Any]) -> Iterable[str]:
    yield f"{value['case']}  {visible(value['item'])}"
    for each in value["revisions"]:
        gone = f", gone there since {each['gone_upstream_since']}" if each["gone_upstream_since"] else ""
        yield f"{each['read']}  read: {each['visibility']}, text {each['state']}{gone}"
        if each["body"]:
            yield f"    {visible(each['body'], 200)}"
    for each in value["timeline"]:
        yield f"{each['at']}  {each['kind']}  {visible(each['by'])}"


def evidence(options: argparse.Namespace, parts: Parts) -> int:
    """Seal a case into a bundle, or have one stamped again."""
    return {"export": _export, "stamp": _stamp, "fingerprint": _fingerprint}[options.what](options, parts)


def _export(options: argparse.Namespace, parts: Parts) -> int:
    out: Path = options.out
    _refuse_existing(out)
    with desk_for(options, parts) as desk:
        stamps = _asking(desk, options.no_stamp)
        made = case_file.export(desk.work, options.case, Audience(options.audience), stamps)
        _write(out, made.data)
        print_ = _print_of(desk)
    value = {
        "file": str(out),
        "bytes": len(made.data),
        "sha256": made.sha256,
        "manifest_sha256": made.manifest_sha256,
        "audience": options.audience,
        "desk_fingerprint": print_,
        "stamps": [each.value("") for each in made.stamps],
    }
    lines = [
        f"{out}: {len(made.data):,} bytes, SHA-256 {made.sha256}.",
        *[_stamp_line(each) for each in value["stamps"]],
        *([] if made.stamps else ["No authority stamped it: none is configured, or none was to be asked."]),
        f"Fingerprint of this desk, to be told by another way than the bundle: {print_}",
    ]
    Printer(options.json).document(value, lines)
    return 0


def _stamp(options: argparse.Namespace, parts: Parts) -> int:
    path: Path = options.file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read.", f"{error.strerror}.") from None
    with desk_for(options, parts) as desk:
        authorities = read_authorities(desk.folder)
        if not authorities:
            raise BadInput("No time stamp authority is configured.", "", "See the user guide, evidence.")
        post, pen = _post(desk), desk.work.store.desk_pen

        def missing(manifest: bytes, done: frozenset[str]) -> Any:
            return ask([each for each in authorities if each.url not in done], manifest, post, parts.clock)

        made, stamps = stamp_again(data, Signer(pen.key_id, pen.key.sign), missing)
        _write(path, made)
    Printer(options.json).document({"file": str(path), "stamps": list(stamps)}, map(_stamp_line, stamps))
    waiting = [each for each in stamps if each["state"] != "granted"]
    if waiting:
        print(f"{len(waiting)} of {len(stamps)} time stamps are still missing.", file=sys.stderr)
    return 1 if waiting else 0


def _fingerprint(options: argparse.Namespace, parts: Parts) -> int:
    with desk_for(options, parts) as desk:
        print_ = _print_of(desk)
    Printer(options.json).document({"desk_fingerprint": print_}, [print_])
    return 0


def _stamp_line(each: Mapping[str, Any]) -> str:
    said = f"stamped {each['stamped']}" if each["state"] == "granted" else f"{each['state']}: {each['why']}"
    return f"{visible(each['name'])}: {visible(said)}"


def _print_of(desk: OpenDesk) -> str:
    public = desk.work.store.desk_pen.key.public_key().public_bytes_raw()
    return hashlib.sha256(public).hexdigest()


def _asking(desk: OpenDesk, silent: bool) -> Callable[[bytes], Any]:
    authorities = () if silent else read_authorities(desk.folder)
    post = _post(desk) if authorities else None
    return lambda manifest: ask(authorities, manifest, post, desk.work.clock) if post else ()


def _post(desk: OpenDesk) -> Post:
    with desk.shared.store.reading() as reader:
        proxy, ca_file = read_setting(reader.db, "", "proxy"), read_setting(reader.db, "", "ca_file")
    return poster(proxy, Path(ca_file) if ca_file else None)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise BadInput(f"{out.name} is there already.", "Evidence is never written over.", "Choose another name.")
    if not out.parent.is_dir():
        raise BadInput(f"The folder of {out.name} does not exist.", "", "Make it first.")


def _write(out: Path, data: bytes) -> None:
    """Write beside it and move it into place, so that no half bundle is ever under that name."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadInput(f"{out.name} could not be written.", f"{error.strerror}.", "Choose another place.") from None
