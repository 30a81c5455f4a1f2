"""The lock of the one writer: a person's act comes before any pull that waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from modstation.store.locking import PriorityLock

Wait = Callable[..., None]


class Stop(Exception):
    """Thrown inside the lock."""


@pytest.mark.promise(10)
def test_a_person_comes_before_every_pull_that_waits(wait_until: Wait) -> None:
    lock, order = PriorityLock(), []
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with lock.hold(False):
            entered.set()
            leave.wait()

    def later(name: str, person: bool) -> None:
        with lock.hold(person):
            order.append(name)

    holder = threading.Thread(target=first)
    holder.start()
    entered.wait()
    pulls = [threading.Thread(target=later, args=(f"pull {n}", False)) for n in range(3)]
    for pull in pulls:
        pull.start()
    act = threading.Thread(target=later, args=("person", True))
    act.start()
    wait_until(lambda: lock._people == 1, "the person waits")
    leave.set()
    for thread in (holder, act, *pulls):
        thread.join()
    assert order[0] == "person"
    assert sorted(order[1:]) == ["pull 0", "pull 1", "pull 2"]


def test_only_one_holds_it_at_a_time() -> None:
    lock, inside, most = PriorityLock(), 0, 0

    def work(person: bool) -> None:
        nonlocal inside, most
        for _ in range(200):
            with lock.hold(person):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work, args=(n % 2 == 0,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_an_error_inside_lets_go() -> None:
    lock = PriorityLock()
    with pytest.raises(Stop), lock.hold(True):
        raise Stop
    with lock.hold(False):
        assert lock._people == 0
