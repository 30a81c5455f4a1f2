"""The learned order of the queue: trained on this desk's decisions alone, here alone, and switched off by a setting."""

from __future__ import annotations

import hashlib
import json
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modstation.models.errors import BadInput
from modstation.models.ids import BlobId, ItemKey, TargetType
from modstation.models.items import Revision
from modstation.models.screen import Changed
from modstation.screening.priority import BITS, Example, PriorityModel, Waiting, arrange, train
from modstation.store.blobs import load_blobs
from modstation.store.events import Draft
from modstation.store.sqlcipher import Connection
from modstation.store.store import Reader, Store
from modstation.store.transaction import Transaction

from .settings import read_setting
from .workplace import Workplace

#: The newest so many decided items are learned from.
MOST_EXAMPLES = 20_000

#: A model is made anew after so many more decisions, or a tenth more where that is more.
MORE_DECISIONS = 50

#: How often, at most, the desk looks whether there is something to learn (ms).
LOOK_MS = 600_000

_NAME = "learned"
_LOT = 500
#: Sources whose items are never moved down: a member of the public waits for an answer by law.
_COMPLAINTS = ("complaint", "appeal")


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of the model. `auc` was measured on `held_back` decisions it was not trained on: 0.5 is a coin.

    `trained` and `at` (UTC ms) are 0 where there is no model yet; `why_not` then says why.
    """

    on: bool
    trained: int = 0
    held_back: int = 0
    auc: float = 0.5
    at: int = 0
    hash: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What screening marked and people then judged, in one section and language: `harmless` of `judged`."""

    section: str
    language: str
    judged: int
    harmless: int


def text_of(row: Revision) -> str:
    """What the model reads of an item."""
    return f"{row.title}\n{row.body}"


# ---------------------------------------------------------------------------------- training
def learn(work: Workplace) -> Learned:
    """Train on the decisions that stand. What was erased, or taken back, is not in the new model.

    Takes seconds for thousands of decisions: call it from a thread of its own. Raises BadInput where there are too few
    decisions of either kind; then the old model goes, for it may hold what was erased.
    """
    with work.store.reading() as reader:
        examples = _examples(reader)
    try:
        model = train(examples)
    except BadInput:
        with work.store.writing(person=False) as tx:
            _drop(tx)
            tx.db.execute("DELETE FROM learned")
        raise
    with work.store.reading() as reader:
        scores = _score_open(reader, model)
    print_ = hashlib.sha256(model.weights.tobytes()).hexdigest()
    head: dict[str, Any] = {
        "trained": model.trained,
        "held_back": model.held_back,
        "auc": model.auc,
        "bias": model.bias,
    }
    head |= {"at": work.now_ms(), "decisions": len(examples), "hash": print_}
    with work.store.writing(person=False) as tx:
        _drop(tx)
        sealed = tx.seal(_encode(head, model))
        tx.db.execute("INSERT INTO secret (name, blob) VALUES (?, ?)", (_NAME, sealed.id))
        tx.db.execute("DELETE FROM learned")
        tx.db.executemany("INSERT INTO learned (item, score) VALUES (?, ?)", scores)
        body = {"trained": model.trained, "held_back": model.held_back, "auc": round(1000 * model.auc), "hash": print_}
        tx.append(Draft("model.trained", "", body))
    work.hub.tell(Changed(queue=True, message=f"The learned order knows {model.trained} decisions."))
    return learned(work)


def _drop(tx: Transaction) -> None:
    """Erase the model: the row, the sealed weights and the key that opened them."""
    row = tx.db.execute("DELETE FROM secret WHERE name = ? RETURNING blob", (_NAME,)).fetchone()
    if row is not None:
        tx.keys.execute("DELETE FROM data_key WHERE id = ?", row)
        tx.db.execute("DELETE FROM blob WHERE id = ?", row)


