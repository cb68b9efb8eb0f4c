"""A resumed run goes the way of an uninterrupted one; a frozen backbone stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer import metrics
from fer.errors import BadRun
from fer.model_card import InputSpec
from fer.networks import build as networks, frozen_backbone
from fer.runs.settings import TrainSettings
from fer.training import optimization
from fer.training.batches import Examples
from fer.training.learner import Learner

SMALL = InputSpec(16, 16)
PLAIN = TrainSettings(
    "drawn",
    network="cnn4",
    epochs=3,
    learning_rate=3e-3,
    optimizer="adam",
    batch_size=16,
    warmup_epochs=0.5,
    averaging=0.9,
    mixup=0.2,
    seed=5,
    input=SMALL,
)
SIMPLE = replace(PLAIN, network="threshold_cnn")
"""Takes less time to build, where neither batch norm nor a frozen backbone matters."""


def make_examples(n: int, seed: int) -> Examples:
    """Noise with a bright bar whose row tells the class: (n, 16, 16, 1)."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 7, n)
    faces = random.integers(0, 90, (n, *SMALL.shape), dtype=np.uint8)
    faces[np.arange(n), 2 * labels + 1] += 120
    return Examples(faces, np.eye(7, dtype=np.float32)[labels], labels)


TRAIN, VALIDATION = make_examples(88, 0), make_examples(40, 1)


def make_learner(settings: TrainSettings = PLAIN, fresh: bool = True) -> Learner:
    return Learner(settings, TRAIN, VALIDATION, fresh)


def finish(learner: Learner) -> list[dict[str, Any]]:
    rows = []
    while learner.progress.epoch < learner.settings.epochs:
        assert learner.run_epoch(lambda progress: None, lambda: False)
        rows.append(learner.finish_epoch())
    return rows


def stop_after(batches: int) -> Any:
    """Asks to stop once so many batches have been offered."""
    asked = iter(range(10_000))
    return lambda: next(asked) >= batches


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.fixture
def weights(tmp_path: Path) -> str:
    keras.utils.set_random_seed(9)
    file = tmp_path / "begin.weights.h5"
    networks.build("cnn4", SMALL).save_weights(file)
    return str(file)


def test_the_loss_falls() -> None:
    rows = finish(make_learner(replace(SIMPLE, epochs=8, mixup=0.0, augmentation="none")))
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]


