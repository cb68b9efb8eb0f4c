"""How fast a job trains, and what the server's visitors notice of it.

    python -m benchmarks.training [--network resnet] [--faces 1280] [--trials 3]

Drawn faces, no other data. Three tables:

- images per second of our job against plain `model.fit` with Keras's augmentation layers, on the
  same network, faces, batch size and optimiser, in turns within one run, after a first epoch that
  compiles;
- seconds for an epoch of a new head on a frozen MobileNetV2 (weights from a seed: time does not
  depend on them), uncached by `model.fit` and with the cached features of our job;
- how long the server takes to answer `/_stcore/health` while a job trains.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer.data import dataset, loading, selection
from fer.runs import launcher
from fer.runs.settings import TrainSettings, from_dict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
ROOT = Path(__file__).resolve().parents[1]
SAMPLES, SAMPLE_SECONDS = 200, 0.05


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", default="resnet")
    parser.add_argument("--faces", type=int, default=1280)
    parser.add_argument("--frozen-faces", type=int, default=2800)
    parser.add_argument("--trials", type=int, default=3)
    options = parser.parse_args()
    health(options.network)
    data = loading.load("drawn")
    side_by_side(options.network, data, options.faces, options.trials)
    frozen(data, options.frozen_faces, options.trials)


def side_by_side(network: str, data: dataset.Dataset, faces: int, trials: int) -> None:
    settings = from_dict({"data": "drawn", "network": network, "epochs": trials + 2})
    settings = replace(settings, labels="fer2013", schedule="constant", weight_decay=0.0)
    train = examples(data, settings, faces)
    ours, theirs = OurEpochs(settings, train), KerasEpochs(settings, train)
    ours.epoch(), theirs.epoch()  # these compile
    print(f"\n{network}, {len(train[0])} drawn faces, batches of {settings.batch_size}\n")
    print(
        "| trial | our job, images/s | Keras fit, images/s | ratio |\n|---|---|---|---|", flush=True
    )
    ratios = []
    for trial in range(trials):
        order = (ours, theirs) if trial % 2 == 0 else (theirs, ours)
        rates = {one: one.images / one.epoch() for one in order}
        ratios.append(rates[ours] / rates[theirs])
        print(
            f"| {trial + 1} | {rates[ours]:.0f} | {rates[theirs]:.0f} | {ratios[-1]:.2f} |",
            flush=True,
        )
    print(f"\nmedian ratio {statistics.median(ratios):.2f}")


def frozen(data: dataset.Dataset, faces: int, trials: int) -> None:
    """An epoch of the head, with and without cached features."""
    import keras

    from fer.networks import build as networks

    settings = from_dict({"data": "drawn", "network": "mobilenet_v2", "epochs": trials + 2})
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder, "seeded.weights.h5")
        keras.utils.set_random_seed(0)
        networks.build(settings.network, settings.input).save_weights(weights)
        settings = replace(settings, labels="fer2013", weights=str(weights), freeze="all")
        train = examples(data, settings, faces)
        cached, uncached = OurEpochs(settings, train), KerasEpochs(settings, train)
        first = cached.epoch()
        uncached.epoch()
    print(f"\nmobilenet_v2, frozen, {len(train[0])} drawn faces at 96×96\n")
    print("| trial | uncached, s an epoch | cached, s an epoch | share |\n|---|---|---|---|")
    for trial in range(trials):
        slow, fast = uncached.epoch(), cached.epoch()
        print(f"| {trial + 1} | {slow:.2f} | {fast:.3f} | {fast / slow:.1%} |", flush=True)
    print(f"\nThe first cached epoch, in which the features are computed, took {first:.1f} s.")


def health(network: str) -> None:
    """p50 and p95 of the server's answers, idle and while a job trains."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        os.environ["FER_RUNS"] = str(Path(folder, "runs"))
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port"]
        server = subprocess.Popen(
            [*command, str(port), "--server.headless", "true"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://localhost:{port}/_stcore/health"
        run = None
        try:
            wait_until(lambda: answer_milliseconds(url) is not None, 120)
            print("| | p50 ms | p95 ms | longest ms | unanswered |\n|---|---|---|---|---|")
            print_health("no job", url)
            settings = from_dict({"data": "drawn", "network": network, "epochs": 1000})
            run = launcher.start(replace(settings, labels="fer2013", weight_decay=0.0))
            wait_until(lambda: (run.status().images_per_second or 0) > 0, 180)
            print_health("a job trains", url)
            assert run.status().state == "running", run.log()
        finally:
            server.terminate()
            server.wait(20)
            if run is not None and run.status().is_active:
                launcher.stop(run, force=True)


def print_health(words: str, url: str) -> None:
    answers = []
    for _ in range(SAMPLES):
        answers.append(answer_milliseconds(url))
        time.sleep(SAMPLE_SECONDS)
    good = sorted(one for one in answers if one is not None)
    p50, p95 = (float(np.percentile(good, share)) for share in (50, 95))
    missed = SAMPLES - len(good)
    print(f"| {words} | {p50:.1f} | {p95:.1f} | {good[-1]:.1f} | {missed} |", flush=True)


def answer_milliseconds(url: str) -> float | None:
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=5):
            return 1000 * (time.perf_counter() - began)
    except OSError:
        return None


class OurEpochs:
    """The learner that our job runs, without validation."""

    def __init__(self, settings: TrainSettings, train: tuple[np.ndarray, np.ndarray]) -> None:
        from fer.training.batches import Examples
        from fer.training.learner import Learner

        faces = Examples(*train, train[1].argmax(axis=1))
        few = Examples(faces.pixels[:32], faces.targets[:32], faces.truth[:32])
        self._learner = Learner(settings, faces, few)
        self.images = self._learner.batches * self._learner.batch_size

    def epoch(self) -> float:
        learner, began = self._learner, time.perf_counter()
        learner.run_epoch(lambda progress: None, lambda: False)
        seconds = time.perf_counter() - began
        learner.progress = replace(learner.progress, epoch=learner.progress.epoch + 1, batch=0)
        return seconds


class KerasEpochs:
    """`model.fit` on a `tf.data` pipeline, as Keras's guides do it: augmentation by layers.

    The layers do what our augmentation "light" does: flip, shift, rotation, scale.
    """

    def __init__(self, settings: TrainSettings, train: tuple[np.ndarray, np.ndarray]) -> None:
        import keras
        import tensorflow as tf

        from fer.networks import build as networks
        from fer.training import optimization

        keras.utils.set_random_seed(settings.seed)
        fill = "nearest"
        vary = keras.Sequential(
            [
                keras.layers.RandomFlip("horizontal"),
                keras.layers.RandomTranslation(0.08, 0.08, fill_mode=fill),
                keras.layers.RandomRotation(10 / 360, fill_mode=fill),
                keras.layers.RandomZoom(0.1, fill_mode=fill),
            ]
        )
        self._model = networks.build(settings.network, settings.input)
        if settings.freeze == "all":
            networks.freeze(self._model, "all")
        self._model.compile(optimization.optimizer_of(settings), "categorical_crossentropy")
        batches = tf.data.Dataset.from_tensor_slices(train).shuffle(len(train[0]))
        batches = batches.batch(settings.batch_size, drop_remainder=True)
        if settings.freeze != "all":
            batches = batches.map(
                lambda faces, targets: (vary(tf.cast(faces, tf.float32), training=True), targets),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
        self._batches = batches.prefetch(tf.data.AUTOTUNE)
        self.images = len(train[0]) // settings.batch_size * settings.batch_size

    def epoch(self) -> float:
        began = time.perf_counter()
        self._model.fit(self._batches, epochs=1, verbose=0, shuffle=False)
        return time.perf_counter() - began


def examples(
    data: dataset.Dataset, settings: TrainSettings, faces: int
) -> tuple[np.ndarray, np.ndarray]:
    part = data.rows(np.arange(min(faces, len(data))))
    return part.inputs(settings.input), selection.targets(part, "fer2013")


def wait_until(condition: object, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:g} seconds in vain")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
