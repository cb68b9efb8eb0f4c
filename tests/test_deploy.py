"""Files for running the app elsewhere: they fit together, and to the package."""

from __future__ import annotations

import re
import tomllib

import pytest
import streamlit as st

from dashboard.server.visitors import login
from fer.storage import folders

DOCKERFILE = (folders.ROOT / "Dockerfile").read_text("utf-8")


def copied() -> set[str]:
    """What the image is built from."""
    lines = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_the_image_is_built_from_all_that_the_package_needs() -> None:
    project = tomllib.loads((folders.ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "pyproject.toml", "hatch_build.py"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {
        path.name for path in folders.ROOT.glob("requirements*.txt") if "dev" not in str(path)
    }
    sent = re.findall(
        r"^!(\S+)$", (folders.ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE
    )
    assert {name for name in needed if name.split("/")[0] not in copied() | {".streamlit"}} == set()
    assert {name for name in needed if not name.startswith(tuple(sent))} == set()
    assert all((folders.ROOT / name).exists() for name in {*sent, *copied()})


def test_the_image_writes_its_volumes_alone_and_is_nobody_important() -> None:
    volumes = re.search(r"^VOLUME \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    compose = (folders.ROOT / "compose.yaml").read_text("utf-8")
    assert volumes is not None
    for volume in re.findall(r'"(.+?)"', volumes[1]):
        assert f":{volume}\n" in compose
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == ["1000"]
    assert "umask 077" in DOCKERFILE and "HEALTHCHECK" in DOCKERFILE
    assert compose.count("read_only: true") == compose.count("image:") + compose.count("build:")


def test_what_compose_asks_for_is_described() -> None:
    compose = (folders.ROOT / "compose.yaml").read_text("utf-8")
    named = set(re.findall(r"\$\{(FER_\w+)", compose)) - {"FER_CPUS"}
    described = (folders.ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert [name for name in sorted(named) if f"{name}=" not in described] == []


def test_the_example_of_secrets_has_roles_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folders.ROOT / ".streamlit" / "secrets.toml.example").read_text("utf-8")
    monkeypatch.setattr(st, "secrets", tomllib.loads(text))
    ann = {"is_logged_in": True, "sub": "1", "email": "ann@example.org", "email_verified": True}
    monkeypatch.setattr(st, "user", ann)
    assert login.refusal("train") is None
    monkeypatch.setattr(st, "user", ann | {"email": "bob@example.org"})
    assert "your account may not train" in str(login.refusal("train"))
