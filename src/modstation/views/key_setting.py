"""The setting `keys`: which keys a person changed, and whether single keys work at all."""

from __future__ import annotations

import json

from .commands import BY_ID


def key_choices(stored: str) -> tuple[dict[str, str], str]:
    """Changed keys and mode as the setting `keys` holds them; anything unreadable means as delivered."""
    try:
        value = json.loads(stored) if stored else {}
        keys = {str(id_): str(keys) for id_, keys in value.get("keys", {}).items() if id_ in BY_ID and keys.strip()}
        return keys, "modifier" if value.get("mode") == "modifier" else "on"
    except (ValueError, AttributeError, TypeError):
        return {}, "on"


def key_value(changed: dict[str, str], mode: str) -> str:
    """The setting `keys` for changed keys and a mode."""
    return json.dumps({"mode": mode, "keys": changed}, sort_keys=True) if changed or mode == "modifier" else ""
