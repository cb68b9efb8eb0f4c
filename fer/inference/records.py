"""Results as plain records for JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fer.emotions import EMOTIONS
from fer.results import FaceResult, FrameResult, Searched
from fer.storage import spreadsheets

STEPS = ("decode", "detect", "crop", "classify")
COLUMNS = (
    "file",
    "face",
    "left",
    "top",
    "right",
    "bottom",
    "score",
    "label",
    "confidence",
    "uncertain",
    *EMOTIONS,
    "model",
    "detector",
    "prior",
    "search",
    "passes",
)
NO_DETECTOR = "none"
"""What records name as the detector where the whole picture was taken for a face."""


def photo_record(
    file: str, result: FrameResult, *, model: str, detector: str, prior: str, passes: int
) -> dict[str, Any]:
    """A picture as the command line's JSON has it, see `Recognizer.names`."""
    searched = result.searched
    return {
        "file": file,
        "model": model,
        "detector": detector,
        "prior": prior,
        "passes": passes,
        "search": None if searched is None else searched.search,
        "searched": None if searched is None else _searched_record(searched),
        "width": result.width,
        "height": result.height,
        "faces": [_face_record(face) for face in result.faces],
        "seconds": {step: round(result.seconds.get(step, 0.0), 5) for step in STEPS},
    }


def error_record(file: str, message: str) -> dict[str, Any]:
    """A picture that could not be read."""
    return {"file": file, "error": message}


def table(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row a face, with the columns of `COLUMNS`; faces are numbered from 1 in each file."""
    return [
        {
            "file": record["file"],
            "face": number,
            **dict(zip(("left", "top", "right", "bottom"), face["box"], strict=True)),
            **{key: face[key] for key in ("score", "label", "confidence", "uncertain")},
            **face["probabilities"],
            **{key: record[key] for key in ("model", "detector", "prior", "search", "passes")},
        }
        for record in records
        for number, face in enumerate(record.get("faces", ()), start=1)
    ]


def csv_text(records: Iterable[Mapping[str, Any]]) -> str:
    """`table` as CSV with a header line."""
    rows = [{**row, "uncertain": str(row["uncertain"]).lower()} for row in table(records)]
    return spreadsheets.csv_text(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def _searched_record(searched: Searched) -> dict[str, int | bool]:
    return {
        "smallest_face": searched.smallest_face,
        "tiles": searched.tiles,
        "tiles_total": searched.tiles_total,
        "capped": searched.capped,
    }


def _face_record(result: FaceResult) -> dict[str, Any]:
    prediction = result.prediction
    return {
        "box": result.face.box.as_list(),
        "score": round(result.face.score, 4),
        "label": prediction.label,
        "confidence": round(prediction.confidence, 6),
        "uncertain": prediction.uncertain,
        "probabilities": {name: round(p, 6) for name, p in prediction.as_dict().items()},
    }
