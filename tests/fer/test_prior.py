"""How common each expression is assumed to be: what may be a prior, and what it does to answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import fer
from fer import metrics, prior, registry
from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.errors import BadModel, BadPrior
from fer.inference.recognizer import Recognizer
from fer.model_card import InputSpec
from tests.helpers import cut_face, level_of, level_variance, make_card, publish_tiny

SKEWED = (0.02, 0.03, 0.05, 0.4, 0.1, 0.1, 0.3)
EVEN = (1 / 7,) * 7
SEVEN = ",".join(f"{emotion}={share}" for emotion, share in zip(EMOTIONS, SKEWED, strict=True))

shares_of_seven = st.lists(st.floats(0.01, 1), min_size=7, max_size=7).map(
    lambda values: tuple(value / sum(values) for value in values)
)


@pytest.mark.parametrize(
    "value",
    [
        SEVEN,
        dict(zip(EMOTIONS, SKEWED, strict=True)),
        {"anger": 0.02, "Disgusted": 0.03, "fearful": 0.05}
        | {"happiness": 0.4, "sadness": 0.1, "surprised": 0.1, "calm": 0.3},
        SKEWED,
        list(SKEWED),
        np.array(SKEWED),
    ],
)
def test_shares_can_be_written_in_several_ways(value: prior.PriorLike) -> None:
    parsed = prior.parse(value)
    assert parsed.shares == pytest.approx(SKEWED)
    assert parsed.note is None
    assert prior.parse(parsed.name).shares == pytest.approx(SKEWED), "its name says what it is"


def test_named_priors() -> None:
    assert prior.parse(" balanced ") == prior.Prior("balanced", EVEN)
    assert prior.parse("training").shares is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (SKEWED[:6], "seven shares"),
        ([], "seven shares"),
        (3, "seven shares"),
        ((-0.1, *SKEWED[1:]), "share of angry"),
        ((float("nan"), *SKEWED[1:]), "share of angry"),
        ((float("inf"), *SKEWED[1:]), "share of angry"),
        (("much", *SKEWED[1:]), "share of angry"),
        ((True, *SKEWED[1:]), "share of angry"),
        ((0,) * 7, "all shares"),
        ("happy=1", "missing: angry"),
        ("happy=much", "NAME=SHARE"),
        ("happy=0.1,=3", "not one of the seven"),
        (f"{SEVEN},happy=0.2", "happy twice"),
        (f"{SEVEN},happiness=0.2", "happy twice"),
        (SEVEN.replace("happy", "contempt"), "'contempt' is not one of the seven"),
        (SEVEN.replace("0.02", "nan"), "share of angry"),
    ],
)
def test_what_is_no_prior_is_a_sentence(value: prior.PriorLike, text: str) -> None:
    with pytest.raises(BadPrior, match=text):
        prior.parse(value)


def test_shares_that_do_not_sum_to_one_are_divided_and_it_is_said() -> None:
    parsed = prior.parse([2, 0, 0, 1, 0, 0, 1])
    assert parsed.shares == (0.5, 0, 0, 0.25, 0, 0, 0.25)
    assert parsed.note is not None
    assert "sum to 4" in parsed.note


@given(shares_of_seven, shares_of_seven, shares_of_seven)
def test_adjusted_probabilities_are_probabilities(
    row: tuple[float, ...], wanted: tuple[float, ...], assumed: tuple[float, ...]
) -> None:
    result = prior.adjusted(np.array([row, EVEN], np.float32), wanted, assumed)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-6)
    expected = np.array(row) * wanted / assumed
    np.testing.assert_allclose(result[0], expected / expected.sum(), atol=1e-5)


@given(shares_of_seven, shares_of_seven)
def test_the_assumed_shares_change_nothing(
    row: tuple[float, ...], assumed: tuple[float, ...]
) -> None:
    p = np.array([row], np.float32)
    np.testing.assert_allclose(prior.adjusted(p, assumed, assumed), p, atol=1e-6)


def test_an_answer_that_the_prior_rules_out_is_still_a_distribution() -> None:
    sure = np.eye(7, dtype=np.float32)[[3]]
    result = prior.adjusted(sure, (0.5, 0.5, 0, 0, 0, 0, 0), EVEN)
    assert result[0].tolist() == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0])


def test_a_power_of_shares_lies_between_them_and_even_ones() -> None:
    assert prior.powered(SKEWED, 1) == pytest.approx(SKEWED)
    assert prior.powered(SKEWED, 0) == pytest.approx(EVEN)
    roots = np.sqrt(SKEWED)
    assert prior.powered(SKEWED, 0.5) == pytest.approx(roots / roots.sum())


def faces_of(shares: tuple[float, ...], n: int, reads: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels (N,) drawn from `shares`, and a grey network input for each."""
    random = np.random.default_rng(0)
    labels = random.choice(NUM_EMOTIONS, n, p=shares)
    middles = np.array([level_of(emotion) for emotion in range(NUM_EMOTIONS)])
    levels = random.normal(middles[labels], level_variance(reads) ** 0.5)
    levels = np.clip(levels.round(), 0, 255).astype(np.uint8)
    return labels, np.broadcast_to(levels[:, None, None, None], (n, 8, 8, 1))


