"""The feed of one visitor: a mailbox of one frame, a thread that lives on, and an end to it."""

from __future__ import annotations

import dataclasses
import gc
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fer import registry
from fer.errors import BadSettings, FerError, UnknownDetector
from fer.live import worker
from fer.live.feed import LiveFeed, LiveSettings
from fer.results import FrameResult
from tests.helpers import publish_tiny
from tests.stubs import NAME, StubDetector, bright_square, poison, register

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.usefixtures("tiny_models", "stub")


def each(**changes: float) -> LiveSettings:
    """Every frame searched with the stub, shown as it was read."""
    return LiveSettings(**{"detector": NAME, "every": 1, "smoothing": 0.0, **changes})  # type: ignore[arg-type]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    register(monkeypatch)
    # A test's machine may be slow: results of a minute ago are fresh here.
    monkeypatch.setattr(worker, "STALE_SECONDS", 60.0)
    yield
    StubDetector.gate.set()


@pytest.fixture
def feed(tiny_models: Path, stub: None) -> Iterator[LiveFeed]:
    one = LiveFeed(registry.load("tiny"), each())
    yield one
    one.close()


def until(condition: Callable[[], object]) -> None:
    """Waits for what another thread does."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def read(feed: LiveFeed, image: np.ndarray, at: float) -> FrameResult:
    """Offers a frame and waits for its result."""
    feed.offer(image, at)
    until(lambda: (result := feed.latest()) is not None and result.time == at)
    result = feed.latest()
    assert result is not None
    return result


def thread_of(feed: LiveFeed) -> threading.Thread:
    until(lambda: StubDetector.made and StubDetector.made[-1].threads)
    (ident,) = StubDetector.made[-1].threads
    (thread,) = (one for one in threading.enumerate() if one.ident == ident)
    return thread


def test_a_frame_is_read(feed: LiveFeed) -> None:
    result = read(feed, bright_square(), 1.5)
    (face,) = result.faces
    assert face.track == 1
    assert face.face.box.as_list() == [100, 80, 160, 140]
    assert (result.width, result.height) == (320, 240)
    (person,) = feed.people()
    assert (person.track, person.since) == (1, 1.5)
    assert person.prediction.display_label == face.prediction.display_label
    assert feed.problem() is None
    assert {"detect", "track", "classify", "analysis"} <= set(result.seconds)


def test_the_mailbox_holds_the_newest_frame_alone(feed: LiveFeed) -> None:
    read(feed, bright_square(), 0.0)
    detector = StubDetector.made[0]
    StubDetector.gate.clear()
    detector.entered.clear()
    feed.offer(bright_square(), 1.0)
    assert detector.entered.wait(60)
    for number in range(2, 10):
        feed.offer(bright_square(), float(number))
    calls = detector.calls
    StubDetector.gate.set()
    until(lambda: (result := feed.latest()) is not None and result.time == 9.0)
    assert detector.calls == calls + 1


@pytest.mark.parametrize(
    "image", [None, "a frame", np.zeros((4, 4, 2)), np.zeros((0, 9, 3), np.uint8)]
)
def test_what_is_no_picture_becomes_a_problem(feed: LiveFeed, image: object) -> None:
    feed.offer(image, 0.0)  # type: ignore[arg-type]
    until(feed.problem)
    assert "no picture" in str(feed.problem())
    read(feed, bright_square(), 1.0)
    assert feed.problem() is None


def test_an_error_keeps_the_thread_alive(feed: LiveFeed) -> None:
    read(feed, bright_square(), 0.0)
    thread = thread_of(feed)
    for number in range(3):
        feed.offer(poison(), 1.0 + number)
        until(feed.problem)
        assert "the lens cap is on" in str(feed.problem())
    read(feed, bright_square(), 5.0)
    assert feed.problem() is None
    assert thread_of(feed) is thread


def test_a_broken_model_is_told_and_another_one_answers(feed: LiveFeed) -> None:
    publish_tiny("sick", broken=True)
    read(feed, bright_square(), 0.0)
    feed.use(registry.load("sick"))
    for number in range(4):
        feed.offer(bright_square(), 0.1 + number / 10)
        until(feed.problem)
    assert "seven finite probabilities" in str(feed.problem())
    feed.use(registry.load("tiny"))
    assert read(feed, bright_square(), 0.5).faces[0].track == 1
    assert feed.problem() is None


def test_a_model_that_never_was_among_the_published_is_not_missed(
    feed: LiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a visitor's own, whose name no published model can have."""
    monkeypatch.setattr(worker, "_FOLDER_SECONDS", 0.0)
    model = registry.load("tiny")
    feed.use(dataclasses.replace(model, card=dataclasses.replace(model.card, name="your model")))
    for number in range(3):
        assert len(read(feed, bright_square(), float(number)).faces) == 1
    assert feed.problem() is None


