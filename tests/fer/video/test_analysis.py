"""Films with known people: when each is there, where, and where the cuts are, to the frame."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fer.errors import BadFilm, BadSettings
from fer.geometry import Image
from fer.inference.recognizer import Recognizer
from fer.video import analysis
from fer.video.analysis import Progress
from fer.video.timeline import Timeline
from tests import films, scenes
from tests.helpers import publish_tiny
from tests.scenes import Place
from tests.stubs import NAME, StubDetector, bright_square, register

RATE = 25
WIDTH, HEIGHT = 320, 240


def analysed(path: Path, folder: Path, detector: str = "mtcnn", **settings: float) -> Timeline:
    folder.mkdir(exist_ok=True)
    analysis.analyze(path, folder, Recognizer(detector=detector), **settings)
    return Timeline.read(folder)


def scene(places: list[Place]) -> Image:
    return scenes.frame(places, WIDTH, HEIGHT)


def presence(timeline: Timeline) -> list[tuple[int, int]]:
    """First and last frame of each person."""
    return [(round(one.first * RATE), round(one.last * RATE)) for one in timeline.people]


@pytest.fixture(autouse=True)
def models(tiny_models: Path) -> None:
    """A model that needs no time."""


def test_people_come_and_go_to_the_frame_and_nobody_is_carried_across_a_cut(tmp_path: Path) -> None:
    def places(number: int) -> list[Place]:
        first: Place = (100 + number, 120, 110 + number / 2, False)
        second: Place = (240, 120, 100, True)
        if number < 40:
            return [first] + [second] * (11 <= number < 31)
        return [(160, 120, 150, True)]

    def picture(number: int) -> Image:
        shot = scene(places(number))
        return shot if number < 40 else np.ascontiguousarray(255 - (255 - shot) // 2)

    path = films.write(tmp_path / "clip.mp4", map(picture, range(56)), RATE)
    timeline = analysed(path, tmp_path / "timeline")
    assert timeline.film.cuts == pytest.approx([40 / RATE])
    assert presence(timeline) == [(0, 39), (11, 30), (40, 55)]
    assert [person.on_screen for person in timeline.people] == pytest.approx([1.6, 0.8, 0.64])
    assert (timeline.film.frames, timeline.film.analysed) == (56, 56)
    assert timeline.film.seconds == pytest.approx(56 / RATE)
    for number, moment in enumerate(timeline.moments()):
        for face, place in zip(moment.faces, places(number), strict=True):
            truth = scenes.face_box(place, WIDTH, HEIGHT)
            assert truth is not None and scenes.overlap(face.box, truth) > 0.4


def test_a_cut_that_keeps_the_background_is_one_where_the_face_is_another(tmp_path: Path) -> None:
    pictures = [scene([(160, 120, 160, number >= 20)]) for number in range(40)]
    path = films.write(tmp_path / "clip.mp4", pictures, RATE)
    timeline = analysed(path, tmp_path / "timeline")
    assert timeline.film.cuts == pytest.approx([20 / RATE])
    assert presence(timeline) == [(0, 19), (20, 39)]


def test_no_cut_where_faces_move_grow_and_cross_in_a_flash(tmp_path: Path) -> None:
    def picture(number: int) -> Image:
        shot = scene([(60 + 5 * number, 120, 120 + 2 * number, False)])
        return np.minimum(shot.astype(int) + 90 * (number == 15), 255).astype(np.uint8)

    path = films.write(tmp_path / "clip.mp4", map(picture, range(36)), RATE)
    timeline = analysed(path, tmp_path / "timeline")
    assert timeline.film.cuts == ()
    assert presence(timeline) == [(0, 35)]


def test_a_face_that_leaves_the_picture_is_gone(tmp_path: Path) -> None:
    pictures = [scene([(160 + 8 * number, 120, 120, False)]) for number in range(30)]
    path = films.write(tmp_path / "clip.mp4", pictures, RATE)
    ((first, last),) = presence(analysed(path, tmp_path / "timeline"))
    assert first == 0 and 15 <= last <= 22


def test_an_expression_begins_in_its_own_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    publish_tiny("level", reads_levels=3.0)

    def picture(number: int) -> Image:
        shot = np.full((240, 320, 3), 20, np.uint8)
        shot[80:140, 100:160] = 234 if 17 <= number < 37 or number == 45 else 205
        return shot

    path = films.write(tmp_path / "clip.mkv", map(picture, range(60)), RATE)
    monkeypatch.setattr("fer.registry.DEFAULT", "level")
    timeline = analysed(path, tmp_path / "timeline", NAME)
    events = [
        (event.label, round(event.start * RATE), round(event.end * RATE))
        for event in timeline.events
    ]
    assert events == [("surprise", 0, 17), ("neutral", 17, 37), ("surprise", 37, 60)]
    labels = [moment.faces[0].prediction.label for moment in timeline.moments()]
    assert labels[45] == "surprise", "one odd frame is no change"


def test_a_film_is_thinned_out(tmp_path: Path) -> None:
    pictures = [scene([(160, 120, 140, False)]) for _ in range(50)]
    path = films.write(tmp_path / "clip.mp4", pictures, RATE)
    timeline = analysed(path, tmp_path / "timeline", frames_per_second=5)
    moments = list(timeline.moments())
    assert [moment.frame for moment in moments] == list(range(0, 50, 5))
    assert (timeline.film.frames, timeline.film.analysed) == (50, 10)
    assert timeline.people[0].on_screen == pytest.approx(2.0)
    for rate in (0, -1, float("nan"), float("inf")):
        with pytest.raises(BadSettings, match="frames a second"):
            analysed(path, tmp_path / "timeline", frames_per_second=rate)


def test_times_are_those_of_the_frames(tmp_path: Path) -> None:
    times = [0, 40, 1000, 1040, 5000, 5010, 9000]
    pictures = [scene([(160, 120, 140, False)] * (1 < n < 6)) for n in range(len(times))]
    path = films.write(tmp_path / "clip.mkv", pictures, times=times)
    timeline = analysed(path, tmp_path / "timeline")
    assert [moment.time for moment in timeline.moments()] == pytest.approx(
        [time / 1000 for time in times]
    )
    assert (timeline.people[0].first, timeline.people[-1].last) == pytest.approx((1.0, 5.01))


def test_a_person_stays_one_where_frames_are_seconds_apart(tmp_path: Path) -> None:
    times = [3000 * number for number in range(6)]
    pictures = [scene([(150 + 4 * n, 120, 140, False)] * (n != 4)) for n in range(len(times))]
    path = films.write(tmp_path / "clip.mkv", pictures, times=times)
    first, second = analysed(path, tmp_path / "timeline").people
    assert (first.first, first.last, first.on_screen) == pytest.approx((0.0, 9.0, 12.0))
    assert second.first == pytest.approx(15.0)


def test_faces_lie_in_upright_pixels(tmp_path: Path) -> None:
    place: Place = (120, 150, 130, False)
    upright = scenes.frame([place], 240, 320)
    stored = np.ascontiguousarray(np.rot90(upright))
    path = films.turned(films.write(tmp_path / "clip.mp4", [stored] * 4, RATE), 90)
    timeline = analysed(path, tmp_path / "timeline")
    assert (timeline.film.width, timeline.film.height) == (240, 320)
    (person,) = timeline.people
    moment = timeline.at(person.best)
    truth = scenes.face_box(place, 240, 320)
    assert moment is not None and truth is not None
    assert scenes.overlap(moment.faces[0].box, truth) > 0.4


def test_tiny_still_and_empty_films(tmp_path: Path) -> None:
    for number, picture in enumerate([np.full((2, 2, 3), 90, np.uint8), scene([])]):
        path = films.write(tmp_path / f"{number}.mp4", [picture] * 3, RATE)
        timeline = analysed(path, tmp_path / "timeline")
        assert timeline.film.analysed == 3 and timeline.people == ()
    one = films.write(tmp_path / "one.mp4", [scene([(160, 120, 140, False)])], RATE)
    (person,) = analysed(one, tmp_path / "timeline").people
    assert person.first == person.last == 0 and person.on_screen == pytest.approx(1 / RATE)


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_need_not_be_text(tmp_path: Path) -> None:
    whole = films.write(tmp_path / "clip.mp4", [scene([])] * 2, RATE)
    odd = whole.rename(tmp_path / os.fsdecode(b"\xff.mp4"))
    assert analysed(odd, tmp_path / "timeline").film.file.endswith("\\udcff.mp4")


def test_nothing_is_searched_again_where_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    black = np.zeros((48, 64, 3), np.uint8)
    path = films.write(tmp_path / "clip.mp4", [black] * 250, RATE)
    analysed(path, tmp_path / "timeline", NAME)
    assert sum(detector.calls for detector in StubDetector.made) == 1


def test_what_was_analysed_stays_when_the_work_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    monkeypatch.setattr(analysis, "_TOLD_SECONDS", 0.0)
    path = films.write(tmp_path / "clip.mp4", [bright_square()] * 100, RATE)
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if progress.frames >= 50:
            raise KeyboardInterrupt

    (tmp_path / "timeline").mkdir()
    with pytest.raises(KeyboardInterrupt):
        analysis.analyze(path, tmp_path / "timeline", Recognizer(detector=NAME), on_progress=stop)
    assert all(a.share <= b.share for a, b in pairwise(told))
    timeline = Timeline.read(tmp_path / "timeline")
    assert not timeline.film.is_complete
    assert 45 <= timeline.film.analysed <= 60 and len(timeline.people) == 1


def test_a_damaged_film_is_analysed_as_far_as_it_goes(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mp4", [scene([(160, 120, 140, False)])] * 40, RATE)
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    path.write_bytes(data[: start + 3000] + bytes(len(data) - start - 3000))
    with pytest.raises(BadFilm, match="incomplete"):
        analysed(path, tmp_path / "timeline")  # its index is at the end
    broken = films.write(tmp_path / "clip.mkv", [scene([(160, 120, 140, False)])] * 40, RATE)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    timeline = analysed(broken, tmp_path / "timeline")
    assert timeline.film.analysed >= 1 and timeline.film.is_complete


def test_a_full_disk_is_a_sentence_and_keeps_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    path = films.write(tmp_path / "clip.mp4", [bright_square()] * 40, RATE)
    folder = tmp_path / "timeline"
    folder.mkdir()
    (folder / "faces.bin").symlink_to("/dev/full")
    with pytest.raises(BadFilm, match="cannot be written: No space left on device"):
        analysis.analyze(path, folder, Recognizer(detector=NAME))
