"""Connectors: one platform each, all behind the promise of `desk.ports.Forum`."""
