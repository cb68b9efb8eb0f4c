"""What holds for every download of every page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [*(ROOT / "pages").glob("*.py"), *(ROOT / "dashboard").rglob("*.py")]


def downloads(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="download_button")):
                yield node


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_download_runs_no_page_again(path: Path) -> None:
    """A second one, clicked while the page runs, would have nothing to give."""
    for call in downloads(ast.parse(path.read_text("utf-8"))):
        given = {one.arg: ast.unparse(one.value) for one in call.keywords}
        assert given.get("on_click") == "'ignore'", f"line {call.lineno}"
