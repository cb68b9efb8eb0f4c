"""An evaluation as a CSV table: a row a face, with what every model said of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from fer.emotions import EMOTIONS, NUM_EMOTIONS, OTHER_VOTE_COLUMNS
from fer.evaluation.report import Report

NOT_FOUND = "not found"


def csv_text(report: Report) -> str:
    """Columns: source, true answer, box, votes where there are any, and for each model its answer,
    whether that is right, and seven probabilities (empty where no face was found)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_columns(report))
    writer.writerows(_rows(report))
    return buffer.getvalue()


def _columns(report: Report) -> list[str]:
    names = ["source", "true", "left", "top", "right", "bottom"]
    if report.faces.votes is not None:
        names += [f"votes {one}" for one in (*EMOTIONS, *OTHER_VOTE_COLUMNS)]
    for model in report.models:
        names += [f"{model.name} {one}" for one in ("answer", "is right", *EMOTIONS)]
    return names


def _rows(report: Report) -> Iterator[list[object]]:
    faces = report.faces
    answers = [model.answers for model in report.models]
    for place in range(len(faces)):
        row: list[object] = [str(faces.sources[place]), EMOTIONS[faces.true[place]]]
        row += faces.boxes[place].tolist() if faces.found[place] else [""] * 4
        if faces.votes is not None:
            row += faces.votes[place].tolist()
        for model, its in zip(report.models, answers, strict=True):
            row += _answer(int(its[place]), int(faces.true[place]))
            row += (
                [f"{p:.6f}" for p in model.probabilities[place]]
                if faces.found[place]
                else [""] * NUM_EMOTIONS
            )
        yield row


def _answer(said: int, true: int) -> list[object]:
    words = EMOTIONS[said] if said < NUM_EMOTIONS else NOT_FOUND
    return [words, str(said == true).lower()]
