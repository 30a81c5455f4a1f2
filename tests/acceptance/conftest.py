"""A demo forum and a desk, each in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.acceptance_parts import Desk, Forum


@dataclass(frozen=True, slots=True)
class Room:
    """A desk on a forum, with ann (moderator, administrator) and, where asked, bo (supervisor, compliance)."""

    forum: Forum
    desk: Desk
    items: tuple[str, ...]

    def pid(self, place: int) -> str:
        """The number at the forum of the item at a place of the queue."""
        return self.items[place].rpartition("/")[2]


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[Callable[..., Room]]:
    """Make a room: `make_room(items=8, second=True)`. Everything ends with the test."""
    rooms: list[Room] = []

    def make(items: int = 6, *, second: bool = False, faults: str = "") -> Room:
        home = tmp_path / "home"
        home.mkdir()
        forum = Forum(tmp_path, 3, items, faults)
        desk = Desk(tmp_path / "desk", home)
        rooms.append(Room(forum, desk, ()))
        desk.found()
        if second:
            desk.join("bo", "supervisor,compliance")
        desk.connect(forum)
        desk.pull()
        queue = desk.run("ann", "queue")
        return Room(forum, desk, tuple(row["item"] for row in queue))

    yield make
    for room in rooms:
        room.desk.close()
        room.forum.stop()


@pytest.fixture(scope="module")
def one_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk without a forum that no test changes."""
    folder = tmp_path_factory.mktemp("one")
    desk = Desk(folder / "desk", folder)
    desk.found()
    yield desk
    desk.close()
