"""What a check of a profile has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault of a profile: its line in the file (from 1), the rule it breaks, and a sentence."""

    line: int
    rule: str
    message: str

    def located(self, name: str) -> str:
        """The finding with the name of its file, as editors and compilers write it."""
        return f"{name}:{self.line}: {self.message} [{self.rule}]"

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} [{self.rule}]"
