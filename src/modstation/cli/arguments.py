"""What may be typed: every command with its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

_Sub: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="modstation", description="Forum moderation: judge, decide, prove. Without a command the window opens."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--desk", type=Path, help="the desk's folder (default: MODSTATION_DESK or your data folder)")
    common.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    common.add_argument("--as", dest="person", default="", metavar="PERSON", help="who is acting")
    top.add_argument("--desk", type=Path, default=None, help=argparse.SUPPRESS)
    top.add_argument("--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for add in (_demo, _people, _forums, _work, _answers, _screening, _records, _evidence):
        add(commands, common)
    return top


def _add(commands: _Sub, name: str, common: argparse.ArgumentParser, text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, parents=[common], help=text, description=text)
    return made


def _demo(commands: _Sub, common: argparse.ArgumentParser) -> None:
    demo = _add(commands, "demo", common, "Start the demo forum and open a demo desk on it")
    demo.add_argument("--headless", action="store_true", help="no window: print how to use the desk, and keep working")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--items", type=int, default=300)
    demo.add_argument("--faults", default="", metavar="SPEC")
    demo.add_argument("--arrivals", type=float, default=20.0, help="seconds between new flags; 0 for none")
    forum = commands.add_parser("demo-forum", help="Run the demo forum alone", add_help=False)
    forum.add_argument("rest", nargs=argparse.REMAINDER)
    screen = commands.add_parser("screen", help="Screen texts from standard input", add_help=False)
    screen.add_argument("rest", nargs=argparse.REMAINDER)


def _people(commands: _Sub, common: argparse.ArgumentParser) -> None:
    init = _add(commands, "init", common, "Make a desk with its first person")
    init.add_argument("--person", dest="founder", required=True, metavar="NAME:ROLE[,ROLE]")
    person = commands.add_parser("person", help="People at the desk").add_subparsers(dest="what", required=True)
    add = _add(person, "add", common, "Add a person, or change the roles of one; prints a one-time code")
    add.add_argument("name", metavar="NAME:ROLE[,ROLE]")
    enrol = _add(person, "enrol", common, "Spend a one-time code and set your own passphrase")
    enrol.add_argument("name", metavar="NAME")
    enrol.add_argument("--code-stdin", action="store_true", help="read the code from standard input")
    _add(person, "list", common, "Who is at the desk")
    for name, text in (("remove", "Take a person's keys"), ("reset", "Let a person set a new passphrase")):
        _add(person, name, common, text).add_argument("name", metavar="NAME")


def _forums(commands: _Sub, common: argparse.ArgumentParser) -> None:
    forum = commands.add_parser("forum", help="Forums the desk serves").add_subparsers(dest="what", required=True)
    add = _add(forum, "add", common, "Connect a forum, or change its address and token")
    add.add_argument("--kind", default="nodebb")
    add.add_argument("--name", required=True)
    add.add_argument("--url", required=True)
    add.add_argument("--token-stdin", action="store_true", help="read the token from standard input")
    add.add_argument("--profile", action="append", default=[], help="a profile, law first; may be given again")
    _add(forum, "list", common, "Connected forums")
    test = _add(forum, "test", common, "Ask a forum what our token can do")
    test.add_argument("name", nargs="?", default="")
    pull = _add(commands, "pull", common, "Pull flagged items")
    pull.add_argument("--once", action="store_true", help="pull once and stop; without it go on until interrupted")


def _work(commands: _Sub, common: argparse.ArgumentParser) -> None:
    queue = _add(commands, "queue", common, "List the queue")
    queue.add_argument("--state", default="open")
    queue.add_argument("--sort", default="deadline")
    queue.add_argument("--language", default="")
    queue.add_argument("--section", default="")
    queue.add_argument("--min-severity", type=int, default=0)
    queue.add_argument("--limit", type=int, default=1000)
    search = _add(commands, "search", common, "Find items by words")
    search.add_argument("text")
    search.add_argument("--limit", type=int, default=50)
    _item(commands, common, "show", "Show an item")
    for name in ("claim", "release"):
        _item(commands, common, name, f"{name.capitalize()} an item")
    _item(commands, common, "skip", "Leave an item for somebody else").add_argument("--reason", default="")
    park = _item(commands, common, "park", "Put an item away until a time or a reply")
    park.add_argument("--until", default="", metavar="TIME", help="ISO time; without it: until a reply")
    note = _item(commands, common, "note", "Write a note")
    note.add_argument("text")
    note.add_argument("--on-author", action="store_true")
    decide = _item(commands, common, "decide", "Decide an item")
    decide.add_argument("--policy", required=True)
    decide.add_argument("--measure", action="append", default=[])
    decide.add_argument("--measure2", dest="measure", action="append")
    decide.add_argument("--days", type=int, default=None)
    decide.add_argument("--article", default="")
    decide.add_argument("--reason", default="")
    escalate = _item(commands, common, "escalate", "Pass an item to a role")
    escalate.add_argument("--to", required=True, metavar="ROLE")
    escalate.add_argument("--note", default="")


def _item(commands: _Sub, common: argparse.ArgumentParser, name: str, text: str) -> argparse.ArgumentParser:
    made = _add(commands, name, common, text)
    made.add_argument("item", metavar="ITEM", help="forum/kind/number, a case number, or the number in the list")
    return made


def _answers(commands: _Sub, common: argparse.ArgumentParser) -> None:
    for name, text in (("approve", "Say yes to a proposal"), ("refuse", "Say no to a proposal"), ("undo", "Take back")):
        made = _add(commands, name, common, text)
        made.add_argument("decision", metavar="DECISION", nargs="?" if name == "undo" else None, default="")
        made.add_argument("--reason", default="")
    _add(commands, "approvals", common, "Proposals that wait for a second person")
    _add(commands, "inbox", common, "Escalations to your roles")
    outbox = _add(commands, "outbox", common, "What is on its way to forums")
    outbox.add_argument("--wait", action="store_true", help="send until every row is settled")
    outbox.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="with --wait: give up after")
    outbox.add_argument("--resolve", default="", metavar="ROW", help="settle a conflict")
    outbox.add_argument("--choice", default="drop", help="with --resolve: drop, accept or send")
    aside = _add(commands, "set-aside", common, "What forums sent that could not be used")
    aside.add_argument("--close", type=int, default=0, metavar="LINE")
    aside.add_argument("--reason", default="")
    setting = _add(commands, "setting", common, "Show or change a setting")
    setting.add_argument("name")
    setting.add_argument("value", nargs="?", default=None)


def _screening(commands: _Sub, common: argparse.ArgumentParser) -> None:
    _item(commands, common, "why", "Why an item is here: reports, rules, cluster, replayed with the packs of that day")
    text = "Rule packs of the desk; packs lint, test and rehearse --items take files and need no desk"
    packs = commands.add_parser("packs", help=text, description=text).add_subparsers(dest="what", required=True)
    _add(packs, "list", common, "Every version of every pack")
    _add(packs, "add", common, "Take a pack file in as a draft").add_argument("file", type=Path, metavar="FILE")
    for name, words in (
        ("rehearse", "Replay a draft over what is stored here"),
        ("approve", "Say yes to a rehearsed pack of somebody else"),
        ("pull", "Take an active pack off at once"),
        ("retire", "Lay a pack away"),
        ("show", "The last rehearsal of a pack"),
    ):
        made = _add(packs, name, common, words)
        made.add_argument("pack", metavar="PACK", help="its id, id@version, or the beginning of its hash")
        if name in ("approve", "pull"):
            made.add_argument("--reason", default="")
    learned = _add(commands, "learned", common, "What the learned order of the queue knows")
    learned.add_argument("--train", action="store_true", help="train it now on the decisions made here")


def _records(commands: _Sub, common: argparse.ArgumentParser) -> None:
    journal = _add(commands, "journal", common, "The journal, newest last")
    journal.add_argument("--case", default="")
    journal.add_argument("--limit", type=int, default=1000)
    _add(commands, "verify", common, "Check chain, signatures, pages and four eyes")
    _add(commands, "rebuild", common, "Make every list anew from journal and observations")
    _add(commands, "upgrade", common, "Bring files of an older SQLCipher up to date, keeping the old ones")
    backup = _add(commands, "backup", common, "Write a backup while the desk runs")
    backup.add_argument("file", type=Path)
    restore = _add(commands, "restore", common, "Restore a backup into a new folder")
    restore.add_argument("file", type=Path)
    restore.add_argument("--code-stdin", action="store_true", help="open it by the recovery code from standard input")
    _add(commands, "doctor", common, "What is wrong with this machine or desk, and how to mend it")
    recover = _add(commands, "recover", common, "Set a new passphrase by the printed recovery code")
    recover.add_argument("name", metavar="NAME")
    recover.add_argument("--code-stdin", action="store_true")


def _evidence(commands: _Sub, common: argparse.ArgumentParser) -> None:
    _add(commands, "case", common, "Everything known of a case, in the order of the journal").add_argument(
        "case", metavar="CASE"
    )
    evidence = commands.add_parser("evidence", help="Bundles that prove a case to somebody who distrusts the desk")
    what = evidence.add_subparsers(dest="what", required=True)
    export = _add(what, "export", common, "Seal cases into a bundle")
    export.add_argument("case", metavar="CASE", nargs="+")
    export.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    export.add_argument("--for", dest="audience", choices=("author", "authority", "court"), default="authority")
    export.add_argument("--no-stamp", action="store_true", help="ask no time stamp authority now")
    stamp = _add(what, "stamp", common, "Ask the authorities again for time stamps that a bundle still lacks")
    stamp.add_argument("file", type=Path, metavar="FILE.zip")
    _add(what, "fingerprint", common, "The fingerprint by which others know this desk")
