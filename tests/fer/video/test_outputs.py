"""What can be downloaded of a film: tables, subtitles, and the film with its faces labelled."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from fer.emotions import EMOTIONS
from fer.errors import BadFilm
from fer.geometry import Box, Image
from fer.results import Prediction
from fer.video import reading
from fer.video.outputs import annotated, records, report, subtitles
from fer.video.reading import FilmFrame
from fer.video.timeline import Timeline, TimelineWriter
from fer.video.values import Film, Moment, PeopleEdits, PersonFace
from tests import films

RATE, COUNT = 25, 30
FILM = Film("=clip.mp4", "tiny", "mtcnn", "training", 160, 120)
BOX = Box(40, 30, 80, 80)


def face(person: int, label: str = "happy", box: Box = BOX) -> PersonFace:
    probabilities = np.full(7, 0.01, np.float32)
    probabilities[EMOTIONS.index(label)] = 0.94
    return PersonFace(person, box, 0.99, Prediction(probabilities, False))


def written(folder: Path, moments: list[Moment], film: Film = FILM) -> Timeline:
    folder.mkdir(exist_ok=True)
    with TimelineWriter(folder, film) as writer:
        for moment in moments:
            writer.write(moment)
        writer.update(
            frames=COUNT, seconds=COUNT / RATE, is_complete=film.is_complete or film.error is None
        )
    return Timeline.read(folder)


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    """Person 1 is there all the time, person 2 from frame 15 on."""
    late = face(2, "sad", Box(100, 30, 140, 80))
    return written(
        tmp_path / "timeline",
        [Moment(n, n / RATE, (face(1), late)[: 1 + (n >= 15)]) for n in range(COUNT)],
    )


def picture(number: int) -> Image:
    """Fine stripes, which squares blur, on a level that tells the number."""
    stripes = np.full((120, 160, 3), 4 * number, np.uint8)
    stripes[::2] += 100
    return stripes


def frames(path: Path) -> list[FilmFrame]:
    with reading.opened(path) as film:
        return list(film.frames())


def test_json_has_what_is_promised(timeline: Timeline) -> None:
    target = io.StringIO()
    records.write_json(target, [timeline, ("gone.mp4", "It is gone.")])
    film, error = json.loads(target.getvalue())
    assert error == {"file": "gone.mp4", "error": "It is gone."}
    assert (film["file"], film["model"], film["detector"], film["prior"]) == (
        "=clip.mp4",
        "tiny",
        "mtcnn",
        "training",
    )
    assert (film["width"], film["height"], film["frames"], film["analysed"]) == (160, 120, 30, 30)
    assert [(one["person"], one["first"], one["last"]) for one in film["people"]] == [
        (1, 0.0, 1.16),
        (2, 0.6, 1.16),
    ]
    assert film["people"][1]["on_screen"] == pytest.approx(0.6)
    assert film["people"][1]["shares"] == {
        **dict.fromkeys(EMOTIONS, 0.0),
        "sad": 1.0,
        "unsure": 0.0,
    }
    assert film["events"][0] == {
        **{"person": 1, "start": 0.0, "end": 1.2, "label": "happy"},
        "confidence": pytest.approx(0.94),
    }
    assert [len(moment["faces"]) for moment in film["timeline"]] == [1] * 15 + [2] * 15
    shown = film["timeline"][15]["faces"][1]
    assert (shown["person"], shown["box"], shown["label"]) == (2, [100, 30, 140, 80], "sad")
    assert sum(shown["probabilities"].values()) == pytest.approx(1)


def test_csv_has_a_row_for_each_face_and_no_formula(timeline: Timeline) -> None:
    target = io.StringIO()
    records.write_csv(target, [timeline.edited(PeopleEdits(names={2: "=Anna"}))])
    head, *rows = csv.reader(io.StringIO(target.getvalue()))
    assert ",".join(head[:18]) == (
        "file,time,person,left,top,right,bottom,score,label,confidence,uncertain,"
        "angry,disgust,fear,happy,sad,surprise,neutral"
    )
    assert len(rows) == 45 and all(len(row) == len(head) for row in rows)
    assert rows[16][:9] == ["'=clip.mp4", "0.6", "2", "100", "30", "140", "80", "0.99", "sad"]
    assert rows[16][head.index("name")] == "'=Anna"
    assert rows[16][head.index("frame")] == "15"


def test_subtitles_are_cues_at_the_films_times(timeline: Timeline) -> None:
    text = subtitles.text(timeline.edited(PeopleEdits(names={1: "<b>A & B"})))
    assert text.startswith("WEBVTT\n\n")
    cues = re.findall(r"(\S+) --> (\S+)\n(.*)", text)
    assert cues == [
        ("00:00:00.000", "00:00:01.200", "&lt;b&gt;A &amp; B: happy 94%"),
        ("00:00:00.600", "00:00:01.200", "Person 2: sad 94%"),
    ]
    alone = timeline.edited(PeopleEdits(left_out=frozenset([2])))
    assert "\nhappy 94%\n" in subtitles.text(alone)


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".webm", ".avi"])
def test_the_annotated_film_has_the_times_and_the_sound_of_its_own(
    tmp_path: Path, timeline: Timeline, ending: str
) -> None:
    times = None if ending == ".avi" else [40 * n + (n > 20) * 300 for n in range(COUNT)]
    path = tmp_path / f"clip{ending}"
    films.write(path, map(picture, range(COUNT)), RATE, times, tone=True)
    annotated.draw(path, timeline, tmp_path / "out.mp4")
    drawn, original = frames(tmp_path / "out.mp4"), frames(path)
    assert [one.time for one in drawn] == pytest.approx([one.time for one in original], abs=1e-4)
    with av.open(tmp_path / "out.mp4") as film:
        video, sound = film.streams.video[0], film.streams.audio[0]
        assert (video.codec_context.codec.canonical_name, video.pix_fmt) == ("h264", "yuv420p")
        assert sound.codec_context.codec.canonical_name in ("aac", "opus")
        heard = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(sound)])
    seconds = len(heard) / sound.rate
    assert seconds == pytest.approx(original[-1].time, abs=0.1) and np.abs(heard).max() > 0.1
    assert list(tmp_path.glob("*.part")) == []
    before, after = original[20].image(160), drawn[20].image(160)
    edge = slice(BOX.left + 5, BOX.right - 5)
    assert after[BOX.top, edge, 0].mean() > after[BOX.top, edge, 2].mean() + 40, "orange"
    assert np.abs(before[90:, :30].astype(int) - after[90:, :30]).mean() < 12


def test_pixelated_faces_cannot_be_seen(tmp_path: Path, timeline: Timeline) -> None:
    path = films.write(tmp_path / "clip.mp4", map(picture, range(COUNT)), RATE)
    left_out = timeline.edited(PeopleEdits(left_out=frozenset([2])))
    annotated.draw(path, left_out, tmp_path / "out.mp4", pixelate=True)
    for number, frame in enumerate(frames(tmp_path / "out.mp4")):
        shown = frame.image(160).astype(int)
        detail = np.abs(np.diff(shown[:, :, 1], axis=0))
        assert detail[40:70, 50:70].mean() < 20, "person 1"
        assert detail[100:, :20].mean() > 40, "the rest stays"
        covered = detail[40:70, 110:130].mean() < 20
        assert covered == (number >= 5), "person 2, left out, a little before it is seen"


def test_frames_between_the_analysed_ones_are_drawn_too(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mp4", [np.full((120, 160, 3), 60, np.uint8)] * 21, RATE)
    moments = [
        Moment(n, n / RATE, (face(1, "happy", Box(10 + 3 * n, 30, 50 + 3 * n, 80)),))
        for n in (0, 10, 20)
    ]
    annotated.draw(path, written(tmp_path / "timeline", moments), tmp_path / "out.mp4")
    for number, frame in enumerate(frames(tmp_path / "out.mp4")):
        row = frame.image(160)[55].astype(int)
        orange = np.flatnonzero(row[:, 0] - row[:, 2] > 60)
        assert abs(orange.min() - (10 + 3 * number)) <= 3


def test_an_analysis_that_ended_early_gives_a_film_as_long(tmp_path: Path) -> None:
    path = films.write(tmp_path / "clip.mp4", map(picture, range(COUNT)), RATE)
    short = replace(FILM, error="It was cancelled.")
    moments = [Moment(n, n / RATE, (face(1),)) for n in range(12)]
    annotated.draw(path, written(tmp_path / "timeline", moments, short), tmp_path / "out.mp4")
    assert len(frames(tmp_path / "out.mp4")) == 12


def test_odd_sizes_and_large_films(tmp_path: Path) -> None:
    for width, height, expected in ((2, 2, (2, 2)), (33, 17, (34, 18)), (2600, 40, (1920, 30))):
        still = np.full((height, width, 3), 90, np.uint8)
        path = films.write(tmp_path / "clip.gif", [still, still // 2], 10)
        film = replace(FILM, width=width, height=height)
        moments = [Moment(n, n / 10, (face(1, box=Box(0, 0, 2, 2)),)) for n in range(2)]
        annotated.draw(path, written(tmp_path / "timeline", moments, film), tmp_path / "out.mp4")
        assert [frame.size for frame in frames(tmp_path / "out.mp4")] == [expected] * 2


def test_a_film_that_cannot_be_written_leaves_nothing(tmp_path: Path, timeline: Timeline) -> None:
    path = films.write(tmp_path / "clip.mp4", map(picture, range(COUNT)), RATE)
    (tmp_path / "out.part").symlink_to("/dev/full")
    with pytest.raises(BadFilm, match="cannot be written"):
        annotated.draw(path, timeline, tmp_path / "out.mp4")

    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("fer.video.analysis._TOLD_SECONDS", 0.0)
        annotated.draw(path, timeline, tmp_path / "two.mp4", on_progress=stop)
    assert {one.name for one in tmp_path.iterdir()} == {"clip.mp4", "timeline"}


def shown_html(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_report_opens_offline_and_shows_faces_only_when_asked(
    tmp_path: Path, timeline: Timeline
) -> None:
    path = films.write(tmp_path / "clip.mp4", map(picture, range(COUNT)), RATE)
    named = timeline.edited(PeopleEdits(names={1: "<script>alert(1)</script>"}))
    page = report.page(named)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page and "<img" not in shown_html(page)
    assert not re.findall(r'(?:src|href)="(?!data:)', shown_html(page))
    assert page.count('class="plotly-graph-div"') == 3
    for text in ("=clip.mp4", "Person 2", "30 of 30 frames", "0:00.60", "sad", "94%", "AI Act"):
        assert text in page
    assert "&gt;99%" not in page, "a share of time is counted, not estimated"
    assert shown_html(report.page(timeline, path)).count('<img alt="" src="data:') == 2
    face = report.thumbnail(path, timeline, timeline.people[1])
    assert face is not None and face.shape[:2] == (74, 64)
    assert report.thumbnail(tmp_path / "gone.mp4", timeline, timeline.people[0]) is None


def test_the_report_of_a_film_without_faces(tmp_path: Path) -> None:
    empty = written(tmp_path / "timeline", [Moment(n, n / RATE, ()) for n in range(3)])
    assert "No face was found." in report.page(empty)
