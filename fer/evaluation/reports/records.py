"""An evaluation as a CSV table: a row a face, with the prediction of every model."""

from __future__ import annotations

from collections.abc import Iterator

from fer.emotions import EMOTIONS, NUM_EMOTIONS, OTHER_VOTE_COLUMNS
from fer.evaluation.report import Report
from fer.storage import spreadsheets

NOT_FOUND = "not found"


def csv_text(report: Report) -> str:
    """Columns: source, true label, box, votes where there are any, and for each model its prior,
    the predicted label ("answer"), whether it is correct, and seven probabilities (empty where no
    face was found)."""
    return spreadsheets.csv_text(_columns(report), _rows(report))


def _columns(report: Report) -> list[str]:
    names = ["source", "true", "left", "top", "right", "bottom"]
    if report.faces.votes is not None:
        names += [f"votes {name}" for name in (*EMOTIONS, *OTHER_VOTE_COLUMNS)]
    for model in report.models:
        names += [f"{model.name} {column}" for column in ("prior", "answer", "is right", *EMOTIONS)]
    return names


def _rows(report: Report) -> Iterator[list[object]]:
    faces = report.faces
    predictions = [model.predicted for model in report.models]
    for index in range(len(faces)):
        row: list[object] = [str(faces.sources[index]), EMOTIONS[faces.true[index]]]
        row += faces.boxes[index].tolist() if faces.found[index] else [""] * 4
        if faces.votes is not None:
            row += faces.votes[index].tolist()
        for model, predicted in zip(report.models, predictions, strict=True):
            row.append(model.prior)
            row += _prediction(int(predicted[index]), int(faces.true[index]))
            row += (
                [f"{p:.6f}" for p in model.probabilities[index]]
                if faces.found[index]
                else [""] * NUM_EMOTIONS
            )
        yield row


def _prediction(predicted: int, true: int) -> list[object]:
    label = EMOTIONS[predicted] if predicted < NUM_EMOTIONS else NOT_FOUND
    return [label, str(predicted == true).lower()]
