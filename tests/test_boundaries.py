"""Who may know whom: the house's walls, tried on planted offenders."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fer

ROOT = Path(__file__).resolve().parents[1]

ROOMS = (
    ("emotions", "errors", "permission", "values", "images"),
    ("metrics", "registry"),
    ("visualization",),
    ("inference",),
    ("training",),
    ("evaluation",),
    (
        *("cli", "cli_analyze", "cli_data", "cli_evaluate", "cli_models", "cli_output"),
        *("cli_robustness", "__main__", "__init__"),
    ),
    ("dashboard",),
    ("pages", "streamlit_app"),
)
ORDER = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}
KERAS = ("tensorflow", "keras", "tf2onnx")
MAY_LOAD_KERAS = (
    *("networks", "classic_networks", "augmentation", "learner", "job", "export"),
    *("calibration", "rate_finder", "transfer", "head", "optimization", "export_formats"),
    *("publishing", "averaging", "quantization"),
)


def imported(source: str) -> set[str]:
    """Full names of all modules and of what is taken from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def room_of(module: str) -> str | None:
    """The room a module of ours is in; None for foreign ones and for the library's own name."""
    parts = module.split(".")
    if parts[0] == "fer":
        return parts[1] if len(parts) > 1 and parts[1] in ORDER else None
    return parts[0] if parts[0] in ORDER else None


def offences(path: str, source: str) -> list[str]:
    """What a file imports that it must not know."""
    parts = Path(path).with_suffix("").parts
    room = parts[1] if parts[0] == "fer" else parts[0]
    found = []
    for name in sorted(imported(source)):
        top = name.split(".")[0]
        other = room_of(name)
        if other is not None and ORDER[other] > ORDER[room]:
            found.append(f"{path} imports {name}")
        if parts[0] == "fer" and top.startswith("streamlit"):
            found.append(f"{path} imports {name}")
        if top in KERAS and not (room == "training" and parts[-1] in MAY_LOAD_KERAS):
            found.append(f"{path} imports {name}")
    return found


def sources() -> list[Path]:
    folders = ("fer", "dashboard", "pages")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [*files, ROOT / "streamlit_app.py"]


def test_nobody_imports_to_the_right() -> None:
    found = [
        offence
        for path in sources()
        for offence in offences(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("fer/images.py", "import streamlit as st"),
        ("fer/inference/live.py", "from streamlit_webrtc import webrtc_streamer"),
        ("fer/values.py", "from fer.inference import detection"),
        ("fer/metrics.py", "from fer import inference"),
        ("fer/inference/recognizer.py", "import fer.training.runs"),
        ("fer/training/runs.py", "import tensorflow as tf"),
        ("dashboard/desk.py", "def f():\n    import keras"),
        ("dashboard/desk.py", "import pages.photos"),
    ],
)
def test_a_planted_offender_is_found(path: str, source: str) -> None:
    assert offences(path, source)


def test_the_public_names() -> None:
    assert sorted(fer.__all__) == [
        *("Box", "COLOURS", "EMOTIONS", "Face", "FaceResult", "FerError"),
        *("FrameResult", "ModelCard", "Prediction", "Recognizer", "analyze"),
    ]
    assert all(hasattr(fer, name) for name in fer.__all__)


def test_importing_the_library_loads_neither_tensorflow_nor_streamlit() -> None:
    heavy = ("tensorflow", "keras", "streamlit")
    code = f"import sys, fer; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_engine_collects_nothing_about_its_users(tmp_path: Path) -> None:
    """ONNX Runtime would keep events for Microsoft in a database below the home folder."""
    code = "from fer import registry; registry.load('crowd'); print('loaded')"
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    environment.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.stdout.strip() == "loaded", done.stderr
    assert list(tmp_path.rglob("*onnx*")) == []


def test_the_process_that_answers_pages_never_loads_tensorflow() -> None:
    code = """
import sys
from pathlib import Path
import streamlit_webrtc.component
from streamlit.testing.v1 import AppTest
streamlit_webrtc.component.get_this_session_info = lambda: None
for page in [Path("streamlit_app.py"), *sorted(Path("pages").glob("*.py"))]:
    at = AppTest.from_file(str(page), default_timeout=60)
    at.run()
    assert not at.exception, (page, at.exception)
    if page.stem == "photos":
        next(b for b in at.button if b.label == "Try a sample").click().run()
        assert not at.exception, at.exception
print([m for m in ("tensorflow", "keras", "tf2onnx", "onnx") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr[-2000:]
