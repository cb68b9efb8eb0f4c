"""Our models beside the PyPI package `fer` on labelled faces, in one run.

    python -m benchmarks.rivals --data fer2013.parquet --split validation
    python -m benchmarks.rivals --data faces/ --limit 200 --model crowd

Every picture is taken as one cut-out face, for all of them; each cuts and scales it by its own
code. The rival is installed into an environment of its own below the user's cache folder, the first
time: 25.10.3 with `--no-deps`, and of what it names only what its classifier needs (it also asks
for torch and moviepy). Its classifier comes twice in its wheel: quantised for TensorFlow Lite,
which it uses unless told otherwise, and as Keras weights. What it was trained on it does not say:
any face of FER2013 may have been among it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import contestant
from fer import emotions, metrics, registry
from fer.data import dataset, loading, selection
from fer.data.dataset import Dataset

ROOT = Path(__file__).resolve().parents[1]
RIVAL = f"fer=={contestant.RIVAL_VERSION}"
NEEDS = (
    "tensorflow-cpu==2.21.0; platform_machine == 'x86_64' and sys_platform != 'darwin'",
    "tensorflow==2.21.0; platform_machine != 'x86_64' or sys_platform == 'darwin'",
    "opencv-python-headless<5",  # it builds a Haar cascade, which OpenCV 5 no longer has
    "setuptools<81",  # it imports pkg_resources
    "requests",
    "Pillow",
)
STARTS = 3


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who is asked: the words for the table's head, and the child's command without its files."""

    words: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`probabilities` (N, 7) in our order of emotions; what it took to get them."""

    probabilities: np.ndarray
    milliseconds: float
    start_seconds: float
    megabytes: float
    memory_megabytes: float


def main() -> None:
    options = _options()
    data = _faces(options)
    names = options.model or [name for name in registry.SHIPPED if name in registry.names()]
    print(f"{len(data):,} faces of the {options.split} split of {data.name}\n", flush=True)
    rival = _rival_python()
    child = str(Path(contestant.__file__).resolve())
    contestants = [
        *(
            Contestant(
                f"ours: {name}", (sys.executable, "-m", "benchmarks.contestant", "ours", name)
            )
            for name in names
        ),
        Contestant(f"{RIVAL}, as it comes", (rival, "-I", child, "rival", "tflite")),
        Contestant(f"{RIVAL}, Keras", (rival, "-I", child, "rival", "keras")),
    ]
    outcomes = {one.words: _asked(one, data.pictures) for one in contestants}
    _print_table(data, outcomes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals")
    parser.add_argument(
        "--data", required=True, help="a data set as `python -m fer train` takes it"
    )
    parser.add_argument("--votes", help="FER+ votes, if they are not found beside the data")
    parser.add_argument("--split", default="validation", choices=dataset.SPLITS)
    parser.add_argument("--limit", type=int, help="at most so many faces, drawn with a fixed seed")
    parser.add_argument("--model", action="append", help="a model of ours (default: all we ship)")
    return parser.parse_args()


def _faces(options: argparse.Namespace) -> Dataset:
    data = loading.load(options.data, options.votes).split(options.split)
    order = np.random.default_rng(0).permutation(len(data))
    return data.rows(np.sort(order[: options.limit]))


def _rival_python() -> str:
    """The interpreter of the rival's environment, which is made where there is none yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = "{}.{}".format(*sys.version_info)
    folder = cache / "fer-rivals" / f"{RIVAL.replace('==', '-')}-python{version}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"installing {RIVAL} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *NEEDS], check=True, stdout=sys.stderr)
        subprocess.run([*install, "--no-deps", RIVAL], check=True, stdout=sys.stderr)
        done.touch()
    return str(python)


def _asked(one: Contestant, pictures: Sequence[np.ndarray]) -> Outcome:
    print(f"asking {one.words}", file=sys.stderr)
    starts = [_child(one, pictures[:1])["start"] for _ in range(STARTS)]
    answers = _child(one, pictures)
    order = np.argsort([emotions.index_of(str(label)) for label in answers["labels"]])
    return Outcome(
        probabilities=answers["probabilities"][:, order].astype(np.float32),
        milliseconds=1000 * float(np.median(answers["seconds"])),
        start_seconds=statistics.median(starts),
        megabytes=float(answers["file_bytes"]) / 1e6,
        memory_megabytes=float(answers["peak_kilobytes"]) / 1024,
    )


def _child(one: Contestant, pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """What the child wrote, and the seconds from its start to its first answer."""
    with tempfile.TemporaryDirectory() as folder:
        given, answers = Path(folder, "pictures.npz"), Path(folder, "answers.npz")
        arrays: dict[str, Any] = {str(n): dataset.as_rgb(p) for n, p in enumerate(pictures)}
        np.savez(given, **arrays)
        began = time.time()
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
        done = subprocess.run(
            [*one.command, str(given), str(answers)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{one.words} failed:\n{done.stderr}")
        with np.load(answers) as kept:
            return {**kept, "start": float(kept["answered"]) - began}


def _print_table(data: Dataset, outcomes: dict[str, Outcome]) -> None:
    print("| | " + " | ".join(outcomes) + " |")
    print("|---" * (len(outcomes) + 1) + "|")
    _print_question(data, outcomes, "fer2013", "the label")
    if data.votes is not None:
        _print_question(data, outcomes, "crowd", "the crowd's majority")
    cells: tuple[tuple[str, Callable[[Outcome], str]], ...] = (
        ("milliseconds for one face, cut and scaled", lambda one: f"{one.milliseconds:.2f}"),
        ("seconds from start to first answer", lambda one: f"{one.start_seconds:.1f}"),
        ("MB of weights", lambda one: f"{one.megabytes:.1f}"),
        ("MB of memory, at most", lambda one: f"{one.memory_megabytes:.0f}"),
    )
    for words, cell in cells:
        _print_row(words, [cell(one) for one in outcomes.values()])
    print(
        "\nEvery picture is one cut-out face. Accuracy with its 95% interval; milliseconds: median"
    )
    print(f"over all faces, one at a time; seconds: median of {STARTS} starts.")


def _print_question(data: Dataset, outcomes: dict[str, Outcome], question: str, words: str) -> None:
    truth = selection.truth(data, question)
    answerable = truth != metrics.TIED
    if not answerable.any():
        return
    asked = data.rows(answerable)
    shares = selection.targets(asked, question) if question == "crowd" else None
    all_figures = [
        metrics.card_summary(one.probabilities[answerable], truth[answerable], shares)
        for one in outcomes.values()
    ]
    rows = {
        f"right, by {words} ({len(asked):,} faces)": [_with_interval(one) for one in all_figures],
        "macro-F1": [f"{one['macro_f1']:.1%}" for one in all_figures],
        "calibration error": [f"{one['ece']:.1%}" for one in all_figures],
    }
    if shares is not None:
        rows["calibration error against votes"] = [f"{one['ece_votes']:.1%}" for one in all_figures]
    for head, cells in rows.items():
        _print_row(head, cells)


def _with_interval(figures: dict[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    return f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%})"


def _print_row(words: str, cells: Sequence[str]) -> None:
    print(f"| {words} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
