"""Commands that are killed at random moments."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

from fer import registry
from fer.runs import store
from fer.teaching import archive, personal
from tests import films
from tests.chaos.commands import copied, moments
from tests.fer.teaching.conftest import two_emotions
from tests.helpers import astronaut

TRAIN = ("--data", "drawn", "--network", "mlp", "--epochs", "4", "--limit", "140")
KILLS = 4


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
    place.check_clean()


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
    place.check_clean()


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