def _examples(reader: Reader) -> list[Example]:
    """Decided texts with what people found, the newest decision of each item. Erased texts are left out."""
    rows = reader.db.execute(
        "SELECT d.item, d.policy, o.blob FROM decision d JOIN item i ON i.no = d.item"
        " JOIN observation o ON o.id = i.obs WHERE d.state = 'made' ORDER BY d.event DESC LIMIT ?",
        (MOST_EXAMPLES,),
    ).fetchall()
    newest: dict[int, tuple[str, int]] = {}
    for no, policy, blob in rows:
        newest.setdefault(no, (policy, blob))
    found = []
    wanted = list(newest.values())
    for start in range(0, len(wanted), _LOT):
        lot = wanted[start : start + _LOT]
        texts = reader.texts([blob for _, blob in lot if blob])
        values = [(policy, texts.get(blob)) for policy, blob in lot]
        found += [Example(_joined(value), policy != "none") for policy, value in values if _joined(value)]
    return found


def _joined(value: Any) -> str:
    if not isinstance(value, dict) or "body" not in value:
        return ""
    return f"{value['title']}\n{value['body']}" if value["title"] or value["body"] else ""


def _score_open(reader: Reader, model: PriorityModel) -> list[tuple[int, float]]:
    rows = reader.db.execute(
        "SELECT i.no, o.blob FROM item i JOIN observation o ON o.id = i.obs WHERE i.state = 0 AND o.blob IS NOT NULL"
    ).fetchall()
    found: list[tuple[int, float]] = []
    for start in range(0, len(rows), _LOT):
        lot = rows[start : start + _LOT]
        texts = reader.texts([blob for _, blob in lot])
        known = [(no, _joined(texts[blob])) for no, blob in lot if blob in texts]
        found += zip([no for no, _ in known], model.score([text for _, text in known]), strict=True)
    return found


# ---------------------------------------------------------------------------------- the model at rest
def _encode(head: dict[str, Any], model: PriorityModel) -> bytes:
    """A line of JSON, then places and weights of what is not zero."""
    places = np.flatnonzero(model.weights).astype("<i4")
    values = model.weights[places].astype("<f4")
    line = json.dumps({**head, "count": len(places)}).encode("ascii")
    return b"".join((line, b"\n", places.tobytes(), values.tobytes()))


def _decode(raw: bytes) -> tuple[dict[str, Any], PriorityModel]:
    line, _, rest = raw.partition(b"\n")
    head = json.loads(line)
    count = head["count"]
    weights = np.zeros(1 << BITS, np.float32)
    weights[np.frombuffer(rest, "<i4", count)] = np.frombuffer(rest, "<f4", count, 4 * count)
    return head, PriorityModel(weights, head["bias"], head["trained"], head["held_back"], head["auc"])


def _stored(reader: Reader) -> tuple[int, bytes]:
    """The number and the bytes of the sealed model; 0 and nothing where there is none."""
    row = reader.db.execute("SELECT blob FROM secret WHERE name = ?", (_NAME,)).fetchone()
    opened = load_blobs(reader.db, reader.keys, reader.sealer, [BlobId(row[0])]) if row else {}
    return (row[0], opened[row[0]][0]) if row and row[0] in opened else (0, b"")


def learned(work: Workplace) -> Learned:
    """Whether the learned order is on, and what its model was trained on."""
    with work.store.reading() as reader:
        on = read_setting(reader.db, "", "learned_order") == "on"
        _, raw = _stored(reader)
        if not raw:
            decided = reader.db.execute("SELECT count(*) FROM decision WHERE state = 'made'").fetchone()[0]
            return Learned(on, why_not=f"There is no model yet: {decided} decisions were made here.")
    head, _ = _decode(raw)
    return Learned(on, head["trained"], head["held_back"], head["auc"], head["at"], head["hash"])


