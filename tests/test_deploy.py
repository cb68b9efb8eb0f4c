"""Files for running the app elsewhere: they fit together, and to the package."""

from __future__ import annotations

import re
import tomllib

import pytest
import streamlit as st
import yaml

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
    compose = "".join(path.read_text("utf-8") for path in folders.ROOT.glob("compose*.yaml"))
    named = set(re.findall(r"\$\{(FER_\w+)", compose)) - {"FER_CPUS"}
    described = (folders.ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert [name for name in sorted(named) if f"{name}=" not in described] == []


def test_two_app_servers_share_models_proxy_and_turn_server_but_no_runs() -> None:
    one, two = (
        yaml.safe_load((folders.ROOT / name).read_text("utf-8"))["services"]
        for name in ("compose.yaml", "compose.scale.yaml")
    )
    services = {"app": one["app"], "app2": {**one["app"], **two["app2"]}}
    addresses = [service["networks"]["inside"]["ipv4_address"] for service in services.values()]
    allowed = [f"--allowed-peer-ip={address}" for address in addresses]
    assert len(set(allowed)) == 2 and two["turn"]["command"][-2:] == allowed
    assert one["turn"]["command"][-1:] == allowed[:1]
    upstreams = two["proxy"]["environment"]["FER_UPSTREAM"].split()
    assert upstreams == [f"{name}:8501" for name in services]
    models, runs = zip(*(service["volumes"][:2] for service in services.values()), strict=True)
    assert len(set(models)) == 1 and len(set(runs)) == 2
    deploy = folders.ROOT / "deploy"
    named = re.findall(r"/etc/caddy/(\S+)", two["proxy"]["command"])
    for name in ("Caddyfile", *named):
        assert "import site.caddy" in (deploy / name).read_text("utf-8")
    assert "lb_policy cookie" in (deploy / named[0]).read_text("utf-8")


def test_the_example_of_secrets_has_roles_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folders.ROOT / ".streamlit" / "secrets.toml.example").read_text("utf-8")
    monkeypatch.setattr(st, "secrets", tomllib.loads(text))
    ann = {"is_logged_in": True, "sub": "1", "email": "ann@example.org", "email_verified": True}
    monkeypatch.setattr(st, "user", ann)
    assert login.refusal("train") is None
    monkeypatch.setattr(st, "user", ann | {"email": "bob@example.org"})
    assert "your account may not train" in str(login.refusal("train"))
