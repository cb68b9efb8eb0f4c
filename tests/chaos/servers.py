"""Servers that are killed, share a folder, find damage, or whose clock is set."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from benchmarks.page_client import PageClient
from dashboard.server import workspaces
from fer import registry
from fer.runs import store
from fer.runs.settings import TrainSettings
from fer.teaching import archive
from tests.browser.conftest import running_app, server_of
from tests.chaos.commands import Place
from tests.chaos.killed import KILLS, TRAIN
from tests.fer.teaching.conftest import two_emotions
from tests.fuzz import mutations
from tests.helpers import within_seconds
from tests.privacy import canary

PAGES = ("", "live", "photos", "video", "teach", "train", "evaluate", "models", "about")
PATIENCE = 900.0
"""Seconds for what takes a few on a machine with nothing else to do."""
_CLOCK = """
import time
true = time.time
def shifted():
    with open({file!r}) as file:
        return true() + float(file.read())
time.time, time.time_ns = shifted, lambda: int(shifted() * 1e9)
"""


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
    """Killed while a film, an evaluation, teaching and a training are at work, the next one finds
    order: the training goes on, and what belonged to visitors is gone."""
    film, captures = canary.film(folder, seconds=60), archive.to_zip(two_emotions(3))
    for _ in range(KILLS):
        with running_app(folder / "app") as address:
            visitor = PageClient(address)
            visitor.open("evaluate")
            visitor.press("Start evaluation")
            visitor.open("video")
            visitor.upload(("film.mp4", film))
            visitor.press("Analyse film", with_upload=True)
            teach(visitor, captures)
            visitor.open("train")
            visitor.press("Start training")
            time.sleep(chance.uniform(0, 10))
            server_of(address).kill()
    place = Place(folder / "app")
    place.use()
    with running_app(folder / "app") as address:
        _every_page_opens(address)
        within_seconds(PATIENCE, lambda: not canary.traces(folder / "app"))
        within_seconds(PATIENCE, lambda: not list(workspaces.folder().glob("teach-*")))
        states = [run.status().state for run in store.listing()]
        assert states and "lost" not in states, states
        end_runs()


def two_servers(folder: Path, chance: random.Random) -> None:
    """Two servers of one folder show the same and leave each other's work alone, also when one is
    killed and started again; their trainings take turns."""
    place = Place(folder / "app")
    with running_app(place.folder) as first:
        place.use()
        visitor = PageClient(first)
        visitor.open("evaluate")
        visitor.press("Start evaluation")
        for round_ in range(3):
            with running_app(place.folder) as second:
                other = PageClient(second)
                other.open("train")
                other.press("Start training")
                registry.activate(chance.choice(registry.SHIPPED))
                _every_page_opens(first)
                _every_page_opens(second)
                states = [run.status().state for run in store.listing()]
                assert len(states) == round_ + 1 and states.count("running") <= 1, states
                assert "lost" not in states, states
                server_of(second).kill()
        within_seconds(PATIENCE, lambda: _is_evaluated(visitor))
        end_runs()


def set_clock(folder: Path, chance: random.Random) -> None:
    """The clock of a server and of a training is set by days, to and fro: both go on, nothing is
    lost, and no time that is shown is before its start."""
    place = Place(folder / "app")
    captures = archive.to_zip(two_emotions(3))
    with clock(folder) as set_by, running_app(place.folder) as address:
        place.use()
        visitor = PageClient(address)
        visitor.open("evaluate")
        visitor.press("Start evaluation")
        pupil = PageClient(address)
        teach(pupil, captures)
        training = place.started("train", *TRAIN, "--name", "timeless")
        while training.poll() is None:
            set_by(chance.choice((-30, -1, 1, 30)) * 86_400 * chance.random())
            _every_page_opens(address)
            time.sleep(chance.uniform(0, 2))
        assert training.returncode == 0
        registry.load("timeless")
        (run,) = store.listing()
        assert run.status().state == "finished"
        seconds = [float(str(line["seconds"])) for line in run.metrics()]
        assert len(seconds) == 4 and all(0 < took < PATIENCE for took in seconds), seconds
        within_seconds(PATIENCE, lambda: _is_evaluated(visitor))
        within_seconds(PATIENCE, lambda: _is_taught(pupil))


@contextmanager
def clock(folder: Path) -> Iterator[Callable[[float], None]]:
    """Python processes that are started inside have a clock of the day that can be set, by seconds;
    as after a real one, files that were written before keep their times."""
    file, modules = folder / "clock", folder / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(_CLOCK.format(file=str(file)))

    def set_by(seconds: float) -> None:
        new = file.with_suffix(".new")
        new.write_text(f"{seconds:.0f}")
        new.replace(file)

    set_by(0)
    with mock.patch.dict(os.environ, {"PYTHONPATH": str(modules)}):
        yield set_by


def teach(visitor: PageClient, captures: bytes) -> None:
    """Agrees, brings takes along, and starts teaching."""
    visitor.open("teach")
    visitor.press("I agree")
    visitor.upload(("captures.zip", captures), field="Bring takes back")
    visitor.press("3 Teach")
    visitor.press("Teach")


def _is_evaluated(visitor: PageClient) -> bool:
    time.sleep(1)
    visitor.open("evaluate")
    assert "exception" not in visitor.elements
    return "button Cancel" not in visitor.elements and "button Remove" in visitor.elements


def _is_taught(visitor: PageClient) -> bool:
    time.sleep(1)
    visitor.open("teach")
    assert "exception" not in visitor.elements
    return "button Teach again" in visitor.elements


def _every_page_opens(address: str) -> None:
    visitor = PageClient(address)
    for page in PAGES:
        visitor.open(page)
        assert "exception" not in visitor.elements, page
    visitor.close()


def end_runs() -> None:
    """Ends every run that is at work."""
    for run in store.listing():
        owner = run.status().owner
        if run.status().is_active and owner is not None:
            owner.kill()