def test_a_run_resumed_within_an_epoch_has_the_curve_of_an_uninterrupted_one(
    tmp_path: Path,
) -> None:
    settings = replace(PLAIN, epochs=2)
    whole = make_learner(settings)
    expected = finish(whole)

    first = make_learner(settings)
    first.run_epoch(lambda progress: None, lambda: False)
    rows = [first.finish_epoch()]
    assert not first.run_epoch(lambda progress: None, stop_after(3))
    assert first.progress.batch == 3
    first.save(tmp_path / "checkpoint.npz")

    second = make_learner(settings, fresh=False)
    second.restore(tmp_path / "checkpoint.npz")
    rows += finish(second)
    assert without_time(rows) == without_time(expected)
    for a, b in zip(whole.average.get_weights(), second.average.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_resuming_before_the_unfreezing(tmp_path: Path, weights: str) -> None:
    settings = replace(PLAIN, epochs=2, weights=weights, head_epochs=1, freeze="4")
    expected = finish(make_learner(settings))
    first = make_learner(settings)
    first.run_epoch(lambda progress: None, stop_after(4))  # features ask twice, then two batches
    assert first.progress.batch == 2
    first.save(tmp_path / "checkpoint.npz")
    Path(weights).unlink()

    second = make_learner(settings, fresh=False)
    second.restore(tmp_path / "checkpoint.npz")
    assert without_time(finish(second)) == without_time(expected)


def test_head_first_then_the_top_layers(weights: str) -> None:
    learner = make_learner(replace(PLAIN, epochs=3, weights=weights, head_epochs=2, freeze="6"))

    def backbone() -> list[list[np.ndarray]]:
        return [layer.get_weights() for layer in networks.split(learner.model)[0]]

    def changed(before: list[list[np.ndarray]]) -> list[bool]:
        return [
            any(not np.array_equal(a, b) for a, b in zip(old, new, strict=True))
            for old, new in zip(before, backbone(), strict=True)
        ]

    start = backbone()
    for _ in range(2):
        assert learner.trains_head_only
        learner.run_epoch(lambda progress: None, lambda: False)
        learner.finish_epoch()
    assert not any(changed(start))
    assert not learner.trains_head_only
    learner.run_epoch(lambda progress: None, lambda: False)
    assert not any(changed(start)[:-6])
    assert any(changed(start)[-6:])


def test_features_of_a_frozen_backbone_are_computed_once(
    weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = frozen_backbone.features
    monkeypatch.setattr(
        frozen_backbone, "features", lambda *arguments: calls.append(1) or original(*arguments)
    )
    learner = make_learner(replace(PLAIN, epochs=12, weights=weights, freeze="all", averaging=0.0))
    rows = finish(learner)
    assert len(calls) == 1
    assert rows[-1]["loss"] < rows[0]["loss"]
    whole = learner.probabilities(VALIDATION.pixels)
    loss = metrics.cross_entropy(whole, VALIDATION.targets)
    assert rows[-1]["val_loss"] == pytest.approx(loss, abs=1e-5)
    untouched = networks.build("cnn4", SMALL)
    untouched.load_weights(weights)
    for published, given in zip(learner.average.layers, untouched.layers, strict=True):
        if published in networks.split(learner.average)[0]:
            for a, b in zip(published.get_weights(), given.get_weights(), strict=True):
                np.testing.assert_array_equal(a, b)


def test_stopping_while_features_are_computed(weights: str) -> None:
    learner = make_learner(replace(PLAIN, weights=weights, freeze="all"))
    assert not learner.run_epoch(lambda progress: None, lambda: True)
    assert learner.progress.batch == 0
    assert learner.run_epoch(lambda progress: None, lambda: False)


def test_the_rate_is_scheduled_anew_after_unfreezing() -> None:
    settings = replace(PLAIN, epochs=10, weights="x", head_epochs=4, warmup_epochs=1.0)
    rates = [optimization.learning_rate(settings, step, 10, 1.0) for step in range(100)]
    assert rates[9] == rates[49] == settings.learning_rate
    assert rates[0] == rates[40] == settings.learning_rate / 10
    assert rates[39] < 0.01 * settings.learning_rate
    assert rates[99] < 0.01 * settings.learning_rate


def test_a_second_head_teaches_the_backbone_and_is_not_published() -> None:
    """The targets of the first head say nothing, so the backbone learns from the second one."""
    settings = replace(SIMPLE, epochs=6, mixup=0.0, augmentation="none", averaging=0.0)
    noise = np.full((88, 7), 1 / 7, np.float32)
    examples = Examples(TRAIN.pixels, noise, TRAIN.truth, other=TRAIN.targets)

    def separation(weight: float) -> float:
        learner = Learner(replace(settings, other_question=weight), examples, VALIDATION)
        finish(learner)
        assert "other_question" not in [layer.name for layer in learner.average.layers]
        found = frozen_backbone.features(
            learner.average, TRAIN.pixels, VALIDATION.pixels, lambda: False
        )
        assert found is not None
        of = [found.validation[VALIDATION.truth == label] for label in range(7)]
        between = np.var([rows.mean(axis=0) for rows in of], axis=0).sum()
        return float(between / np.mean([rows.var(axis=0).sum() for rows in of]))

    assert separation(1.0) > 1.5 * separation(0.0)


def test_resuming_with_a_second_head(tmp_path: Path) -> None:
    settings = replace(SIMPLE, epochs=1, other_question=0.5)
    shuffled = np.roll(TRAIN.targets, 1, axis=1)
    shuffled[::3] = 0
    examples = Examples(TRAIN.pixels, TRAIN.targets, TRAIN.truth, other=shuffled)
    expected = finish(Learner(settings, examples, VALIDATION))
    first = Learner(settings, examples, VALIDATION)
    first.run_epoch(lambda progress: None, stop_after(2))
    first.save(tmp_path / "checkpoint.npz")
    second = Learner(settings, examples, VALIDATION, fresh=False)
    second.restore(tmp_path / "checkpoint.npz")
    assert without_time(finish(second)) == without_time(expected)


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.npz"
    make_learner(SIMPLE).save(file)
    with pytest.raises(BadRun, match=r"checkpoint\.npz cannot be restored"):
        make_learner(replace(SIMPLE, network="mlp")).restore(file)
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(BadRun, match=r"checkpoint\.npz cannot be restored"):
        make_learner(SIMPLE).restore(file)


def test_a_rate_far_too_high_ends_in_a_sentence() -> None:
    learner = make_learner(replace(SIMPLE, optimizer="sgd", learning_rate=10.0, warmup_epochs=0.0))
    learner.model.layers[2].kernel.assign(np.full(learner.model.layers[2].kernel.shape, np.nan))
    with pytest.raises(BadRun, match="no longer a number in epoch 1; use a smaller learning rate"):
        learner.run_epoch(lambda progress: None, lambda: False)


def test_balanced_losses_are_least_at_the_plain_target() -> None:
    target = np.array([[0.6, 0.0, 0.1, 0.0, 0.2, 0.0, 0.1]], np.float32)
    weights = np.array([1, 5, 4, 0.5, 1, 2, 0.4], np.float32)

    def loss(answer: np.ndarray[Any, Any]) -> float:
        found = optimization.balanced_losses(answer.astype(np.float32), target, weights)
        return float(found.numpy()[0])

    random = np.random.default_rng(0)
    least = loss(target)
    for _ in range(50):
        other = target + 0.1 * random.random(target.shape)
        assert loss(other / other.sum()) > least
    plain = -float((target * np.log(np.maximum(target, 1e-7))).sum())
    found = optimization.balanced_losses(target, target, np.ones(7, np.float32))
    assert float(found.numpy()[0]) == pytest.approx(plain, rel=1e-5)


def test_balancing_weights_are_powers_of_the_shares() -> None:
    targets = np.eye(7, dtype=np.float32)[[0] * 8 + [1] * 2]
    halfway = optimization.balancing_weights(replace(PLAIN, balancing=0.5), targets).numpy()
    assert halfway[1] / halfway[0] == pytest.approx(2.0)
    assert (halfway * targets).sum(axis=1).mean() == pytest.approx(1.0)
    none = optimization.balancing_weights(PLAIN, targets).numpy()
    assert none[:2].tolist() == [1.0, 1.0]


def test_the_sharpest_point_is_where_the_loss_rises_most_and_is_left_again() -> None:
    weights = [keras.Variable([3.0, 0.0]), keras.Variable([4.0])]
    statistics = [keras.Variable([1.0])]
    with optimization.sharpest(weights, [w.value for w in weights], 0.5, statistics):
        assert np.allclose(np.asarray(weights[0].value), [3.3, 0.0])
        assert np.allclose(np.asarray(weights[1].value), [4.4])
        statistics[0].assign([9.0])
    assert [np.asarray(w.value).tolist() for w in (*weights, *statistics)] == [
        [3.0, 0.0],
        [4.0],
        [1.0],
    ]
    with optimization.sharpest(weights, [np.zeros(2, np.float32), np.zeros(1, np.float32)], 0.5):
        assert np.isfinite(np.asarray(weights[0].value)).all(), "a gradient of 0 leads nowhere"


def test_a_step_with_sharpness_learns_from_the_gradient_at_the_sharpest_point() -> None:
    plain, sharp = (
        make_learner(replace(PLAIN, sharpness=radius, averaging=0.0)) for radius in (0.0, 0.2)
    )
    batch = next(plain.prepared(0))
    for learner in (plain, sharp):
        learner.step(batch, 0.01, 0)
    moved = [
        float(np.abs(a.numpy() - b.numpy()).max())
        for a, b in zip(
            plain.model.trainable_variables, sharp.model.trainable_variables, strict=True
        )
    ]
    assert max(moved) > 1e-6
    statistics = [
        [v.numpy() for v in learner.model.non_trainable_variables if "moving" in v.path]
        for learner in (plain, sharp)
    ]
    assert statistics[0]
    for once, again in zip(*statistics, strict=True):
        assert np.allclose(once, again), "running statistics are those of the first pass"
