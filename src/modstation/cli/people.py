"""Commands about people and forums: init, person, forum, recover."""

from __future__ import annotations

import argparse
from typing import Any

from modstation.bootstrap import Parts, check_roles, create_desk, enrol_person, recover_person, stacks
from modstation.desk import forums
from modstation.desk.forums import DEFAULT_PROFILES
from modstation.desk.members import Added
from modstation.models.errors import ForumError
from modstation.models.ids import PersonId
from modstation.models.people import parse_person

from . import values
from .output import Printer
from .session import desk_for, first_line, folder_of, passphrase

_KEEP = "Print this recovery code and lock it away: it opens the desk if every passphrase is lost. It is shown once."


def init(options: argparse.Namespace, parts: Parts) -> int:
    """Make a desk with its first person."""
    name, roles = parse_person(options.founder)
    check_roles(roles)
    desk, code = create_desk(folder_of(options), name, roles, passphrase(f"New passphrase of {name}"), parts)
    answer = {
        "desk": desk.opened.keys.desk_id,
        "folder": str(desk.folder),
        "person": name,
        "roles": sorted(roles),
        "recovery_code": code,
    }
    desk.close()
    Printer(options.json).document(answer, (f"Desk {answer['desk']} made for {name}.", _KEEP, f"    {code}"))
    return 0


def person(options: argparse.Namespace, parts: Parts) -> int:
    """List, add, enrol, remove, reset."""
    if options.what == "enrol":
        return _enrol(options, parts)
    printer = Printer(options.json)
    with desk_for(options, parts) as desk:
        if options.what == "list":
            printer.rows([values.person(p) for p in desk.desk.people()], ("person", "roles", "state"), "Nobody.")
        elif options.what == "add":
            name, roles = parse_person(options.name)
            _told(printer, desk.members.add(name, roles))
        else:
            kind = "removed" if options.what == "remove" else "reset"
            _told(printer, desk.members.change(PersonId(options.name), kind))
    return 0


def _told(printer: Printer, added: Added) -> None:
    value: dict[str, Any] = {
        "person": added.person,
        "proposal": added.proposal,
        "state": added.state,
        "may_approve": list(added.may_approve),
        "code": added.code,
    }
    lines = [f"{added.person}: {added.state}."]
    if added.may_approve:
        lines.append(f"Proposal {added.proposal} waits for one of: {', '.join(added.may_approve)}.")
    if added.code:
        lines.append(f"One-time code, shown once: {added.code}")
    printer.document(value, lines)


def _enrol(options: argparse.Namespace, parts: Parts) -> int:
    code = first_line("code") if options.code_stdin else passphrase("One-time code")
    name = PersonId(options.name)
    desk = enrol_person(folder_of(options), name, code, passphrase(f"New passphrase of {name}"), parts)
    desk.close()
    Printer(options.json).document({"person": name, "state": "enrolled"}, (f"{name} is enrolled.",))
    return 0


def recover(options: argparse.Namespace, parts: Parts) -> int:
    """Set a new passphrase by the recovery code; the person gets a new signing key, and the journal says so."""
    code = first_line("recovery code") if options.code_stdin else passphrase("Recovery code")
    name = PersonId(options.name)
    desk = recover_person(folder_of(options), name, code, passphrase(f"New passphrase of {name}"), parts)
    desk.close()
    value = {"person": name, "state": "enrolled", "recovery_code": desk.notice}
    lines = (f"{name} can unlock the desk again. The code you used is spent.", _KEEP, f"    {desk.notice}")
    Printer(options.json).document(value, lines)
    return 0


def forum(options: argparse.Namespace, parts: Parts) -> int:
    """Connect, list and test forums."""
    printer = Printer(options.json)
    with desk_for(options, parts) as desk:
        if options.what == "add":
            token = first_line("token") if options.token_stdin else passphrase("Token")
            profiles = tuple(options.profile) or DEFAULT_PROFILES
            stacks(profiles)
            desk.add_forum(options.name, options.kind, options.url, token, profiles)
            value = {"forum": options.name, "kind": options.kind, "url": options.url, "profiles": list(profiles)}
            printer.document(value, (f"{options.name} is connected. Try 'modstation forum test {options.name}'.",))
            return 0
        with desk.shared.store.reading() as reader:
            known = forums.accesses(reader)
        if options.what == "list":
            rows = [{"forum": f.name, "kind": f.kind, "url": f.url, "profiles": list(f.profiles)} for f in known]
            printer.rows(rows, ("forum", "kind", "url"), "No forum is connected. See 'modstation forum add'.")
            return 0
        wanted = [options.name] if options.name else [f.name for f in known]
        return _test(printer, desk, wanted)


def _test(printer: Printer, desk: Any, names: list[str]) -> int:
    found, lines, worked = [], [], True
    for name in names:
        try:
            caps = desk.probe(name)
        except ForumError as problem:
            worked = False
            found.append({"forum": name, "works": False, "words": str(problem)})
            lines.append(f"{name}: {problem}")
            continue
        can = {entry.name: {"possible": entry.possible, "why": entry.why} for entry in caps.entries}
        found.append({"forum": name, "works": True, "server": caps.server, "account": caps.account_name, "can": can})
        lines.append(f"{name}: {caps.server}, as {caps.account_name} (account {caps.account})")
        lines += [f"  {'yes' if e.possible else 'no '} {e.name}{': ' + e.why if e.why else ''}" for e in caps.entries]
    printer.document(found, lines)
    if not worked:
        failed = ", ".join(str(each["forum"]) for each in found if not each["works"])
        raise ForumError(f"Not every forum could be asked: {failed}.", "", "Its own words are above.")
    return 0
