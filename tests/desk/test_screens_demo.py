"""Screening over the demo forum, pulled by the real connector: marks, clusters, reasons and a pack of one's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.desk.desk_parts import CHEAP
from tests.desk.pack_parts import pack_file

from modstation.bootstrap import Parts, reopen
from modstation.bootstrap.demo import open_demo
from modstation.bootstrap.parts import DemoOptions
from modstation.models.screen import QueueFilter
from modstation.sync.runner import pull_once


def test_what_a_forum_sends_is_marked_clustered_and_explained(tmp_path: Path) -> None:
    options = DemoOptions(seed=3, items=60, arrivals=0, folder=tmp_path / "demo-desk")
    with open_demo(options, Parts(cost=CHEAP, hold_seconds=0)) as demo:
        desk = demo.desk.desk
        asyncio.run(pull_once(desk, demo.desk.shared.connect))
        numbers = list(desk.queue_ids(QueueFilter()))
        rows = desk.queue_rows(numbers)
        reasons = [desk.why(no) for no in numbers]
        assert all(reason.replay.same in (True, None) for reason in reasons)
        assert any(reason.hits for reason in reasons), "the demo forum has posts that the shipped packs mark"
        assert all(bool(row.near) == bool(reason.cluster.id) for row, reason in zip(rows, reasons, strict=True))
        assert any(row.near for row in rows), "the last page of a feed brings the clusters up to date"

        word = next(row.title for row in rows if row.title.isascii() and len(row.title) > 12 and '"' not in row.title)
        view = desk.add_pack(pack_file(tmp_path, word[:60]))
        made = desk.rehearse_pack(view.hash)
        assert made.report.items >= len(numbers)
        assert made.report.hit_items > 0
        other = reopen(demo.desk.shared, "demo-supervisor", demo.passphrase)
        assert other.desk.approve_pack(view.hash).state == "active"
        asyncio.run(pull_once(desk, demo.desk.shared.connect))
        with demo.desk.shared.store.reading() as reader:
            (count,) = reader.db.execute("SELECT count(*) FROM event WHERE kind = 'pack.activated'").fetchone()
        assert count == 1
