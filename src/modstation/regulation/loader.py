"""Reading profiles: from a file, from text, from what is shipped."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from modstation.models.errors import BadInput, NotFound

from .blocks import FORMAT
from .builder import Builder, build_or_none
from .findings import Finding
from .lines import LineIndex, index_lines
from .lint import lint
from .profile import Profile
from .stack import ProfileStack

#: A profile is a small text; anything larger is a wrong file.
MAX_BYTES = 2_000_000

_AT_LINE = re.compile(r"at line (\d+)")


class BadProfile(BadInput):
    """A profile that cannot be used. `findings` name each line."""

    code = "bad-profile"

    def __init__(self, name: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        shown = "\n".join(finding.located(name) for finding in self.findings[:20])
        super().__init__(f"The profile {name} cannot be used.", shown, "Mend these lines and load it again.")


def read_profile(data: bytes, name: str = "profile") -> tuple[Profile | None, tuple[Finding, ...]]:
    """The profile in these bytes and what is wrong with its form. None when it cannot be read at all."""
    try:
        text = _text_of(data)
        raw = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return None, (_syntax(data, error),)
    builder = Builder(index_lines(text), [])
    body = _without_envelope(builder, raw)
    made = build_or_none(builder, Profile, body)
    if made is None:
        return None, tuple(builder.findings)
    digest = hashlib.sha256(data).hexdigest()
    return replace(made, sha256=digest, name=name, lines=builder.lines), tuple(builder.findings)


def _text_of(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise ValueError(f"The file is larger than {MAX_BYTES} bytes.")
    return data.decode("utf-8").replace("\r\n", "\n")


def _syntax(data: bytes, error: Exception) -> Finding:
    if isinstance(error, UnicodeDecodeError):
        return Finding(data[: error.start].count(b"\n") + 1, "encoding", "The file is not UTF-8 text here.")
    place = _AT_LINE.search(str(error))
    line = int(place.group(1)) if place else data.count(b"\n") + 1 if "end of document" in str(error) else 1
    return Finding(line, "toml", f"This is no valid TOML: {error}")


def _without_envelope(builder: Builder, raw: Mapping[str, object]) -> Mapping[str, object]:
    if raw.get("format") != FORMAT:
        builder.note(("format",), "format", f'The file must say format = "{FORMAT}".')
    return {key: value for key, value in raw.items() if key != "format"}


def _bytes_of(source: Path | str | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "profile"
    if isinstance(source, str) and "\n" in source:
        return source.encode("utf-8", "surrogatepass"), "profile"
    try:
        return Path(source).read_bytes(), Path(source).name
    except (OSError, ValueError) as error:
        raise NotFound(f"The profile file {source} cannot be read.", str(error), "Check the path.") from error


def load_profile(source: Path | str | bytes) -> Profile:
    """A profile from a path, or from its text (a text holds a line break). Raises BadProfile with line numbers.

    Only the form is checked here; `lint` checks the rules, against the profiles it stands on.
    """
    data, name = _bytes_of(source)
    made, findings = read_profile(data, name)
    if made is None or findings:
        raise BadProfile(name, findings)
    return made


def check(source: Path | str | bytes, below: Sequence[Profile] = ()) -> tuple[Finding, ...]:
    """Everything wrong with a profile file, form and rules, without raising. Empty when it is clean.

    `below` are the profiles it stacks on; where none is given, shipped ones of those names are used.
    """
    data, name = _bytes_of(source)
    made, findings = read_profile(data, name)
    if made is None or findings:
        return tuple(sorted(findings))
    return lint(made, below or _shipped_below(made))


def _shipped_below(profile: Profile) -> tuple[Profile, ...]:
    known = shipped()
    return tuple(load_shipped(name) for name in profile.head.stacks_on if name in known)


def _folder() -> Traversable:
    return resources.files("modstation") / "resources" / "profiles"


def shipped() -> tuple[str, ...]:
    """Names of the profiles that come with the program."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_shipped(name: str) -> Profile:
    """A shipped profile by its name. Raises NotFound naming those that exist."""
    if name not in shipped():
        raise NotFound(f"There is no profile '{name}'.", "", "Shipped profiles: " + ", ".join(shipped()) + ".")
    data = (_folder() / f"{name}.toml").read_bytes()
    made, findings = read_profile(data, name)
    if made is None or findings:
        raise BadProfile(name, findings)
    return made


def stack_of(profiles: Sequence[Profile]) -> ProfileStack:
    """The stack of these profiles, law first. Raises BadProfile where any breaks a rule."""
    for place, profile in enumerate(profiles):
        findings = lint(profile, profiles[:place])
        if findings:
            raise BadProfile(profile.name or profile.label, findings)
    return ProfileStack(tuple(profiles))


def load_stack(names: Sequence[str]) -> ProfileStack:
    """Shipped profiles by name, or files by path, stacked in that order and checked.

    Raises NotFound or BadProfile.
    """
    if not names:
        raise BadInput("No profile is named.", "A forum is judged by at least one.", "Name one, law first.")
    known = shipped()
    return stack_of([load_shipped(name) if name in known else load_profile(name) for name in names])


__all__ = ["BadProfile", "LineIndex", "check", "load_profile", "load_shipped", "load_stack", "shipped", "stack_of"]
