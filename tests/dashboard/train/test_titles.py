"""What runs are called, and what is said of their models."""

from __future__ import annotations

import pytest

from dashboard import model_verdict
from dashboard.train import result, titles
from fer.runs import store
from fer.runs.settings import TrainSettings
from fer.runs.status import RunStatus
from tests.helpers import epoch_row, publish_tiny


def make_run(name: str | None = None, **status: object) -> store.Run:
    run = store.create(TrainSettings("drawn", network="mlp", epochs=4, name=name))
    run.write_status(RunStatus(**status))  # type: ignore[arg-type]
    return run


def test_a_run_is_called_by_name_accuracy_and_date(runs_folder: object) -> None:
    run = make_run("faces", state="stopped")
    assert titles.title(run) == f"faces · {titles.date(run)}"
    run.add_metrics(epoch_row(1, val_accuracy=0.25))
    run.add_metrics(epoch_row(2, val_accuracy=0.2))
    assert titles.title(run) == f"faces · best epoch 25.0% · {titles.date(run)}"
    assert titles.title(make_run(state="stopped")).startswith("mlp · ")
    for text in titles.titles(store.listing()).values():
        assert not [run.id for run in store.listing() if run.id in text]


def test_runs_with_one_title_are_told_apart(
    runs_folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "date", lambda run: "today")
    first, second = make_run("a", state="stopped"), make_run("a", state="stopped")
    assert sorted(titles.titles([second, first]).values()) == ["a · today", "a · today (2)"]


def test_the_published_accuracy_counts_and_not_that_of_an_epoch(
    runs_folder: object, tiny_models: object
) -> None:
    publish_tiny("made", metrics={"accuracy": 0.5})
    run = make_run("made", state="finished", model="made")
    run.add_metrics(epoch_row(1, val_accuracy=0.7))
    assert result.accuracy(run) == 0.5
    assert "50.0%" in titles.title(run)


def test_a_name_that_nothing_has(runs_folder: object, tiny_models: object) -> None:
    publish_tiny("mlp-1")
    make_run("mlp-2", state="stopped")
    assert titles.free_name("mlp") == "mlp-3"


@pytest.mark.parametrize(
    ("prior", "low", "words"),
    [
        ("training", 0.142, "no better than always answering neutral (18%)"),
        ("training", 0.3, "better than always answering neutral (18%)"),
        ("balanced", 0.13, "no better than always answering the same (14%)"),
        ("balanced", 0.15, "better than always answering the same (14%)"),
    ],
)
def test_a_verdict_in_words_is_on_faces_weighted_as_the_published_accuracy_is(
    tiny_models: object, prior: str, low: float, words: str
) -> None:
    table = [[0] * 6 + [number] for number in (50, 46, 50, 42, 41, 46, 62)]
    measured = {"accuracy": 0.35, "accuracy_interval": (low, 0.4)}
    metrics = {**measured, "confusion": table} if prior == "training" else {"confusion": table}
    priors = {} if prior == "training" else {prior: {"shares": [1 / 7] * 7, "metrics": measured}}
    card = publish_tiny(
        "made", shares=[1 / 7] * 7, default_prior=prior, metrics=metrics, priors=priors
    )
    assert model_verdict.against_constant(card) == words
    assert (model_verdict.warning(card) is None) == words.startswith("better")
    bare = publish_tiny("bare", metrics={"accuracy": 0.5})
    assert model_verdict.against_constant(bare) is None
