"""A film's numbers as columns on disk: appended while it is analysed, then mapped into memory.

Three files of fixed-size little-endian records: a frame, a shown face, and a place where
else a face may be. A record that is not whole, as after a full disk or a kill, does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fer.emotions import EMOTIONS
from fer.geometry import Box
from fer.results import Prediction
from fer.video.values import Moment, PersonFace

Records = NDArray[np.void]

_BOX = [(side, "<i4") for side in ("left", "top", "right", "bottom")]
FRAME = np.dtype([("frame", "<u4"), ("time", "<f8"), ("faces", "<u8"), ("hidden", "<u8")])
"""`faces` and `hidden`: how many records of theirs there are up to and including this frame."""
FACE = np.dtype(
    [
        ("person", "<u4"),
        *_BOX,
        ("score", "<f4"),
        ("probabilities", "<f4", len(EMOTIONS)),
        ("label", "u1"),
        ("uncertain", "u1"),
    ]
)
HIDDEN = np.dtype(_BOX)
FILES = {
    "frames": ("frames.bin", FRAME),
    "faces": ("faces.bin", FACE),
    "hidden": ("hidden.bin", HIDDEN),
}

_FLUSHED_EVERY = 64


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Records of `FRAME`, `FACE` and `HIDDEN`, in the order of time."""

    frames: Records
    faces: Records
    hidden: Records

    def moment(self, index: int) -> Moment:
        """The frame of that index among the analysed ones."""
        record = self.frames[index]
        faces = self.faces[_start(self.frames, index, "faces") : int(record["faces"])]
        hidden = self.hidden[_start(self.frames, index, "hidden") : int(record["hidden"])]
        return Moment(
            int(record["frame"]),
            float(record["time"]),
            tuple(_person_face(face) for face in faces),
            tuple(_box(box) for box in hidden),
        )

    def frame_of_faces(self) -> NDArray[np.int64]:
        """For each face the index of its frame."""
        ends: NDArray[np.int64] = self.frames["faces"].astype(np.int64)
        counts = ends - np.concatenate([[0], ends[:-1]])
        return np.repeat(np.arange(len(counts)), counts)


def read(folder: Path) -> Columns:
    """What a folder holds, mapped into memory, up to the last frame whose faces are all there."""
    frames, faces, hidden = (_mapped(folder / name, kind) for name, kind in FILES.values())
    whole = (frames["faces"] <= len(faces)) & (frames["hidden"] <= len(hidden))
    frames = frames[: len(frames) if whole.all() else int(whole.argmin())]
    last = frames[-1] if len(frames) else None
    return Columns(
        frames,
        faces[: 0 if last is None else int(last["faces"])],
        hidden[: 0 if last is None else int(last["hidden"])],
    )


class ColumnWriter:
    """Appends moments to the files of a folder, which are made anew. Raises `OSError`.

    Ctrl-C may end any of its steps; the next one then goes on as if it had not been begun.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, IO[bytes]] = {
            key: (folder / name).open("wb", buffering=0) for key, (name, _) in FILES.items()
        }
        self._written = dict.fromkeys(FILES, 0)
        self._pending: list[Moment] = []
        self._last = -1

    def write(self, moment: Moment) -> None:
        """Takes a moment; one that is not later than the last is passed over."""
        if moment.frame > self._last:
            self._pending.append(moment)
            self._last = moment.frame
        if len(self._pending) >= _FLUSHED_EVERY:
            self.flush()

    def flush(self) -> None:
        """Writes what is pending, frames last, so that a reader finds the faces of each."""
        counts = dict(self._written)
        rows: dict[str, list[tuple[Any, ...]]] = {key: [] for key in FILES}
        for moment in self._pending:
            rows["faces"] += [_face_row(face) for face in moment.faces]
            rows["hidden"] += [tuple(box.as_list()) for box in moment.hidden]
            ends = counts["faces"] + len(rows["faces"]), counts["hidden"] + len(rows["hidden"])
            rows["frames"].append((moment.frame, moment.time, *ends))
        for key in ("faces", "hidden", "frames"):
            kind, file = FILES[key][1], self._files[key]
            file.seek(counts[key] * kind.itemsize)
            data = memoryview(np.array(rows[key], kind).tobytes())
            while data:
                data = data[file.write(data) :]
            counts[key] += len(rows[key])
        self._written, self._pending = counts, []

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def _start(frames: Records, index: int, column: str) -> int:
    return int(frames[index - 1][column]) if index else 0


def _mapped(path: Path, kind: np.dtype[np.void]) -> Records:
    count = path.stat().st_size // kind.itemsize if path.exists() else 0
    if count == 0:
        return np.empty(0, kind)
    return np.memmap(path, kind, "r", shape=(count,))


def _face_row(face: PersonFace) -> tuple[Any, ...]:
    prediction = face.prediction
    label = EMOTIONS.index(prediction.label)
    probabilities = prediction.probabilities
    box: Sequence[int] = face.box.as_list()
    return (face.person, *box, face.score, probabilities, label, prediction.uncertain)


def _person_face(record: Any) -> PersonFace:
    prediction = Prediction(
        np.array(record["probabilities"]), bool(record["uncertain"]), int(record["label"])
    )
    score = min(1.0, max(0.0, float(record["score"])))
    return PersonFace(int(record["person"]), _box(record), score, prediction)


def _box(record: Any) -> Box:
    left, top, right, bottom = (int(record[side]) for side, _ in _BOX)
    return Box(left, top, right, bottom)
