"""A child of `benchmarks.rivals`: asks one classifier about faces, one at a time.

    python -m benchmarks.contestant ours MODEL PICTURES ANSWERS
    python -I contestant.py rival tflite|keras PICTURES ANSWERS

Either `fer` is called `fer`, ours and the rival's, so each is asked in a process of its own: ours
from the project's folder, the rival's from its own environment, whose isolated interpreter (-I)
sees neither this folder nor ours. PICTURES holds RGB uint8 (H, W, 3) arrays under "0", "1", …
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Ask = Callable[[np.ndarray], np.ndarray]

RIVAL_VERSION = "25.10.3"
_FILES = {"tflite": "emotion_model_quantized.tflite", "keras": "emotion_model.hdf5"}


def ours(name: str) -> tuple[Ask, Path, list[str]]:
    """A published model; its file; its labels."""
    from fer import registry
    from fer.inference.recognizer import Recognizer

    recognizer = Recognizer(registry.load(name))

    def ask(picture: np.ndarray) -> np.ndarray:
        (face,) = recognizer.analyze(picture, whole_picture=True).faces
        return face.prediction.probabilities

    return ask, registry.folder() / name / "model.onnx", list(recognizer.model.card.labels)


def rival(kind: str) -> tuple[Ask, Path, list[str]]:
    """The package's own call on a given face. It rounds to two digits what it returns, so its
    classifier's answer is noted on the way. Without its offsets of 10 pixels, which are meant for a
    detector's box: around a whole picture they would add a border of grey."""
    import fer.fer

    assert fer.__version__ == RIVAL_VERSION, fer.__version__
    answers = []

    class Noting(fer.fer.FER):
        def _classify_emotions(self, gray_faces: np.ndarray) -> np.ndarray:
            answers.append(np.asarray(super()._classify_emotions(gray_faces)))
            return answers[-1]

    classifier = Noting(offsets=(0, 0), use_tflite=kind == "tflite")

    def ask(picture: np.ndarray) -> np.ndarray:
        height, width = picture.shape[:2]
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        classifier.detect_emotions(bgr, [(0, 0, width, height)])
        return answers.pop()[0]

    labels = classifier._get_labels()
    file = Path(fer.__file__).parent / "data" / _FILES[kind]
    return ask, file, [labels[place] for place in sorted(labels)]


def main() -> None:
    side, name, pictures, out = sys.argv[1:]
    with np.load(pictures) as kept:
        faces = [kept[str(place)] for place in range(len(kept.files))]
    ask, file, labels = {"ours": ours, "rival": rival}[side](name)
    ask(faces[0])
    answered = time.time()
    probabilities, seconds = [], []
    for face in faces:
        began = time.perf_counter()
        probabilities.append(ask(face))
        seconds.append(time.perf_counter() - began)
    np.savez(
        out,
        probabilities=np.stack(probabilities),
        seconds=seconds,
        labels=labels,
        answered=answered,
        file_bytes=file.stat().st_size,
        peak_kilobytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )


if __name__ == "__main__":
    main()
