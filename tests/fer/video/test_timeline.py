"""A film's numbers on disk: written, read while incomplete, summed up, edited."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fer.emotions import EMOTIONS
from fer.errors import BadFilm
from fer.geometry import Box
from fer.results import Prediction
from fer.video import columns, timeline
from fer.video.timeline import Timeline, TimelineWriter
from fer.video.values import Film, Moment, PeopleEdits, PersonFace

FILM = Film("clip.mp4", "tiny", "mtcnn", "training", 640, 480)
RATE = 10


def shown(person: int, label: str, side: int = 50, sure: bool = True) -> PersonFace:
    probabilities = np.full(7, 0.05, np.float32)
    probabilities[EMOTIONS.index(label)] = 0.7
    box = Box(10 * person, 20, 10 * person + side, 20 + side)
    return PersonFace(person, box, 0.99, Prediction(probabilities, not sure))


def written(folder: Path, moments: list[list[PersonFace]]) -> Timeline:
    with TimelineWriter(folder, FILM) as writer:
        for number, faces in enumerate(moments):
            writer.write(Moment(number, number / RATE, tuple(faces), (Box(0, 0, 5, 5),)))
        writer.finish(frames=len(moments), seconds=len(moments) / RATE, cuts=(0.5,))
    return Timeline.read(folder)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    read = written(tmp_path, [[shown(1, "happy"), shown(2, "sad", sure=False)], [shown(1, "fear")]])
    assert (read.film.seconds, read.film.frames, read.film.analysed) == (0.2, 2, 2)
    assert read.film.is_complete and read.film.cuts == (0.5,)
    first, second = read.moments()
    assert [(face.person, face.prediction.display_label) for face in first.faces] == [
        (1, "happy"),
        (2, "unsure"),
    ]
    assert second.faces[0].box == Box(10, 20, 60, 70) and second.hidden == (Box(0, 0, 5, 5),)
    assert read.at(0.05) is not None and read.at(0.05).frame == 0  # type: ignore[union-attr]
    assert read.at(0.1).frame == 1 and read.at(-0.1) is None  # type: ignore[union-attr]
    assert [moment.frame for moment in read.moments(0.1, 9)] == [1]


def test_people_have_the_time_until_the_next_frame(tmp_path: Path) -> None:
    happy, unsure = [shown(1, "happy")], [shown(1, "happy", 80, sure=False)]
    read = written(tmp_path, [[], *[happy] * 3, unsure, [], happy, []])
    (person,) = read.people
    assert (person.first, person.last, person.best) == pytest.approx((0.1, 0.6, 0.4))
    assert person.on_screen == pytest.approx(0.5)
    assert person.shares["happy"] == pytest.approx(0.8)
    assert person.shares["unsure"] == pytest.approx(0.2)
    assert set(person.shares) == {*EMOTIONS, "unsure"}


def test_events_are_expressions_that_last(tmp_path: Path) -> None:
    happy, sad, unsure = shown(1, "happy"), shown(1, "sad"), shown(1, "sad", sure=False)
    moments = [happy] * 6 + [sad] * 2 + [happy] * 4 + [sad] * 5 + [unsure] * 9 + [sad] * 4
    read = written(tmp_path, [[face] for face in moments])
    assert [(event.label, event.start, event.end) for event in read.events] == [
        ("happy", 0.0, pytest.approx(1.2)),
        ("sad", pytest.approx(1.2), pytest.approx(1.7)),
    ]
    assert read.events[1].confidence == pytest.approx(0.7)


def test_an_expression_does_not_last_while_nobody_is_there(tmp_path: Path) -> None:
    read = written(tmp_path, [*[[shown(1, "happy")]] * 3, *[[]] * 5, *[[shown(1, "happy")]] * 4])
    assert read.events == ()


def test_people_are_named_merged_and_left_out(tmp_path: Path) -> None:
    moments = [[shown(1, "happy"), shown(3, "sad")], [shown(2, "happy"), shown(3, "sad")]]
    edits = PeopleEdits(names={1: "Anna"}, merged={2: 1}, left_out=frozenset([3]))
    read = written(tmp_path, moments).edited(edits)
    (anna,) = read.people
    assert (anna.display_name, anna.person, anna.on_screen) == ("Anna", 1, pytest.approx(0.2))
    moment = read.at(0.1)
    assert moment is not None
    assert [face.person for face in moment.faces] == [1]
    assert Box(30, 20, 80, 70) in moment.hidden


def test_two_faces_of_a_merged_person_count_once(tmp_path: Path) -> None:
    read = written(tmp_path, [[shown(1, "happy"), shown(2, "happy")]] * 4)
    (person,) = read.edited(PeopleEdits(merged={2: 1})).people
    assert person.on_screen == pytest.approx(0.4)


def test_an_unfinished_timeline_can_be_read(tmp_path: Path) -> None:
    writer = TimelineWriter(tmp_path, FILM)
    for number in range(70):
        writer.write(Moment(number, number / RATE, (shown(1, "happy"),)))
    writer.update(frames=70, seconds=7.0)
    for cut, left in ((3, 69), (columns.FACE.itemsize, 68)):
        path = tmp_path / "faces.bin"
        path.write_bytes(path.read_bytes()[:-cut])
        read = Timeline.read(tmp_path)
        assert read.film.analysed == left and not read.film.is_complete
        assert len(list(read.moments())) == left
    writer.__exit__(None, None, None)


def test_an_empty_timeline_has_nobody(tmp_path: Path) -> None:
    read = written(tmp_path, [])
    assert (read.people, read.events, read.at(1.0), list(read.moments())) == ((), (), None, [])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"file": 3, "odd": 1}'])
def test_what_is_no_timeline_is_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFilm, match="no timeline"):
        Timeline.read(tmp_path)
    (tmp_path / timeline.FILM).write_text(text)
    with pytest.raises(BadFilm, match="no timeline"):
        Timeline.read(tmp_path)


def test_more_fields_in_the_file_do_no_harm(tmp_path: Path) -> None:
    written(tmp_path, [[shown(1, "sad")]])
    path = tmp_path / timeline.FILM
    path.write_text(json.dumps({**json.loads(path.read_text()), "later": 1}))
    assert Timeline.read(tmp_path).film.frames == 1
