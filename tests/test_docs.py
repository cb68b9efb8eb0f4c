"""The examples of the documents run as they are written, with the shipped model."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_notebook_page_does_what_it_shows() -> None:
    path = str(DOCS / "library.md")
    failed, tried = doctest.testfile(path, module_relative=False, encoding="utf-8")
    assert tried > 25
    assert failed == 0
