"""The documents: links lead somewhere, and every setting and module that they name exists."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from fer.storage import folders

DOCUMENTS = sorted(
    path for folder in ("", "docs", "tests") for path in (folders.ROOT / folder).glob("*.md")
) + sorted((folders.ROOT / "docs").glob("*/*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8"))
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_modules_to_run_exist(document: Path) -> None:
    modules = set(re.findall(r"python -m ([a-z_.]+\w)", document.read_text("utf-8")))
    ours = [name for name in modules if name.split(".")[0] in ("fer", "benchmarks", "dashboard")]
    assert [name for name in ours if importlib.util.find_spec(name) is None] == []


def test_every_variable_of_the_environment_is_described() -> None:
    sources = [
        path for room in ("fer", "dashboard") for path in (folders.ROOT / room).rglob("*.py")
    ]
    used = {name for path in sources for name in re.findall(r'"(FER_[A-Z_]+)"', path.read_text())}
    table = (folders.ROOT / "docs" / "settings.md").read_text("utf-8")
    assert used and used == set(re.findall(r"`(FER_[A-Z_]+)`", table))


def test_every_decision_is_listed() -> None:
    folder = folders.ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\S+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(p.name for p in folder.glob("*.md") if p.name != "README.md")


def test_nothing_names_a_module_that_is_gone() -> None:
    """In code, in text, and in scripts that are texts of code."""
    listing = subprocess.run(
        ["git", "ls-files", "*.py", "docs/*.md", "README.md", "CONTRIBUTING.md"],
        cwd=folders.ROOT,
        capture_output=True,
        text=True,
    )
    pattern = re.compile(r"^(?:from|import) ((?:fer|dashboard|benchmarks)(?:\.\w+)+)", re.MULTILINE)
    gone = []
    for name in listing.stdout.split():
        if name in ("tests/test_boundaries.py", "benchmarks/contestant.py"):
            continue  # planted offenders; another package of our name
        for module in pattern.findall((folders.ROOT / name).read_text("utf-8")):
            if importlib.util.find_spec(module) is None:
                gone.append((name, module))
    assert gone == []


def test_every_defence_has_the_test_that_its_table_names() -> None:
    table = (folders.ROOT / "docs" / "security.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", table)
    assert named
    for file, test in named:
        text = (folders.ROOT / "tests" / file).read_text("utf-8")
        assert f"def {test}(" in text, (file, test)
