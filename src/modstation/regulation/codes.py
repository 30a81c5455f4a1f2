"""Codes of other regimes as dated data files, such as those of the European database of statements of reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from modstation.models.errors import BadInput

_ADDRESS = re.compile(r"(?P<file>[a-z0-9_-]+/[a-z0-9_-]+\.json)#(?P<name>[a-z_]+)")


@cache
def _file(name: str) -> Mapping[str, Mapping[str, str]]:
    text = (resources.files("modstation") / "resources" / "profiles" / name).read_text("utf-8")
    enums: Mapping[str, Mapping[str, str]] = json.loads(text)["enums"]
    return enums


def codes(address: str) -> Mapping[str, str]:
    """Code and label of each entry of a list, addressed as `folder/file.json#list`.

    Raises BadInput where no such list comes with the program.
    """
    match = _ADDRESS.fullmatch(address)
    try:
        return _file(match.group("file"))[match.group("name")] if match else {}
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(f"There is no list of codes '{address}'.", "", "Name a list that comes with it.") from error


def every_code(address: str) -> Mapping[str, Mapping[str, str]]:
    """All lists of the file that an address names. Raises BadInput as `codes` does."""
    if not codes(address):
        raise BadInput(f"There is no list of codes '{address}'.", "", "Name a list that comes with it.")
    return _file(address.partition("#")[0])