def small_model(name: str = "skewed", **changes: object) -> registry.Model:
    """It has learned SKEWED."""
    spec = InputSpec(8, 8)
    publish_tiny(name, reads_levels=0.6, **{"shares": SKEWED, "spec": spec, **changes})
    return registry.load(name)


@pytest.mark.usefixtures("models_folder")
def test_a_model_of_skewed_training_is_calibrated_on_balanced_faces() -> None:
    model = small_model()
    labels, pixels = faces_of(EVEN, 20_000, 0.6)
    errors, accuracies = {}, {}
    for name in ("training", "balanced"):
        p = model.with_prior(name).probabilities(pixels)
        right = p.argmax(axis=1) == labels
        errors[name] = metrics.calibration_error(p.max(axis=1), right.astype(float))
        accuracies[name] = right.mean()
        # Over all faces the mean probability of an emotion is how common it is.
        gap = np.abs(p.mean(axis=0) - 1 / 7).max()
        assert (gap < 0.01) == (name == "balanced"), gap
    assert errors["balanced"] < 0.015 < 0.04 < errors["training"]
    assert accuracies["balanced"] > accuracies["training"] + 0.02


@pytest.mark.usefixtures("models_folder")
def test_the_training_prior_changes_nothing() -> None:
    plain, skewed = small_model("plain", training_shares=None), small_model()
    _, pixels = faces_of(SKEWED, 300, 0.6)
    untouched = plain.probabilities(pixels)
    assert (skewed.with_prior("training").probabilities(pixels) == untouched).all()
    assert (skewed.probabilities(pixels) == untouched).all(), "training is the default of a card"
    assert (skewed.with_prior("balanced").probabilities(pixels) != untouched).any()


@pytest.mark.usefixtures("models_folder")
def test_a_loss_that_was_adjusted_for_the_shares_is_taken_into_account() -> None:
    """Such a network's raw answer takes all expressions for equally likely."""
    model = small_model(shares=EVEN, training_shares=SKEWED, assumed_shares=EVEN)
    skewed = small_model("learned-them")
    _, pixels = faces_of(SKEWED, 300, 0.6)
    for name in ("training", "balanced"):
        one, other = (m.with_prior(name).probabilities(pixels) for m in (model, skewed))
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.usefixtures("models_folder")
def test_a_card_names_its_default_and_further_priors() -> None:
    mixed = prior.powered(SKEWED, 0.5)
    model = small_model(
        default_prior="mixed",
        priors={
            "mixed": {"shares": list(mixed), "uncertain_below": 0.4, "metrics": {"n": 5}},
            "balanced": {"uncertain_below": 0.35, "metrics": {"n": 6}},
        },
    )
    assert model.prior.name == "mixed"
    assert model.prior.shares == pytest.approx(mixed)
    assert model.uncertain_below == 0.4
    assert model.with_prior("balanced").uncertain_below == 0.35
    assert model.with_prior("training").uncertain_below == model.card.uncertain_below
    assert model.with_prior(SKEWED).uncertain_below == 0.4, "one's own: as the default"
    assert model.card.prior_names == ("mixed", "balanced", "training")
    assert model.card.metrics_under("balanced") == {"n": 6}
    assert model.card.metrics_under("training") == model.card.metrics
    assert model.with_prior(None) == model
    assert registry.load("skewed", prior="training") != model
    assert registry.load("skewed", prior="training").session is model.session
    with pytest.raises(BadPrior, match=r"unknown prior 'even'.* balanced, mixed, training"):
        model.with_prior("even")


@pytest.mark.usefixtures("models_folder")
def test_a_card_without_shares_knows_its_training_alone() -> None:
    publish_tiny("old")
    model = registry.load("old")
    assert model.prior == prior.Prior("training")
    assert model.card.prior_names == ("training",)
    for value in ("balanced", "mixed", SKEWED):
        with pytest.raises(BadPrior, match="does not say how common"):
            model.with_prior(value)