class Learner:
    """Scores what comes in, and trains anew when enough was decided; in the thread that pulls, after a page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[ItemKey, str]] = []
        self._blob = 0
        self._model: PriorityModel | None = None
        self._decisions = 0
        self._looked = 0

    def after_page(self, work: Workplace, rows: Sequence[Revision], *, last: bool) -> None:
        """Take rows that were just stored; `last` says that no more are coming now."""
        with self._lock:
            self._waiting += [(row.item, text_of(row)) for row in rows if row.item.type is not TargetType.ACCOUNT]
            if not last and len(self._waiting) < _LOT:
                return
            waiting, self._waiting = dict(self._waiting), []
            if not self._ready(work.store):
                waiting = {}
            if self._model is not None and waiting:
                _save(work, waiting, self._model)
            if last and work.now_ms() - self._looked >= LOOK_MS:
                self._looked = work.now_ms()
                self._learn(work)

    def _ready(self, store: Store) -> bool:
        """Whether the order is on; the newest model is then in memory."""
        with store.reading() as reader:
            if read_setting(reader.db, "", "learned_order") != "on":
                return False
            row = reader.db.execute("SELECT blob FROM secret WHERE name = ?", (_NAME,)).fetchone()
            if (row[0] if row else 0) != self._blob:
                self._blob, raw = _stored(reader)
                head, self._model = _decode(raw) if raw else ({"decisions": 0}, None)
                self._decisions = head["decisions"]
        return True

    def _learn(self, work: Workplace) -> None:
        with work.store.reading() as reader:
            on = read_setting(reader.db, "", "learned_order") == "on"
            made = reader.db.execute("SELECT count(*) FROM decision WHERE state = 'made'").fetchone()[0]
        if not on or made - self._decisions < max(MORE_DECISIONS, self._decisions // 10):
            return
        try:
            learn(work)
        except BadInput:
            self._decisions = made


def _save(work: Workplace, waiting: dict[ItemKey, str], model: PriorityModel) -> None:
    names = {str(key): text for key, text in waiting.items() if text.strip()}
    with work.store.reading() as reader:
        sql = "SELECT key, no FROM item_key WHERE key IN (SELECT value FROM json_each(?))"
        numbers = dict(reader.db.execute(sql, (json.dumps(list(names)),)))
    scores = model.score([names[key] for key in numbers])
    with work.store.writing(person=False) as tx:
        tx.db.executemany(
            "INSERT OR REPLACE INTO learned (item, score) VALUES (?, ?)",
            list(zip(numbers.values(), scores, strict=True)),
        )


# ---------------------------------------------------------------------------------- the order
def ordered(db: Connection, numbers: array[int], now_ms: int) -> array[int]:
    """A list in the learned order; unchanged where it is switched off or nothing is scored.

    Who waits longer than the limit comes first, and an item of a complaint never later than it stood.
    """
    if read_setting(db, "", "learned_order") != "on" or not db.execute("SELECT 1 FROM learned LIMIT 1").fetchone():
        return numbers
    limit = 60_000 * int(read_setting(db, "", "learned_wait_minutes"))
    wanted = json.dumps(numbers.tolist())
    rows = {
        row[0]: row
        for row in db.execute(
            "SELECT i.no, i.flagged, i.found, i.sources, l.score FROM item i LEFT JOIN learned l ON l.item = i.no"
            " WHERE i.no IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
    }
    queue = [Waiting(rows[no][1] or rows[no][2], _complaint(rows[no][3])) for no in numbers]
    # What no model has read stands in the middle: neither sure to be harmless nor sure to be a violation.
    scores = [0.5 if rows[no][4] is None else rows[no][4] for no in numbers]
    return array("q", [numbers[place] for place in arrange(queue, scores, now_ms, limit)])


def _complaint(sources: str) -> bool:
    return any(source in _COMPLAINTS for source in sources.split(","))


def score_of(db: Connection, no: int) -> float | None:
    """What the model said of an item, 0 to 1; None where none has read it."""
    row = db.execute("SELECT score FROM learned WHERE item = ?", (no,)).fetchone()
    return float(row[0]) if row else None


def false_alarms(work: Workplace) -> list[Alarms]:
    """Of what screening marked and people judged: how much was no violation, by section and language, most first."""
    with work.store.reading() as reader:
        rows = reader.db.execute(
            "SELECT i.section, i.lang, count(*), sum(d.policy = 'none') FROM decision d JOIN item i ON i.no = d.item"
            " WHERE d.state = 'made' AND i.cats <> '' GROUP BY i.section, i.lang ORDER BY 4 DESC, 1, 2"
        ).fetchall()
    return [Alarms(*row) for row in rows]
