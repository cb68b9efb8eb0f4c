"""Teaching a model one's own face: how long it takes, and what it gains and costs.

    python -m benchmarks.teach seconds faces.parquet
    python -m benchmarks.teach gain faces.parquet --data fer2013.csv [--votes PATH]
    python -m benchmarks.teach deeper faces.parquet --data fer2013.csv [--votes PATH]
    python -m benchmarks.teach statistics --data fer2013.csv [--votes PATH] --output features.npz

`faces.parquet` is as in `benchmarks.elsewhere`, with the source `posed`. *seconds* starts the
command `teach` anew and stops once its model has answered. *gain* teaches 20 faces of each of three
emotions, or 1, 3 and 10 takes of five, and asks about the other posed faces, of these emotions and
of others, and about those faces of FER2013's validation split that show others. A logistic
regression learns from the same features; it knows the three emotions alone, so the personal model
is asked with its prior `taught` too. *deeper* trains the network's last block as well, see
`benchmarks.teach_deeper`. *statistics* makes the file that lies beside a model which can be taught.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fer import images, metrics, registry
from fer.data import selection
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.engine import Model
from fer.geometry import Image
from fer.inference import cropping
from fer.prior import TRAINING
from fer.teaching import archive, features, learning, personal
from fer.teaching.captures import Captures
from fer.teaching.features import Floats, Seen
from fer.teaching.learning import Labels, Setting

Pixels = NDArray[np.uint8]

NUMBERS = (100, 300, 1000)
TRIALS = 3
TAKES = (1, 3, 10)
FACES_OF_A_TAKE = 5
FACES = 20
SEEDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces as a model sees them, and what they show."""

    seen: Seen
    true: Labels

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Faces:
        return Faces(self.seen.rows(chosen), self.true[chosen])

    def accuracy(self, log_probabilities: Floats) -> float:
        return float((log_probabilities.argmax(axis=1) == self.true).mean())


def posed(path: Path) -> tuple[list[Image], Labels]:
    table = pd.read_parquet(path)
    table = table[table["source"] == "posed"]
    labels = [EMOTIONS.index(label) for label in table["label"]]
    return [images.decode(data) for data in table["png"]], np.array(labels, np.int64)


def measure_seconds(path: Path) -> None:
    pictures, labels = posed(path)
    print("faces  seconds of each trial")
    for number in NUMBERS:
        captures = Captures()
        rows = np.resize(np.argsort(labels, kind="stable"), number)
        for start in range(0, number, FACES_OF_A_TAKE):
            take = rows[start : start + FACES_OF_A_TAKE]
            crops = [(pictures[row], i / 10) for i, row in enumerate(take)]
            captures = captures.with_take(EMOTIONS[labels[take[0]]], 1.0, crops)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "captures.zip")
            file.write_bytes(archive.to_zip(captures))
            trials = [_seconds(file, Path(folder, f"{trial}.zip")) for trial in range(TRIALS)]
        print(f"{number:5}  {'  '.join(f'{seconds:.1f}' for seconds in trials)}", flush=True)


