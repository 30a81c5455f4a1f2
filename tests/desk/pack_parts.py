"""Rule packs as files for tests of their life at a desk."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from tests.desk.desk_parts import Office

from modstation.desk.packs import PackView

BIKES = """
[pack]
id = "{id}"
version = "{version}"
title = "Bicycle offers"
source = "made for a test"
licence = "CC0-1.0"
author = "demo"
{head}

[categories]
sale = {severity}

[[rule]]
id = "bike"
category = "sale"
action = "{action}"
any = [{terms}]
examples = {{ hit = [{hit}], miss = ["a quiet evening by the river"] }}
"""


def pack_file(
    folder: Path,
    *terms: str,
    name: str = "demo-bikes",
    version: str = "1",
    severity: int = 2,
    head: str = "",
    action: str = "queue",
) -> Path:
    """A usable pack with these terms."""
    words = terms or ("folding bicycle",)
    text = BIKES.format(
        id=name, version=version, severity=severity, head=head, action=action,
        terms=", ".join(f'"{word}"' for word in words), hit=f'"I sell a {words[0]} today"',
    )  # fmt: skip
    path = folder / f"{name}-{version}.toml"
    path.write_text(text, "utf-8")
    return path


def activated(desk: Office, path: Path) -> PackView:
    """A pack through its whole life up to use: drafted by one person, approved by another."""
    view = desk.mod.add_pack(path)
    desk.mod.rehearse_pack(view.hash)
    return desk.sup.approve_pack(view.hash)


#: Texts as forums have them, some of which the pack of a test marks.
texts = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["I sell a folding bicycle", "f0lding bicycle", "f o l d i n g  bicycle", "加微信 abc123", "\ud800 x"]
    ),
)
