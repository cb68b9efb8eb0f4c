"""Timelines as JSON and CSV, written frame by frame, however long the film."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any

from fer.emotions import EMOTIONS
from fer.results import Prediction
from fer.storage import spreadsheets
from fer.video.timeline import Timeline
from fer.video.values import Moment, PersonFace

COLUMNS = (
    *("file", "time", "person", "left", "top", "right", "bottom", "score"),
    *("label", "confidence", "uncertain", *EMOTIONS),
    *("name", "model", "detector", "prior", "frame"),
)

FilmError = tuple[str, str]
"""The name of a film that could not be read, and why."""


def write_json(target: IO[str], films: Iterable[Timeline | FilmError]) -> None:
    """A list with an object for each film; that of one that could not be read has an `error`."""
    target.write("[")
    for number, film in enumerate(films):
        target.write(",\n " if number else "\n ")
        if isinstance(film, Timeline):
            _write_film(target, film)
        else:
            target.write(json.dumps({"file": film[0], "error": film[1]}))
    target.write("\n]\n")


def write_csv(target: IO[str], timelines: Iterable[Timeline]) -> None:
    """A row for each face in each analysed frame, below a head."""
    target.write(spreadsheets.csv_text(COLUMNS, ()))
    for timeline in timelines:
        film = timeline.film
        names = timeline.edits.names
        for moment in timeline.moments():
            rows = [
                (
                    film.file,
                    round(moment.time, 6),
                    face.person,
                    *face.box.as_list(),
                    *_cells(face),
                    *(names.get(face.person, ""), film.model, film.detector, film.prior),
                    moment.frame,
                )
                for face in moment.faces
            ]
            target.write(spreadsheets.csv_text((), rows).removeprefix("\n"))


def film_record(timeline: Timeline) -> dict[str, Any]:
    """What JSON has of a film, but for its `timeline`."""
    film = timeline.film
    record: dict[str, Any] = {
        "file": film.file,
        "model": film.model,
        "detector": film.detector,
        "prior": film.prior,
        "width": film.width,
        "height": film.height,
        "seconds": round(film.seconds, 6),
        "frames": film.frames,
        "analysed": film.analysed,
        "complete": film.is_complete,
        "cuts": [round(time, 6) for time in film.cuts],
        "people": [
            {
                "person": person.person,
                "name": person.name,
                "first": round(person.first, 6),
                "last": round(person.last, 6),
                "on_screen": round(person.on_screen, 6),
                "shares": {label: round(share, 6) for label, share in person.shares.items()},
            }
            for person in timeline.people
        ],
        "events": [
            {
                "person": event.person,
                "start": round(event.start, 6),
                "end": round(event.end, 6),
                "label": event.label,
                "confidence": round(event.confidence, 6),
            }
            for event in timeline.events
        ],
    }
    return record if film.error is None else {**record, "warning": film.error}


def _write_film(target: IO[str], timeline: Timeline) -> None:
    target.write(json.dumps(film_record(timeline))[:-1] + ', "timeline": [')
    for number, moment in enumerate(timeline.moments()):
        target.write((",\n  " if number else "\n  ") + json.dumps(_moment_record(moment)))
    target.write("]}")


def _moment_record(moment: Moment) -> dict[str, Any]:
    faces = [
        {
            "person": face.person,
            "box": face.box.as_list(),
            "score": round(face.score, 4),
            **_prediction_record(face.prediction),
        }
        for face in moment.faces
    ]
    return {"time": round(moment.time, 6), "faces": faces}


def _prediction_record(prediction: Prediction) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "confidence": round(prediction.confidence, 6),
        "uncertain": prediction.uncertain,
        "probabilities": {name: round(p, 6) for name, p in prediction.as_dict().items()},
    }


def _cells(face: PersonFace) -> tuple[object, ...]:
    record = _prediction_record(face.prediction)
    return (
        round(face.score, 4),
        record["label"],
        record["confidence"],
        str(record["uncertain"]).lower(),
        *record["probabilities"].values(),
    )
