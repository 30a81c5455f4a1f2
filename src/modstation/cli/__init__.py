"""The same desk without a window, and without Qt installed."""

from .main import main

__all__ = ["main"]
