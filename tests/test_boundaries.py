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
    ("emotions", "errors", "notices", "permission", "geometry", "storage"),
    ("results", "model_card", "figures", "images", "prior"),
    ("metrics",),
    ("engine", "registry", "visualization"),
    ("inference",),
    ("live", "video", "data"),
    ("evaluation", "runs"),
    ("teaching",),
    ("networks",),
    ("export",),
    ("training",),
    ("doctor",),
    ("distributed",),
    ("cli", "__main__", "__init__"),
    ("dashboard",),
    ("pages", "streamlit_app"),
)
"""From left to right: a room knows those to its left, and its own."""
ORDER = {room: index for index, rooms in enumerate(ROOMS) for room in rooms}
APART = (
    ("runs", "evaluation"),
    ("live", "data"),
    ("video", "data"),
    ("engine", "visualization"),
    ("registry", "visualization"),
)
"""Rooms side by side that must not know each other."""
FORBIDDEN = (("fer.evaluation", "fer.training"), ("dashboard", "fer.cli"))
SHARED_BY_PAGES = ("server", "look", "camera", "dataset", "personal", "assets")
"""Folders of `dashboard/` that belong to no page."""
KERAS = ("tensorflow", "keras", "tf2onnx")
MAY_LOAD_KERAS = ("networks", "export", "training")
RAY = ("ray", "grpc")
MOST_MODULES = 12


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
    return [
        f"{path} imports {name}"
        for name in sorted(imported(source))
        if _is_forbidden(parts, room, name)
    ]


def _is_forbidden(parts: tuple[str, ...], room: str, name: str) -> bool:
    other, top = room_of(name), name.split(".")[0]
    if other is not None and ORDER[other] > ORDER[room]:
        return True
    if other is not None and any({room, other} == set(pair) for pair in APART):
        return True
    if any(".".join(parts).startswith(one) and name.startswith(two) for one, two in FORBIDDEN):
        return True
    if parts[0] == "fer" and top.startswith("streamlit"):
        return True
    if top in KERAS and room not in MAY_LOAD_KERAS:
        return True
    if top in RAY and room != "distributed":
        return True
    return _is_another_page(parts, name.split(".")) or _is_private(parts, name.split("."))


def _is_another_page(parts: tuple[str, ...], name: list[str]) -> bool:
    """Whether a page's folder of `dashboard/` imports another page's."""
    if parts[0] != "dashboard" or len(parts) < 3 or name[0] != "dashboard" or len(name) < 2:
        return False
    is_folder = (ROOT / "dashboard" / name[1]).is_dir() and name[1] not in SHARED_BY_PAGES
    return is_folder and name[1] != parts[1]


def _is_private(parts: tuple[str, ...], name: list[str]) -> bool:
    """Whether a name with an underscore of another module of ours is imported."""
    return name[0] in ("fer", "dashboard") and any(
        part.startswith("_") and not part.startswith("__") for part in name
    )


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
        ("fer/live/feed.py", "from streamlit_webrtc import webrtc_streamer"),
        ("fer/geometry.py", "from fer.inference import detection"),
        ("fer/metrics/votes.py", "from fer import inference"),
        ("fer/inference/recognizer.py", "import fer.runs.store"),
        ("fer/evaluation/report.py", "from fer.training import batches"),
        ("fer/evaluation/report.py", "from fer.runs import store"),
        ("fer/data/selection.py", "from fer.runs.settings import TrainSettings"),
        ("fer/runs/store.py", "import tensorflow as tf"),
        ("fer/cli/analyze.py", "def f():\n    import ray"),
        ("fer/runs/store.py", "from fer.teaching import captures"),
        ("fer/teaching/learning.py", "from fer.training import job"),
        ("fer/teaching/learning.py", "import keras"),
        ("fer/runs/store.py", "from fer.networks import build"),
        ("fer/runs/store.py", "from fer.registry import _roots"),
        ("dashboard/navigation.py", "def f():\n    import keras"),
        ("dashboard/navigation.py", "import pages.photos"),
        ("dashboard/navigation.py", "from fer.cli import output"),
        ("dashboard/live/view.py", "from dashboard.photos import session"),
    ],
)
def test_a_planted_offender_is_found(path: str, source: str) -> None:
    assert offences(path, source)


def test_no_folder_holds_more_modules_than_a_newcomer_can_keep_in_mind() -> None:
    folders = {path.parent for path in sources()}
    many = {
        folder.relative_to(ROOT).as_posix(): len(modules)
        for folder in folders
        if len(modules := [one for one in folder.glob("*.py") if one.stem != "__init__"])
        > MOST_MODULES
    }
    assert many == {}


def test_the_public_names() -> None:
    assert sorted(fer.__all__) == [
        *("Box", "COLOURS", "EMOTIONS", "Face", "FaceResult", "FerError"),
        *("FrameResult", "ModelCard", "Prediction", "Recognizer", "analyze"),
    ]
    assert all(hasattr(fer, name) for name in fer.__all__)


def test_importing_the_library_loads_neither_tensorflow_nor_scipy_nor_streamlit() -> None:
    heavy = ("tensorflow", "keras", "streamlit", "scipy", "sklearn")
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
