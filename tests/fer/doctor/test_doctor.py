"""What the doctor finds where something is wrong, each on the real thing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from fer import cli, doctor
from fer.doctor import (
    FAILED,
    OK,
    WARNING,
    Finding,
    examination,
    machine,
    models,
    network,
    packages,
    secrets,
)
from fer.runs import uploads
from fer.storage import folders

CHECKS = ("python", "packages", "name", "camera", "models", "engine", "detectors", "port", "https")
STUN_ANSWER = struct.pack(">HHI12s", 0x0101, 0, 0x2112A442, b"x" * 12)


def found(findings: Iterator[Finding]) -> dict[str, str]:
    """State by message."""
    return {finding.message: finding.state for finding in findings}


def test_a_sound_installation_has_nothing_that_failed(
    tiny_models: Path, runs_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)
    checks = [row["check"] for row in rows]
    assert list(dict.fromkeys(checks))[: len(CHECKS)] == list(CHECKS)
    assert {"ice", "disk", "memory", "folders", "leftovers"} < set(checks)
    assert all(set(row) == {"check", "state", "message", "mend"} for row in rows)
    assert all(row["mend"] for row in rows if row["state"] != OK)


def test_a_damaged_model_in_use_fails_and_says_how_to_mend_it(
    tiny_models: Path, runs_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tiny_models / "tiny" / "model.onnx").open("ab") as engine:
        engine.write(b"x")
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.split()[1] == "models"]
    assert line.startswith("failed")
    assert "model.onnx of the model tiny is not the file that its card describes." in line
    assert "Restore" in line
    assert any(line.split()[:2] == ["failed", "engine"] for line in lines)
    assert any(line.split()[:2] == ["ok", "detectors"] for line in lines)


def test_another_damaged_model_is_a_warning(tiny_models: Path) -> None:
    (tiny_models / "other" / "card.json").write_text("[")
    assert [finding.state for finding in models.models()] == [WARNING]
    assert models.engine().state == OK


def test_without_models_that_is_said(models_folder: Path) -> None:
    assert found(models.models()) == {"There are no models.": FAILED}


def test_the_other_package_of_our_name_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert packages.other_fer().state == OK
    (tmp_path / "fer-22.5.1.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: fer\nVersion: 22.5.1\n"
    (tmp_path / "fer-22.5.1.dist-info" / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)
    finding = packages.other_fer()
    assert finding.state == FAILED
    assert "22.5.1" in finding.message
    assert "pip uninstall fer" in finding.mend


def test_packages_that_are_missing_or_of_another_version_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    needed = "numpy<1\npillow>=1\nno-such-package>=1\nnever-here; python_version < '3'\n"
    (tmp_path / "requirements.txt").write_text(f"# ours\n{needed}-r requirements-train.txt\n")
    (tmp_path / "requirements-train.txt").write_text("no-such-network>=2\n")
    findings = {finding.message.split()[0]: finding for finding in packages.packages()}
    states = {name: finding.state for name, finding in findings.items()}
    assert states == {"numpy": WARNING, "no-such-package": FAILED, "no-such-network": WARNING}
    assert findings["no-such-package"].mend == 'pip install "no-such-package>=1"'


def test_a_port_in_use_is_a_warning() -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert network.port(number).state == WARNING
    assert network.port(number).state == OK


def test_a_host_without_https_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [finding.state for finding in network.https()] == [OK]
    monkeypatch.setenv("FER_HOSTS", "localhost,*.faces.example")
    (finding,) = network.https()
    assert finding.state == WARNING
    assert "certificate" in finding.mend


@pytest.fixture
def udp_server() -> Iterator[Callable[[bytes], int]]:
    """Starts servers that answer once; gives their ports."""
    open_sockets = []

    def start(answer: bytes) -> int:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        open_sockets.append(server)

        def serve() -> None:
            _, client = server.recvfrom(2048)
            server.sendto(answer, client)

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for one in open_sockets:
        one.close()


def test_stun_and_turn_servers_are_asked(
    udp_server: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, odd = udp_server(STUN_ANSWER), udp_server(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = closed.getsockname()[1]
    urls = [
        f"stun:127.0.0.1:{sound}",
        f"turn:127.0.0.1:{odd}?transport=udp",
        f"turns:127.0.0.1:{refused}?transport=tcp",
        "https://127.0.0.1",
        "stun:127.0.0.1:many",
    ]
    monkeypatch.setenv("FER_ICE_URLS", ",".join(urls))
    findings = list(network.ice())
    assert [finding.state for finding in findings] == [OK, *[FAILED] * 4]
    assert all(finding.message.startswith(url) for finding, url in zip(findings, urls, strict=True))


def test_little_disk_and_memory_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    memory = SimpleNamespace(available=machine.LEAST_MEMORY)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert (machine.disk().state, machine.memory().state) == (FAILED, WARNING)


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in which not even root may write")
def test_a_folder_that_cannot_be_written_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RUNS", "/proc/nowhere")
    findings = [finding for finding in machine.writable() if "/proc/nowhere" in finding.message]
    assert [finding.state for finding in findings] == [FAILED]


AUTH = {
    "redirect_uri": "https://faces.example.org/oauth2callback",
    "cookie_secret": "x" * 40,
    "client_id": "fer",
    "client_secret": "secret",
    "server_metadata_url": "https://provider.example.org/.well-known/openid-configuration",
}


def toml(table: str, values: dict[str, object]) -> str:
    return f"[{table}]\n" + "".join(f"{name} = {json.dumps(of)}\n" for name, of in values.items())


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        (None, OK, "Nobody has to log in"),
        ("[auth\n", FAILED, "nobody is let in"),
        ("auth = 1\n", FAILED, "no table"),
        (toml("auth", {**AUTH, "client_secret": ""}), FAILED, "lacks client_secret"),
        (toml("auth", {**AUTH, "cookie_secret": "x"}), FAILED, "can be guessed"),
        (toml("auth", AUTH) + toml("roles", {"trian": ["*"]}), FAILED, "'trian' is neither"),
        (toml("auth", AUTH) + toml("roles", {"train": "ann@example.org"}), FAILED, "is neither"),
        (toml("auth", AUTH) + toml("roles", {"train": ["*"]}), OK, "Visitors log in"),
    ],
)
def test_the_login_is_looked_at(
    text: str | None, state: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folders, "ROOT", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    if text is not None:
        path = tmp_path / ".streamlit" / "secrets.toml"
        path.parent.mkdir()
        path.write_text(text)
        path.chmod(0o600)
    (finding,) = secrets.login()
    assert finding.state == state and said in finding.message
    monkeypatch.setenv("FER_HOSTS", "faces.example.org")
    if text is None:
        (finding,) = secrets.login()
        assert finding.state == WARNING and "change everything" in finding.message


@pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")
def test_secrets_that_others_may_read_and_their_servers_for_video_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.parent.mkdir()
    path.write_text('[[webrtc.ice_servers]]\nurls = ["stun:127.0.0.1:1"]\n')
    path.chmod(0o644)
    assert [finding.state for finding in secrets.login()] == [WARNING, OK]
    (finding,) = network.ice()
    assert finding.state == FAILED and finding.message.startswith("stun:127.0.0.1:1 does not")


def make_old(path: Path) -> None:
    before = time.time() - 3 * 24 * 3600
    os.utime(path, (before, before))


def test_leftovers_are_counted_and_removed_on_request(
    tiny_models: Path, runs_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    owner = {"pid": gone.pid, "created": 1.0, "start": None}
    left = [
        tiny_models / ".making-01234567",
        runs_folder / ".new-20260101-000000-mlp-0123",
        runs_folder / ".commands" / "evaluate-killed",
        uploads.folder() / f"{'0' * 64}",
    ]
    for path in left:
        path.mkdir(parents=True)
        (path / "faces.csv").write_bytes(b"x" * 1000)
        (path / "owner.json").write_text(json.dumps(owner))
    (left[-1] / "owner.json").unlink()
    for path in [*left, left[-1] / "faces.csv"]:
        make_old(path)
    (tiny_models / ".making-76543210").mkdir()  # somebody is at it
    assert cli.main(["doctor"]) == 0
    report = capsys.readouterr().out
    assert f"There are {len(left)} folders or files" in report
    assert all(path.exists() for path in left)
    assert cli.main(["doctor", "--fix"]) == 0
    assert [path for path in left if path.exists()] == []
    assert (tiny_models / ".making-76543210").exists()
    cli.main(["doctor"])
    assert "Nothing was left behind" in capsys.readouterr().out.splitlines()[-1]


def test_a_check_that_breaks_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise RuntimeError("no such thing\nat all")

    monkeypatch.setattr(examination, "_CHECKS", (broken, packages.python))
    first, second, *_ = doctor.examine()
    assert (first.check, first.state) == ("broken", FAILED)
    assert "RuntimeError: no such thing." in first.message
    assert second.check == "python"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == f"fer-dashboard {packages.version()}"
