"""What a card says under each prior, and the command that completes the cards of old models."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer import cli, metrics, prior, registry
from fer.data import selection
from fer.data.dataset import Dataset
from fer.emotions import EMOTIONS
from fer.export import card_figures
from fer.model_card import InputSpec
from tests.helpers import labelled_zip, publish_tiny

READS = 0.6
TRAIN = [0, 1, 2, *[3] * 10, *[4] * 3, 5, *[6] * 3]
TRUE = [0, 0, 1, 2, *[3] * 12, *[4] * 3, 5, *[6] * 4]
SEEN = [0, 1, 1, 3, *[3] * 12, *[4] * 2, 3, 5, *[6] * 3, 4]
"""What the network sees in the validation faces that are `TRUE`."""
SHARES = np.bincount(TRAIN, minlength=7) / len(TRAIN)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    for split, labels, said in (("train", TRAIN, TRAIN), ("validation", TRUE, SEEN)):
        first = len(TRAIN) if split == "validation" else 0
        with zipfile.ZipFile(io.BytesIO(labelled_zip(labels, said, split, first))) as archive:
            archive.extractall(folder)
    return folder


@pytest.fixture
def old(models_folder: Path, data: Path) -> Path:
    """A model that has learned `SHARES`, whose card does not know of them."""
    digest = selection.prepared(str(data), labels="fer2013").hash
    publish_tiny(
        "old",
        reads_levels=READS,
        shares=SHARES,
        training_shares=None,
        question="fer2013",
        data={"name": "faces", "hash": digest},
        metrics={"protocol": "by hand", "accuracy": 0.1},
        temperature=1.3,
    )
    return models_folder / "old"


MIXED = "angry=1,disgust=1,fear=1,happy=1,sad=1,surprise=1,neutral=4"


def complete(data: Path, *arguments: str) -> int:
    return cli.main(["card", "--model", "old", "--data", str(data), *arguments])


def test_the_command_completes_an_old_card(
    old: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads((old / "card.json").read_text())
    assert complete(data, "--mixed", MIXED) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("balanced", "training", "mixed", "default: balanced"))
    card = registry.card("old")
    assert card.training_shares == card.assumed_shares == pytest.approx(SHARES, abs=1e-5)
    assert card.default_prior == "balanced"
    assert card.temperature == 1.3
    assert card.metrics["protocol"] == "by hand", "what is not measured stays"
    assert card.files == before["files"]
    model = registry.load("old")
    assert model.prior.name == "balanced"
    assert card.priors["mixed"]["shares"] == pytest.approx([0.1] * 6 + [0.4])


@pytest.mark.parametrize("name", ["training", "balanced", "mixed"])
def test_figures_are_of_the_adjusted_answers_on_faces_with_the_priors_mix(
    old: Path, data: Path, name: str
) -> None:
    complete(data, "--mixed", MIXED)
    model = registry.load("old", prior=name)
    faces = selection.prepared(str(data), labels="fer2013").split("validation")
    p = model.probabilities(faces.inputs(model.card.input))
    right = p.argmax(axis=1) == faces.labels
    figures = model.card.metrics_under(name)
    recalls = [right[faces.labels == emotion].mean() for emotion in range(7)]
    assert list(figures["recall"]) == list(EMOTIONS)
    assert list(figures["recall"].values()) == pytest.approx(recalls, abs=1e-4)
    weights = np.ones(len(p))
    if name != "training":
        assert model.prior.shares is not None
        support = np.bincount(faces.labels, minlength=7)
        weights = (np.array(model.prior.shares) / support)[faces.labels]
    weights = weights / weights.sum()
    assert figures["accuracy"] == pytest.approx((weights * right).sum(), abs=1e-4)
    if name == "balanced":
        assert figures["accuracy"] == figures["balanced_accuracy"]
    silent = weights[p.max(axis=1) < model.uncertain_below].sum()
    assert silent <= 0.2 + 1e-6, "the least sure fifth"


def test_the_default_can_be_chosen_and_other_data_sets_told(
    old: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {
        **{"name": "others", "n": 7, "cut": "as the product cuts", "prior": "balanced"},
        **{"accuracy": 0.5, "balanced_accuracy": 0.4, "recalls": {"happy": 0.9, "fear": None}},
    }
    (tmp_path / "elsewhere.json").write_text(json.dumps([row]))
    worse = {"corruptions": {"blur": {"accuracy": 0.5, "loss": 3.5}}, "clean": 0.535}
    measured = {"models": {"old": {"card": worse}}}
    (tmp_path / "worse.json").write_text(json.dumps(measured))
    options = ("--default", "training", "--elsewhere", str(tmp_path / "elsewhere.json"))
    options += ("--robustness", str(tmp_path / "worse.json"))
    assert complete(data, *options, "--json", "-") == 0
    written = json.loads(capsys.readouterr().out)
    assert written["default_prior"] == "training"
    assert written["elsewhere"] == [row]
    assert written["metrics"]["robustness"] == worse
    assert registry.card_dict(registry.card("old")) == written | {"name": "old"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--default", "even"), "default_prior cannot be used: unknown prior 'even'"),
        (("--mixed", "2"), "NAME=SHARE"),
        (("--mixed", "balanced-ish"), "--mixed takes seven shares"),
        (("--elsewhere", "nowhere.json"), "nowhere.json holds no figures"),
        (("--robustness", "nowhere.json"), "nowhere.json holds no robustness of 'old'"),
        (("--model", "nobody"), "unknown model 'nobody'"),
        (("--data", "drawn"), "not the data that 'old' was trained on"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(
    old: Path,
    data: Path,
    arguments: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (old / "card.json").read_bytes()
    assert complete(data, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert (old / "card.json").read_bytes() == before


def votes_of(shares: np.ndarray) -> Dataset:
    """Training faces that all have the same votes."""
    votes = np.zeros((10, 10), np.int64)
    votes[:, :7] = shares
    return Dataset(
        name="votes",
        hash="0",
        licence=None,
        pictures=[np.zeros((48, 48), np.uint8)] * 10,
        labels=np.full(10, 3),
        votes=votes,
        splits=np.array(["train"] * 10),
    )


def test_shares_are_the_mean_of_the_targets_that_are_trained_on(data: Path) -> None:
    faces = selection.prepared(str(data), labels="fer2013")
    training, assumed = card_figures.shares(faces, "fer2013", {})
    assert training == assumed == pytest.approx(SHARES, abs=1e-5)
    training, assumed = card_figures.shares(votes_of(np.array([4, 0, 0, 5, 0, 0, 1])), "crowd", {})
    assert training == assumed == pytest.approx((0.4, 0, 0, 0.5, 0, 0, 0.1))


@pytest.mark.parametrize("key", [None, "average_of", "quantized_from"])
def test_weighted_classes_are_assumed_to_be_even(data: Path, key: str | None) -> None:
    settings: dict[str, object] = {"class_weights": True}
    faces = selection.prepared(str(data), labels="fer2013")
    nested = settings if key is None else {key: {"one": settings}}
    training, assumed = card_figures.shares(faces, "fer2013", nested)
    assert training == pytest.approx(SHARES, abs=1e-5)
    assert assumed == pytest.approx((1 / 7,) * 7, abs=1e-5)


def test_a_network_with_weighted_classes_is_tempered_and_measured_as_it_answers(
    data: Path,
) -> None:
    """Its raw answer assumes even shares, those under the prior `training` do not."""
    faces = selection.prepared(str(data), labels="fer2013")
    even = (1 / 7,) * 7
    validation = faces.split("validation")
    seen = validation.inputs(InputSpec()).mean(axis=(1, 2, 3)).astype(int) // 36
    raw = np.full((len(seen), 7), 0.05, np.float32)
    raw[np.arange(len(seen)), seen] = 0.7
    shares = tuple(SHARES)
    weighted = card_figures.under_priors(raw, faces, "fer2013", shares, even)
    learned = prior.adjusted(raw, shares, even)
    plain = card_figures.under_priors(learned, faces, "fer2013", shares, shares, 1.0)
    at_one = card_figures.under_priors(raw, faces, "fer2013", shares, even, 1.0)
    assert at_one["metrics"]["accuracy"] == plain["metrics"]["accuracy"]
    assert at_one["uncertain_below"] == plain["uncertain_below"]
    tempered = metrics.with_temperature(raw, weighted["temperature"])
    targets = np.eye(7)[validation.labels]
    best, worse = (
        metrics.cross_entropy(prior.adjusted(p, shares, even), targets) for p in (tempered, raw)
    )
    assert best < worse


def test_one_expression_alone_leaves_the_training_prior(data: Path) -> None:
    faces = selection.prepared(str(data), labels="fer2013")
    alone = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    raw = np.full((len(TRUE), 7), 1 / 7, np.float32)
    fields = card_figures.under_priors(raw, faces, "fer2013", alone, alone, mixed=(1 / 7,) * 7)
    assert (fields["default_prior"], fields["priors"]) == ("training", {})
