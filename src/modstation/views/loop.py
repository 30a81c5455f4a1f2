"""The event loop: Qt's, carrying asyncio through qasync, and the one module that knows qasync."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import qasync
from PySide6.QtWidgets import QApplication


def run(app: QApplication, start: Callable[[Callable[[], None]], object]) -> int:
    """Run until told to stop. `start` gets the function that ends the loop; its answer is kept alive meanwhile.

    The last window does not end the program by itself: the window first drains what is under way, then says so.
    """
    app.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    done = asyncio.Event()
    kept = start(lambda: loop.call_soon_threadsafe(done.set))

    async def until_done() -> None:
        await done.wait()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        loop.run_until_complete(until_done())
    finally:
        del kept
        loop.close()
        asyncio.set_event_loop(None)
    return 0
