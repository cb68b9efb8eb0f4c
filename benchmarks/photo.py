"""Milliseconds of each step of a photo, and of the network by our engine and by `model.predict`.

    python -m benchmarks.photo

Three trials; the classify step and Keras run side by side in each of them, face by face.
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import PIL.Image

from benchmarks.pictures import photographs
from fer import images, registry
from fer.geometry import Image
from fer.inference import cropping, detection, records
from fer.inference.recognizer import Recognizer

FACES = 60


def main() -> None:
    pictures = photographs()
    recognizer = Recognizer()
    recognizer.analyze(pictures[0])
    print(f"model {recognizer.model.card.name}, detector {recognizer.detector}\n")
    print("| trial | decode | detect | cut | classify | one face: engine | model.predict | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    predict = _keras_predict(recognizer.model.card.name)
    for trial in range(1, 4):
        steps = _steps(recognizer, pictures)
        ours, keras = _side_by_side(recognizer, predict, pictures)
        cells = [*(f"{steps[name]:.1f}" for name in records.STEPS), f"{ours:.2f}", f"{keras:.1f}"]
        print(f"| {trial} | {' | '.join(cells)} | {keras / ours:.0f} |")
    print("\nMilliseconds: medians over ten photos of 1 to 2 megapixels with 1 to 12 faces,")
    print(f"and over {FACES} calls with one face each.")


def _steps(recognizer: Recognizer, pictures: list[Image]) -> dict[str, float]:
    rows = []
    for picture in pictures:
        buffer = io.BytesIO()
        PIL.Image.fromarray(picture).save(buffer, "JPEG", quality=90)
        started = time.perf_counter()
        image = images.decode(buffer.getvalue())
        decoded = time.perf_counter() - started
        rows.append({"decode": decoded, **recognizer.analyze(image).seconds})
    return {name: 1000 * statistics.median(row[name] for row in rows) for name in records.STEPS}


def _side_by_side(
    recognizer: Recognizer, predict: Callable[[np.ndarray], np.ndarray], pictures: list[Image]
) -> tuple[float, float]:
    """Median milliseconds for one face, ours and Keras's, in turns."""
    faces = detection.detect(pictures[0])
    pixels = cropping.model_input(pictures[0], faces, recognizer.model.card.input)
    ours, keras = [], []
    for number in range(FACES):
        face = pixels[number % len(pixels)][None]
        started = time.perf_counter()
        recognizer.model.probabilities(face)
        between = time.perf_counter()
        predict(face.astype(np.float32))
        keras.append(time.perf_counter() - between)
        ours.append(between - started)
    return 1000 * statistics.median(ours), 1000 * statistics.median(keras)


def _keras_predict(name: str) -> Callable[[np.ndarray], np.ndarray]:
    import keras

    model = keras.models.load_model(registry.folder() / name / "model.keras")

    def predict(batch: np.ndarray) -> np.ndarray:
        return np.asarray(model.predict(batch, verbose=0))

    predict(np.zeros((1, *model.input_shape[1:]), np.float32))
    return predict


if __name__ == "__main__":
    main()