def _seconds(captures: Path, target: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "fer", "teach", str(captures), "--output", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    model = personal.load(target)
    model.probabilities(np.zeros((1, *model.card.input.shape), np.uint8))
    return time.perf_counter() - started


def measure_gain(path: Path, data: str, votes: str | None) -> None:
    model = registry.load()
    assert model.card.default_prior != TRAINING
    pictures, labels = posed(path)
    pixels = cropping.network_input(pictures, model.card.input)
    own = Faces(features.seen(model, pixels), labels)
    asked, majority = public_test(model, data, votes)
    people = Faces(features.seen(model, asked), majority)
    setting = Setting.of(model.card, features.general(model.card.name))
    print("percent: the general model, the personal one, its prior `taught`, logistic regression;")
    print(
        "points: other emotions of public-test by the default prior and by `training`; posed ones"
    )
    enough = [e for e in range(NUM_EMOTIONS) if (labels == e).sum() >= 60]
    for what, faces, emotions in (
        (f"{FACES} faces", FACES, sorted(set(labels.tolist()))),
        *((f"{takes} takes", takes * FACES_OF_A_TAKE, enough) for takes in TAKES),
    ):
        drawn = trials(own, people, emotions, faces)
        rows = np.array([_measured(setting, trial) for trial in drawn])
        mean = "  ".join(f"{100 * value:5.1f}" for value in rows.mean(axis=0))
        worst = "  ".join(f"{100 * value:5.1f}" for value in rows[:, 4:].min(axis=0))
        print(f"{what:10} {len(rows):3} trials  {mean}  worst trial {worst}", flush=True)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Faces that are taught, by their index too, and those that are asked about: posed ones of the
    same emotions, posed ones of others, and other people's of others."""

    indices: NDArray[np.int64]
    taught: Faces
    own: Faces
    not_shown: Faces
    others: Faces


def trials(
    own: Faces, people: Faces, emotions: Sequence[int], faces: int, seeds: int = SEEDS
) -> Iterator[Trial]:
    """Each set of three emotions, with some draws of the faces that are taught."""
    for shown in itertools.combinations(emotions, 3):
        for seed in range(seeds):
            random = np.random.default_rng(seed)
            chosen = np.concatenate(
                [random.permutation(np.flatnonzero(own.true == e))[:faces] for e in shown]
            )
            is_shown = np.isin(own.true, shown)
            held_back = is_shown.copy()
            held_back[chosen] = False
            yield Trial(
                chosen,
                own.rows(chosen),
                own.rows(held_back),
                own.rows(~is_shown),
                people.rows(~np.isin(people.true, shown)),
            )


def _measured(setting: Setting, trial: Trial) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    taught, own = trial.taught, trial.own
    [fitted] = learning.fit(setting, [(taught.seen, taught.true)])
    regression = LogisticRegression(max_iter=2000).fit(taught.seen.features, taught.true)
    after = setting.final(fitted.log_probabilities(own.seen))
    is_taught = np.isin(np.arange(NUM_EMOTIONS), taught.true)
    others = trial.others
    before, now = others.seen.log_probabilities, fitted.log_probabilities(others.seen)
    return [
        own.accuracy(setting.final(own.seen.log_probabilities)),
        own.accuracy(after),
        own.accuracy(np.where(is_taught, after, -np.inf)),
        float((regression.predict(own.seen.features) == own.true).mean()),
        gained(setting, others, now),
        others.accuracy(now) - others.accuracy(before),
        gained(setting, trial.not_shown, fitted.log_probabilities(trial.not_shown.seen)),
    ]


def gained(setting: Setting, faces: Faces, log_probabilities: Floats) -> float:
    """Accuracy of raw answers under the default prior, less that of the general model."""
    before = faces.accuracy(setting.final(faces.seen.log_probabilities))
    return faces.accuracy(setting.final(log_probabilities)) - before


def public_test(model: Model, data: str, votes: str | None) -> tuple[Pixels, Labels]:
    """FER2013's validation faces as inputs, with the crowd's majority where it has one."""
    part = selection.prepared(data, votes, "crowd").split("validation")
    assert part.votes is not None
    majority = metrics.crowd_majority(part.votes)
    rows = np.flatnonzero(majority >= 0)
    return part.rows(rows).inputs(model.card.input), majority[rows]


def write_statistics(data: str, votes: str | None, target: Path) -> None:
    model = registry.load()
    features.measure(model, selection.prepared(data, votes, "crowd").split("train"), target)
    print(f"{target}: {registry.file_hash(target)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("seconds", "gain", "deeper", "statistics"))
    parser.add_argument("faces", type=Path, nargs="?")
    parser.add_argument("--data")
    parser.add_argument("--votes")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.what == "seconds":
        measure_seconds(options.faces)
    elif options.what == "gain":
        with threadpool_limits(1, user_api="blas"):
            measure_gain(options.faces, options.data, options.votes)
    elif options.what == "deeper":
        from benchmarks import teach_deeper  # TensorFlow, which nothing else here needs

        teach_deeper.measure(options.faces, options.data, options.votes)
    else:
        write_statistics(options.data, options.votes, options.output)


if __name__ == "__main__":
    main()