@pytest.mark.usefixtures("models_folder")
def test_an_expression_that_was_never_shown_is_never_said() -> None:
    shown = (0.5, 0, 0, 0.25, 0, 0, 0.25)
    publish_tiny("three", training_shares=shown)
    model = registry.load("three", prior="balanced")
    assert model.prior.shares == pytest.approx((1 / 3, 0, 0, 1 / 3, 0, 0, 1 / 3))
    answer = model.probabilities(np.full((1, 48, 48, 1), 200, np.uint8))
    assert answer[0][[1, 2, 4, 5]].tolist() == [0, 0, 0, 0]
    assert answer.sum() == pytest.approx(1)
    with pytest.raises(BadPrior, match="never shown disgust"):
        model.with_prior(SKEWED)


@pytest.mark.usefixtures("models_folder")
def test_a_model_trained_on_one_expression_says_so() -> None:
    publish_tiny("one", training_shares=(0, 0, 0, 1, 0, 0, 0))
    model = registry.load("one")
    assert model.card.prior_names == ("training",)
    with pytest.raises(BadPrior, match=r"one expression alone \(happy\)"):
        model.with_prior("balanced")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"training_shares": [0.5, 0.5]}, "training_shares has seven shares"),
        ({"training_shares": [0.5] * 7}, "sum to 3.5"),
        ({"training_shares": "many"}, "seven shares"),
        ({"assumed_shares": [1 / 7] * 7}, "need training_shares"),
        ({"default_prior": "balanced"}, "default_prior"),
        ({"default_prior": "mixed", "training_shares": list(SKEWED)}, "unknown prior 'mixed'"),
        ({"priors": {"mixed": {"shares": [1] * 7}}, "training_shares": list(SKEWED)}, "sum to 7"),
        ({"priors": {"mixed": 3}, "training_shares": list(SKEWED)}, "expected an object"),
        ({"priors": []}, "expected an object"),
        (
            {"priors": {"balanced": {"uncertain_below": 3}}, "training_shares": list(SKEWED)},
            "uncertain_below",
        ),
    ],
)
def test_a_card_whose_priors_cannot_be_is_a_sentence(
    tiny_models: Path, changes: dict[str, object], text: str
) -> None:
    path = tiny_models / "other" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(BadModel, match=text):
        registry.card("other")


@pytest.mark.usefixtures("models_folder")
def test_a_model_that_learned_nothing_is_unsure() -> None:
    model = small_model(uncertain_below=0.16, priors={"balanced": {"uncertain_below": 0.15}})
    assert model.uncertain_below == pytest.approx(2 / 7)
    assert model.with_prior("balanced").uncertain_below == pytest.approx(2 / 7)
    assert model.card.uncertain_below == 0.16, "the card says what was measured"


@pytest.mark.usefixtures("models_folder")
def test_priors_survive_the_cards_file() -> None:
    card = small_model(priors={"balanced": {"uncertain_below": 0.2}}).card
    again = registry.card("skewed")
    assert registry.card_dict(again) == registry.card_dict(card)
    assert again.training_shares == again.assumed_shares == pytest.approx(SKEWED)
    json.dumps(registry.card_dict(make_card()))


@pytest.mark.usefixtures("models_folder")
def test_everyone_who_asks_a_model_gets_its_prior() -> None:
    small_model(default_prior="balanced", uncertain_below=0.0)
    by_name = Recognizer("skewed")
    assert by_name.names() == {
        "model": "skewed",
        "detector": "mtcnn",
        "prior": "balanced",
        "passes": 1,
    }
    own = Recognizer(by_name.model, prior=SEVEN)
    assert own.names(whole_picture=True) == {
        "model": "skewed",
        "detector": "none",
        "prior": prior.parse(SEVEN).name,
        "passes": 1,
    }
    face = cut_face()
    answers = {
        name: fer.analyze(face, model="skewed", prior=name, whole_picture=True).faces[0].prediction
        for name in ("training", "balanced")
    }
    default = fer.analyze(face, model="skewed", whole_picture=True).faces[0].prediction
    assert (default.probabilities == answers["balanced"].probabilities).all()
    assert (default.probabilities != answers["training"].probabilities).any()


@pytest.mark.usefixtures("models_folder")
def test_unsure_is_decided_on_the_adjusted_answer() -> None:
    happy = np.full((8, 8, 3), level_of(3), np.uint8)
    changes = {"default_prior": "training", "uncertain_below": 0.55}
    model = small_model(priors={"balanced": {"uncertain_below": 0.55}}, **changes)
    sure, unsure = (
        Recognizer(model, prior=name).analyze(happy, whole_picture=True).faces[0].prediction
        for name in ("training", "balanced")
    )
    assert sure.label == unsure.label == "happy"
    assert unsure.confidence < 0.55 < sure.confidence
    assert (sure.uncertain, unsure.uncertain) == (False, True)
