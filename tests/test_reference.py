"""What `make docs` writes."""

from __future__ import annotations

from pathlib import Path

import fer
from tests import reference


def test_every_command_and_every_public_name_is_described(tmp_path: Path) -> None:
    reference.main(tmp_path)
    commands, library = ((tmp_path / f"{name}.md").read_text() for name in ("commands", "library"))
    assert {"analyze", "doctor", "train", "video"} <= set(reference.command_names())
    for name in reference.command_names():
        section = commands.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert f"usage: python -m fer {name}" in section and "example" in section, name
    for name in fer.__all__:
        assert f"\n## fer.{name}\n" in library
    assert "### Recognizer.analyze" in library and "```python\n>>> " in library