def test_a_model_whose_folder_is_gone_answers_on_and_says_so(
    feed: LiveFeed, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_FOLDER_SECONDS", 0.0)
    read(feed, bright_square(), 0.0)
    assert feed.problem() is None
    shutil.rmtree(tiny_models / "tiny")
    read(feed, bright_square(), 1.0)
    until(feed.problem)
    assert "no longer in the models folder" in str(feed.problem())
    assert len(read(feed, bright_square(), 2.0).faces) == 1
    feed.use(registry.load("other"))
    read(feed, bright_square(), 3.0)
    until(lambda: feed.problem() is None)


def test_settings_take_effect_at_the_next_frame(feed: LiveFeed) -> None:
    assert not read(feed, bright_square(), 0.0).faces[0].prediction.uncertain
    feed.configure(each(unsure_below=1.0))
    result = read(feed, bright_square(), 0.1)
    assert result.faces[0].prediction.display_label == "unsure"
    assert result.faces[0].track == 1
    feed.configure(LiveSettings(detector="haar", every=1))
    read(feed, bright_square(), 0.2)
    assert StubDetector.made[0].calls == 3  # once to warm up


def test_another_model_takes_effect_at_the_next_frame(feed: LiveFeed) -> None:
    assert read(feed, bright_square(), 0.0).faces[0].prediction.display_label != "unsure"
    feed.use(registry.load("other"))
    assert read(feed, bright_square(), 0.1).faces[0].prediction.display_label == "unsure"


def test_boxes_move_on_for_a_fraction_of_a_second(feed: LiveFeed) -> None:
    feed.configure(each(smoothing=0.5))
    for number in range(8):
        read(feed, bright_square(left=60 + 10 * number), number / 10)
    plain, soon, later, latest = (feed.latest(at) for at in (None, 0.8, 0.9, 5.0))
    assert plain is not None and soon is not None and later is not None and latest is not None
    assert plain.faces[0].face.box.left == pytest.approx(130, abs=2)
    assert 134 <= soon.faces[0].face.box.left <= 146
    assert later.faces[0].face.box.left > soon.faces[0].face.box.left
    assert latest.faces[0].face.box == later.faces[0].face.box
    assert feed.latest(at=0.0) is plain


def test_an_old_result_is_not_shown(feed: LiveFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    read(feed, bright_square(), 0.0)
    monkeypatch.setattr(worker, "STALE_SECONDS", -1.0)
    assert feed.latest() is None
    assert feed.people() == ()
    assert feed.stats().faces == 0


def test_what_is_measured(feed: LiveFeed) -> None:
    assert feed.stats().analysis.p50 is None
    for number in range(6):
        read(feed, bright_square(), number / 10)
    stats = feed.stats()
    assert stats.faces == 1
    assert stats.offered_per_second >= stats.analysed_per_second > 0
    for spread in (stats.analysis, stats.detect, stats.track, stats.classify, stats.delay):
        assert spread.p50 is not None and spread.p95 is not None
        assert 0 < spread.p50 <= spread.p95
    assert stats.delay.p95 is not None and stats.analysis.p50 is not None
    assert stats.delay.p95 >= stats.analysis.p50


def test_history_and_summary_outlive_the_end(feed: LiveFeed) -> None:
    for number in range(11):
        read(feed, bright_square(), number / 10)
    feed.close()
    samples = feed.history()
    assert [one.time for one in samples] == pytest.approx([n / 10 for n in range(11)])
    assert {one.track for one in samples} == {1}
    assert len(feed.history(0.35)) == 4
    (person,) = feed.summary()
    assert (person.first_seen, person.last_seen) == (0.0, 1.0)
    assert sum(person.seconds.values()) == pytest.approx(1.0)
    assert feed.latest() is None
    assert feed.people() == ()


def test_close_ends_the_thread_and_may_be_repeated(feed: LiveFeed) -> None:
    read(feed, bright_square(), 0.0)
    thread = thread_of(feed)
    feed.close()
    feed.close()
    thread.join(60)
    assert not thread.is_alive()
    feed.offer(bright_square(), 1.0)
    feed.configure(each())
    feed.use(registry.load("other"))


def test_close_does_not_wait_for_a_frame_that_is_being_read(feed: LiveFeed) -> None:
    read(feed, bright_square(), 0.0)
    thread = thread_of(feed)
    StubDetector.gate.clear()
    StubDetector.made[0].entered.clear()
    feed.offer(bright_square(), 1.0)
    assert StubDetector.made[0].entered.wait(60)
    feed.close()
    assert thread.is_alive()
    StubDetector.gate.set()
    thread.join(60)
    assert not thread.is_alive()


def test_a_feed_that_nobody_holds_gives_its_thread_back() -> None:
    feed = LiveFeed(registry.load("tiny"), each())
    read(feed, bright_square(), 0.0)
    thread = thread_of(feed)
    del feed
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


def test_no_two_feeds_share_a_detector_or_a_number() -> None:
    feeds = [LiveFeed(registry.load("tiny"), each()) for _ in range(3)]
    for feed in feeds:
        assert read(feed, bright_square(), 0.0).faces[0].track == 1
    assert len(StubDetector.made) == 3
    assert len({ident for one in StubDetector.made for ident in one.threads}) == 3
    for feed in feeds:
        feed.close()


def test_the_program_may_end_while_a_stream_goes_on() -> None:
    code = """
import numpy as np, time
from fer import registry
from fer.live.feed import LiveFeed
feed = LiveFeed(registry.load("tiny"))
for number in range(40):
    feed.offer(np.zeros((480, 640, 3), np.uint8), number / 30)
    time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"every": 0}, {"every": 101}, {"smoothing": 1.1}, {"smoothing": float("nan")}),
        *({"unsure_below": -0.1}, {"unsure_below": 2.0}),
    ],
)
def test_wrong_settings_are_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(BadSettings, match=r"got .*\.$"):
        LiveSettings(**wrong)  # type: ignore[arg-type]


def test_an_unknown_detector_is_told_which_exist() -> None:
    with pytest.raises(UnknownDetector, match="mtcnn"):
        LiveSettings(detector="hal")
    assert issubclass(UnknownDetector, FerError)


def test_visitors_share_the_frames_and_leave_them_when_they_go(feed: LiveFeed) -> None:
    other = LiveFeed(registry.load("tiny"), each())
    until(lambda: worker._crowd.size == 2)
    assert read(feed, bright_square(), 0.0).faces
    assert read(other, bright_square(), 0.0).faces
    other.close()
    until(lambda: worker._crowd.size == 1)
