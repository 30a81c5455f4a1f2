"""Commands about the record: journal, verify, rebuild, backup, restore, doctor."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from modstation.bootstrap import Parts, upgrade_desk
from modstation.models.errors import VaultError
from modstation.models.ids import PersonId
from modstation.store import vault
from modstation.store.backup import backup as write_backup
from modstation.store.backup import restore as read_backup
from modstation.store.canonical import parse
from modstation.store.rebuild import rebuild as rebuild_store
from modstation.store.verify import events
from modstation.store.verify import verify as verify_journal

from .output import Printer
from .session import desk_for, first_line, folder_of, moment, passphrase


def journal(options: argparse.Namespace, parts: Parts) -> int:
    """The journal in the order in which its rows reached this desk."""
    with desk_for(options, parts) as desk, desk.shared.store.reading() as reader:
        where, given = ("WHERE subject = ?", (options.case,)) if options.case else ("", ())
        found = list(events(reader.db, where, given))[-max(1, options.limit) :]
    rows: list[dict[str, Any]] = [
        {
            "seq": event.desk_seq,
            "desk": event.desk,
            "at": moment(event.at),
            "kind": event.kind,
            "version": event.kind_version,
            "actor": event.actor,
            "case": event.subject,
            "body": parse(event.body),
            "prev": event.prev.hex(),
            "hash": event.hash.hex(),
            "key": event.key_id,
            "signature": event.signature.hex(),
            "session": event.session,
            "hlc": event.hlc,
        }
        for event in found
    ]
    Printer(options.json).rows(rows, ("seq", "at", "kind", "actor", "case", "hash"), "The journal is empty.")
    return 0


def verify(options: argparse.Namespace, parts: Parts) -> int:
    """Check chain, signatures, pages and four eyes; exit 1 when anything does not hold."""
    with desk_for(options, parts) as desk, desk.shared.store.reading() as reader:
        report = verify_journal(reader.db, trusted=desk.shared.trusted_keys())
    value = {
        "whole": report.whole,
        "rows": report.rows,
        "signatures": report.signatures,
        "observations": report.observations,
        "unknown_kinds": report.unknown_kinds,
        "same_session": report.same_session,
        "findings": [{"desk": f.desk, "seq": f.desk_seq, "what": f.what} for f in report.findings],
    }
    lines = [
        f"{report.rows} rows, {report.signatures} signatures, {report.observations} observations checked.",
        *[f"row {f.desk_seq}: {f.what}" for f in report.findings],
        "Everything holds." if report.whole else "The journal cannot be trusted as it is.",
    ]
    if report.same_session:
        lines.append(f"{report.same_session} approvals came from the sitting in which they were proposed.")
    Printer(options.json).document(value, lines)
    if not report.whole:
        print(f"{len(report.findings) + report.more} rows do not hold. Keep a copy of the folder.", file=sys.stderr)
    return 0 if report.whole else 1


def rebuild(options: argparse.Namespace, parts: Parts) -> int:
    """Make every list anew."""
    with desk_for(options, parts) as desk, desk.shared.store.exclusive() as (db, _):
        done = rebuild_store(db, trusted=desk.shared.trusted_keys())
    Printer(options.json).document({"rows": done}, (f"All lists were made anew from {done} rows.",))
    return 0


def upgrade(options: argparse.Namespace, parts: Parts) -> int:
    """Bring files of an earlier SQLCipher to the present settings; the old ones are kept beside them."""
    kept = upgrade_desk(folder_of(options), options.person, passphrase("Passphrase"), parts)
    lines = [f"{name} was brought up to date; the old file is kept as {old}." for name, old in kept.items()]
    Printer(options.json).document({"kept": kept}, lines or ["There was nothing to do."])
    return 0


def backup(options: argparse.Namespace, parts: Parts) -> int:
    """Write a backup while the desk runs."""
    with desk_for(options, parts) as desk:
        made = write_backup(desk.folder, desk.opened.keys, options.file, clock=parts.clock)
    if made is None:
        raise VaultError("The backup was cancelled.")
    value = {"file": str(options.file), "bytes": made.size, "sha256": made.sha256}
    Printer(options.json).document(value, (f"Backup written: {made.size:,} bytes, SHA-256 {made.sha256}.",))
    return 0


def restore(options: argparse.Namespace, parts: Parts) -> int:
    """Restore a backup into a new folder. The desk gets a new id; what was unfinished is read back before any send."""
    person = PersonId(options.person) if options.person else None
    code = first_line("recovery code") if options.code_stdin else passphrase("Recovery code, or passphrase with --as")
    made = read_backup(options.file, folder_of(options), code, person=person, clock=parts.clock)
    if made is None:
        raise VaultError("The restore was cancelled.")
    value = {
        "desk": made.desk,
        "before": made.before,
        "head": made.head_seq,
        "created": made.created,
        "people": list(made.people),
    }
    Printer(options.json).document(value, (f"Restored as {made.desk}; the backup was made at {made.created}.",))
    return 0


def doctor(options: argparse.Namespace, parts: Parts) -> int:
    """What is wrong with this machine or desk, and how to mend it; exit 1 when something is."""
    from modstation.store.doctor import examine

    folder = folder_of(options)
    found = examine(folder if vault.is_desk(folder) or options.desk is not None else None)
    rows = [{"ok": f.ok, "what": f.what, "how_to_mend": f.how_to_mend} for f in found]
    lines = [f"{'ok  ' if f.ok else 'BAD '} {f.what}" + ("" if f.ok else f"\n     {f.how_to_mend}") for f in found]
    Printer(options.json).document(rows, lines)
    bad = [f for f in found if not f.ok]
    if bad:
        print(f"{len(bad)} things need mending.", file=sys.stderr)
    return 1 if bad else 0
