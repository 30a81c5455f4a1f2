"""Golden rows: one example of each kind and version as it was first written, kept for ever.

A new kind or version gets its file by `python -m tests.store.golden_rows`, which never touches a file that is there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modstation.store.canonical import canonical
from modstation.store.events import KINDS, Event, Signer, seal_row
from modstation.store.keyslots import key_id

FOLDER = Path(__file__).parent / "golden"
#: A key for tests alone, so that the signatures of golden rows never change.
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BYTES = ("body", "prev", "hash", "signature")
_PUBLIC = KEY.public_key().public_bytes_raw().hex()
_EXAMPLES: dict[str, Any] = {
    "orders": [
        {
            "row": "R-GOLDENGOLDEN.1", "kind": "measure", "measure": "hide", "item": "riverside/post/17",
            "account": "41", "thread": "9", "section": "1", "until": 0, "flags": ["3"],
            "flag_state": "", "after": "", "needs": 0,
        }
    ],
    "choices": [["hide", 0]],
    "roles": ["moderator"],
    "profiles": ["cn-forum-2017", "riverside-terms"],
    "clocks": [["house.decide", 1, 2, 1]],
    "seen": {
        "captures": ["1" * 64], "flags": ["3:11:1"], "language": "en", "opened": 1,
        "packs": ["modstation-spam@2026.11.1#f14febe48a42da79"], "revision": "0" * 64, "revisions": ["0" * 64],
        "strikes": 1, "uncovered": [],
    },
    "ends": [["R-GOLDENGOLDEN.1", 1_764_676_800_000]],
    "row": "R-GOLDENGOLDEN.1", "change": "add", "role": "supervisor", "why": "time", "choice": "send",
    "decision": "D-GOLDENGOLDEN", "item": "riverside/post/17", "key": _PUBLIC, "founder_key": _PUBLIC,
    "desk_key": _PUBLIC, "reverses": "", "batch": "",
}  # fmt: skip


def path_of(kind: str, version: int) -> Path:
    return FOLDER / f"{kind}@{version}.json"


def read(path: Path) -> Event:
    stored = json.loads(path.read_text("utf-8"))
    return Event(**{name: bytes.fromhex(value) if name in BYTES else value for name, value in stored.items()})


def example(kind: str, version: int) -> Event:
    """A plausible row, signed with the key of golden rows."""
    known = KINDS[kind, version]
    usual = {str: "golden", int: 7, list: [], dict: {}}
    body = {name: _EXAMPLES.get(name, usual[wanted]) for name, wanted in known.fields.items()}
    body = {
        name: value if type(value) is known.fields[name] else usual[known.fields[name]] for name, value in body.items()
    }
    body |= dict.fromkeys(known.sealed, "0" * 64)
    actor = "golden-desk" if known.signer is Signer.DESK else "ann"
    row = Event(
        "golden-desk", 2, 1_764_072_000_000 << 16, 1_764_072_000_000, kind, version, actor,
        key_id(KEY.public_key().public_bytes_raw()), "golden-session", "MS-GOLDE-NROWS" if known.on_case else "",
        canonical(body), bytes(32),
    )  # fmt: skip
    digest, signature = seal_row(row, KEY)
    return Event(*(getattr(row, name) for name in list(Event.__slots__)[:12]), digest, signature)


def main() -> None:
    """Write the rows that are not there yet."""
    FOLDER.mkdir(exist_ok=True)
    for kind, version in sorted(KINDS):
        path = path_of(kind, version)
        if not path.exists():
            row = example(kind, version)
            values = {name: getattr(row, name) for name in Event.__slots__ if name != "id"}
            shown = {name: value.hex() if name in BYTES else value for name, value in values.items()}
            path.write_text(json.dumps(shown, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
