"""The command `video` as scripts see it: records, tables, exit codes, sentences."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer import cli
from fer.storage import files
from fer.video import reading
from fer.video.timeline import Timeline
from tests import films, scenes
from tests.helpers import within_seconds
from tests.stubs import NAME, bright_square, register

pytestmark = pytest.mark.usefixtures("tiny_models")

RATE = 25


@pytest.fixture(autouse=True)
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One face from frame 5 to the end, with a tone."""
    dark = np.full((240, 320, 3), 20, np.uint8)
    pictures = [dark] * 5 + [bright_square()] * 25
    return films.write(tmp_path / "clip.mp4", pictures, RATE, tone=True)


def video(*arguments: object) -> int:
    return cli.main(["video", *map(str, arguments), "--detector", NAME])


def test_every_output_at_once(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clip.parent
    outputs = {
        **{"--csv": folder / "a.csv", "--json": folder / "a.json"},
        **{"--annotate": folder / "a.mp4", "--subtitles": folder / "a.vtt"},
        "--html": folder / "a.html",
    }
    assert video(clip, *[part for pair in outputs.items() for part in pair], "--thumbnails") == 0
    assert capsys.readouterr().out == ""
    (film,) = json.loads(outputs["--json"].read_text())
    assert set(film) >= {
        *("file", "model", "detector", "prior", "width", "height", "seconds", "frames"),
        *("analysed", "people", "events", "timeline"),
    }
    assert film["file"] == str(clip) and film["complete"]
    (person,) = film["people"]
    assert (person["first"], person["last"]) == pytest.approx((0.2, 29 / RATE))
    with outputs["--csv"].open(newline="") as table:
        assert len(list(csv.DictReader(table))) == 25
    assert "00:00:00.200 --> 00:00:01.200" in outputs["--subtitles"].read_text()
    assert outputs["--html"].read_text().count('<img alt="" src="data:') == 1
    with reading.opened(outputs["--annotate"]) as drawn:
        assert drawn.has_sound and len(list(drawn.frames())) == 30
    assert {path.name for path in folder.iterdir()} == {
        *("clip.mp4", "models", "a.csv", "a.json", "a.mp4", "a.vtt", "a.html")
    }


def test_several_films_one_of_them_bad(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "text.mp4"
    bad.write_text("no film")
    assert video(bad, clip, "--json", "-") == 1
    out, err = capsys.readouterr()
    first, second = json.loads(out)
    assert set(first) == {"file", "error"} and first["file"] == str(bad)
    assert len(second["timeline"]) == 30
    assert err.startswith("fer: text.mp4 is no film") and "Traceback" not in err


def test_without_an_output_a_line_a_person(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = films.write(tmp_path / "empty.mp4", [np.full((60, 80, 3), 20, np.uint8)] * 3, RATE)
    assert video(clip, empty, "--fps", 5) == 0
    person, nobody = capsys.readouterr().out.splitlines()
    assert person.startswith(f"{clip}  person 1  0.2 to 1.0 s  on screen 1.0 s  ")
    assert nobody == f"{empty}  no face found"


def test_a_kept_timeline_is_used_again_with_other_people(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep, people = tmp_path / "kept", tmp_path / "people.json"
    assert video(clip, "--keep", keep) == 0
    assert Timeline.read(keep).film.is_complete
    assert files.json_object(keep / "progress.json") == {"done": 30, "total": 30}
    people.write_text('{"names": {"1": "Anna"}}')
    capsys.readouterr()
    assert video(clip, "--from", keep, "--people", people, "--subtitles", "-", "--json", "-") == 2
    assert video(clip, "--from", keep, "--people", people, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)[0]["people"][0]["name"] == "Anna"
    people.write_text('{"left_out": ["one"]}')
    assert video(clip, "--from", keep, "--people", people) == 2
    assert "left_out" in capsys.readouterr().err


@pytest.mark.usefixtures("own_main")
def test_several_processes_write_what_one_does_and_a_folder_is_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    still = [scenes.frame([(160, 120, 120, False)], 320, 240)] * 6
    clips = [films.write(tmp_path / f"{name}.mp4", still, RATE) for name in "ab"]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(clips[0].read_bytes()[:300])
    given, kept = [clips[0], bad, clips[1]], tmp_path / "kept"

    def told(*flags: object) -> tuple[str, str]:
        assert cli.main(["video", *map(str, [*given, "--csv", "-", *flags])]) == 1
        out, err = capsys.readouterr()
        return out, err

    alone = told()
    assert alone[0].count("\n") == 1 + 12 and "bad.mp4" in alone[1]
    assert told("--workers", 2, "--keep", kept) == alone
    assert len(list(kept.glob("[ab]-*/film.json"))) == 2

    given.reverse()  # a film's folder is known by its name
    next(kept.glob("b-*/film.json")).unlink()
    out, err = told("--keep", kept, "--resume")
    assert sorted(out.splitlines()) == sorted(alone[0].splitlines())
    assert "done already: 1 of 3 films." in err
    assert "done already: 2 of 3 films." in told("--keep", kept, "--resume")[1]
    assert "done already" not in told("--keep", kept, "--resume", "--fps", "5")[1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--resume"], "name it with --keep"),
        (["--workers", "0"], "--workers takes 1 to 64; got 0"),
        (["--fps", "0"], "frames a second"),
        (["--fps", "nan"], "frames a second"),
        (["--model", "none"], "unknown model 'none'"),
        (["--pixelate"], "--pixelate belongs to --annotate"),
        (["--thumbnails"], "--thumbnails belongs to --html"),
        (["--annotate", "{clip}"], "is the film itself"),
        (["--csv", "{folder}"], "cannot be written"),
        (["--csv", "a.txt", "--json", "a.txt"], "two outputs"),
        (["other.mp4", "--annotate", "a.mp4"], "--annotate is for one film; got 2"),
        (["--from", "{folder}"], "there is no timeline to read"),
        (["--people", "{clip}"], "cannot be read"),
    ],
)
def test_wrong_use_is_a_sentence_before_any_work(
    clip: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    given = [flag.format(clip=clip, folder=clip.parent) for flag in flags]
    before = clip.read_bytes()
    assert video(clip, *given) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.startswith("fer: ") and err.endswith(".\n")
    assert clip.read_bytes() == before


def test_a_damaged_film_is_done_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = films.write(tmp_path / "clip.avi", [bright_square()] * 20, RATE)
    data = bytearray(clip.read_bytes())
    start = data.index(b"00dc", data.index(b"00dc") + 8)
    length = int.from_bytes(data[start + 4 : start + 8], "little")
    data[start + 8 : start + 8 + length] = bytes(length)
    clip.write_bytes(data)
    assert video(clip, "--json", "-") == 1
    out, err = capsys.readouterr()
    (film,) = json.loads(out)
    assert film["analysed"] == 19 and "damaged" in film["warning"] and "damaged" in err


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clip.parent / "a.part").symlink_to("/dev/full")
    for flag, target in (("--csv", "a.csv"), ("--json", "/dev/full"), ("--annotate", "a.mp4")):
        assert video(clip, flag, clip.parent / target) == 2
        err = capsys.readouterr().err
        assert "cannot be written" in err and "Traceback" not in err
        if not (clip.parent / "a.part").is_symlink():
            (clip.parent / "a.part").symlink_to("/dev/full")
    assert not (clip.parent / "a.csv").exists() and not (clip.parent / "a.mp4").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_analysed_is_kept_when_it_is_ended(tmp_path: Path, number: int) -> None:
    pictures = (scenes.frame([(130 + n % 40, 120, 120, False)], 320, 240) for n in range(400))
    clip, keep = films.write(tmp_path / "clip.mp4", pictures, RATE), tmp_path / "kept"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "fer",
        "video",
        clip,
        "--model",
        "tiny",
        "--keep",
        keep,
    ]
    command += ["--csv", tmp_path / "a"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            frames_file = keep / "frames.bin"
            within_seconds(200, lambda: child.poll() or _size(frames_file))
            child.send_signal(number)
            _, err = child.communicate(timeout=100)
        finally:
            child.kill()
    assert child.returncode == 130 and "Traceback" not in err
    timeline = Timeline.read(keep)
    assert not timeline.film.is_complete and 0 < timeline.film.analysed < 400
    frames = [moment.frame for moment in timeline.moments()]
    assert frames == list(range(len(frames))) and len(timeline.people) == 1
    assert not (tmp_path / "a").exists()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
