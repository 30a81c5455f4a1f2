"""NodeBB 4: flags, post queue, chat rooms, measures. `NodeBB` is the connector; its parts are modules beside it."""

from __future__ import annotations

from modstation.sync.forums.nodebb.connector import NodeBB

__all__ = ["NodeBB"]
