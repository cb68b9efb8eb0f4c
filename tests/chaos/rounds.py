"""What is done to the app, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.page_client import PageClient
from dashboard.server import workspaces
from fer import registry
from fer.errors import FerError
from fer.runs import store
from fer.runs.settings import TrainSettings
from fer.storage import files
from fer.teaching import archive, personal
from tests import films
from tests.browser.conftest import running_app, server_of
from tests.chaos.commands import Place, copied, moments
from tests.fer.teaching.conftest import two_emotions
from tests.fuzz import mutations
from tests.helpers import astronaut
from tests.privacy import canary

PAGES = ("", "live", "photos", "video", "train", "evaluate", "models", "about")
TRAIN = ("--data", "drawn", "--network", "mlp", "--epochs", "4", "--limit", "140")
KILLS = 4
KNOWN_HIDDEN = {".commands", ".queue", ".lock"}


def killed_training(folder: Path, chance: random.Random) -> None:
    """Killed and resumed until it is finished, no epoch that was reported is lost."""
    place = copied(folder)
    place.use()
    whole = place.seconds_of("train", *TRAIN, "--name", "whole")
    (first,) = store.listing()
    epochs: list[dict[str, object]] = []
    arguments = ["train", *TRAIN, "--seed", "1", "--name", "killed"]
    for seconds in moments(chance, whole, KILLS):
        place.kill(seconds, *arguments)
        runs = [run for run in store.listing() if run.id != first.id]
        if runs:
            (run,) = runs
            assert run.status().state in ("lost", "failed", "finished"), run.status()
            kept = run.metrics()
            assert kept[: len(epochs)] == epochs[: len(kept)] and len(kept) >= len(epochs) - 1
            epochs = kept
            arguments = ["train", "--resume", run.id]
    if "killed" not in registry.names():
        done = place.run(*arguments)
        assert done.returncode == 0, done.stderr
    registry.load("killed")
    _is_clean(place)


def killed_film(folder: Path, chance: random.Random) -> None:
    """What it writes is whole or not there."""
    place = copied(folder)
    clip = films.write(folder / "clip.mp4", [astronaut()[:256, 96:352]] * 40, 10)
    outputs = {"--json": "film.json", "--annotate": "film.mp4", "--csv": "film.csv"}
    more = [part for flag, name in outputs.items() for part in (flag, str(folder / name))]
    whole = place.seconds_of("video", str(clip), *more)
    sizes = {name: (folder / name).stat().st_size for name in outputs.values()}
    for seconds in moments(chance, whole, KILLS):
        for name in outputs.values():
            (folder / name).unlink(missing_ok=True)
        place.kill(seconds, "video", str(clip), *more)
        for name in outputs.values():
            path = folder / name
            assert not path.exists() or path.stat().st_size == sizes[name], (name, seconds)
    place.seconds_of("video", str(clip), *more)


def killed_evaluation(folder: Path, chance: random.Random) -> None:
    """A folder without a result is no result, and the next evaluation uses it."""
    place, kept = copied(folder), folder / "kept"
    command = ["evaluate", "--model", "crowd-small", "--data", "drawn", "--keep", str(kept)]
    whole = place.seconds_of(*command)
    for seconds in moments(chance, whole, KILLS):
        shutil.rmtree(kept, ignore_errors=True)
        place.kill(seconds, *command)
        for report in kept.glob("report.json"):
            json.loads(report.read_text())
    place.seconds_of(*command)
    _is_clean(place)


def killed_teaching(folder: Path, chance: random.Random) -> None:
    """A personal model is whole or not there, and the captures stay as they were."""
    place, captures, target = copied(folder), folder / "captures.zip", folder / "me.zip"
    data = archive.to_zip(two_emotions(3))
    captures.write_bytes(data)
    command = ["teach", str(captures), "--output", str(target)]
    whole = place.seconds_of(*command)
    for seconds in moments(chance, whole, KILLS):
        target.unlink(missing_ok=True)
        place.kill(seconds, *command)
        assert captures.read_bytes() == data
        if target.exists():
            personal.load(target)
    target.unlink(missing_ok=True)
    place.seconds_of(*command)
    personal.load(target)


def damaged_folders(folder: Path, chance: random.Random, changes: int = 200) -> None:
    """Listings answer, whatever is in the files of models and runs."""
    place = copied(folder)
    place.use()
    run = store.create(TrainSettings("drawn", network="mlp", epochs=2))
    for _ in range(changes):
        paths = [path for path in (folder / "models").rglob("*") if path.suffix == ".json"]
        paths += [path for path in run.path.iterdir() if path.is_file()]
        (folder / "models" / "active.json").touch()
        path = chance.choice([*paths, folder / "models" / "active.json"])
        path.write_bytes(mutations.of_text(path.read_bytes() or b"{}", [b"{}"], chance))
        for name in registry.names():
            _or_a_sentence(lambda name=name: registry.card(name))  # type: ignore[misc]
        registry.active()
        registry.previous()
        for listed in store.listing():
            listed.status()
            listed.metrics()
            _or_a_sentence(lambda listed=listed: listed.settings)  # type: ignore[misc]
        workspaces.sweep()


def damaged_server(folder: Path, chance: random.Random) -> None:
    """Pages open beside damaged models and runs, and nothing of it is in the log as a traceback."""
    with running_app(folder) as address:
        place = Place(folder)
        place.use()
        run = store.create(TrainSettings("drawn", network="mlp", epochs=2))
        for _ in range(12):
            paths = [path for path in (folder / "models").rglob("*") if path.is_file()]
            path = chance.choice([*paths, *run.path.iterdir()])
            path.write_bytes(mutations.of_bytes(path.read_bytes() or b"{}", [b"{}"], chance))
            visitor = PageClient(address)
            for page in PAGES:
                visitor.open(page)
                assert "exception" not in visitor.elements, (page, path)
            visitor.close()


def killed_server(folder: Path, chance: random.Random) -> None:
    """Killed while films, evaluations and a training are at work, the next one finds order: the
    training goes on, and what belonged to visitors is gone."""
    film = canary.film(folder, seconds=60)
    for _ in range(KILLS):
        with running_app(folder / "app") as address:
            visitor = PageClient(address)
            visitor.open("evaluate")
            visitor.press("Start evaluation")
            visitor.open("video")
            visitor.upload(("film.mp4", film))
            visitor.press("Analyse film", with_upload=True)
            visitor.open("train")
            visitor.press("Start training")
            time.sleep(chance.uniform(0, 10))
            server_of(address).kill()
    place = Place(folder / "app")
    place.use()
    with running_app(folder / "app") as address:
        visitor = PageClient(address)
        for page in PAGES:
            visitor.open(page)
            assert "exception" not in visitor.elements, page
        _until(lambda: not canary.traces(folder / "app"))
        states = [run.status().state for run in store.listing()]
        assert states and "lost" not in states, states
        for run in store.listing():
            owner = run.status().owner
            if run.status().is_active and owner is not None:
                owner.kill()


def shared_folder(folder: Path, chance: random.Random, seconds: float = 20.0) -> None:
    """Two processes activate models at once: whoever reads finds one of them, never none."""
    place = copied(folder)
    place.use()
    code = (
        "import itertools, time\n"
        "from fer import registry\n"
        f"until = time.monotonic() + {seconds}\n"
        "for name in itertools.cycle(registry.SHIPPED):\n"
        "    registry.activate(name)\n"
        "    if time.monotonic() > until: break\n"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", code], env=place.environment()) for _ in range(2)
    ]
    _until(lambda: (folder / "models" / "active.json").exists())
    while any(other.poll() is None for other in others):
        found = files.json_object(folder / "models" / "active.json")
        assert found["active"] in registry.SHIPPED and found["previous"] in registry.SHIPPED
    assert [other.wait() for other in others] == [0, 0]
    _is_clean(place)


ROUNDS: dict[str, Callable[[Path, random.Random], None]] = {
    "killed training": killed_training,
    "killed film": killed_film,
    "killed evaluation": killed_evaluation,
    "killed teaching": killed_teaching,
    "damaged folders": damaged_folders,
    "damaged server": damaged_server,
    "killed server": killed_server,
    "shared folder": shared_folder,
}


def _or_a_sentence(call: Callable[[], object]) -> None:
    try:
        call()
    except FerError as error:
        assert "\n" not in str(error), error


def _is_clean(place: Place) -> None:
    """An hour later the next start leaves nothing half-made. Call `place.use` before."""
    hour_ago = time.time() - 2 * files.LEFT_SECONDS
    for root in (place.folder / "models", place.folder / "runs"):
        for path in root.glob(".*"):
            os.utime(path, (hour_ago, hour_ago))
        files.remove_leftovers(root)
        assert {path.name for path in root.glob(".*")} <= KNOWN_HIDDEN
    workspaces.sweep()
    assert not workspaces.left()


def _until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.1)
