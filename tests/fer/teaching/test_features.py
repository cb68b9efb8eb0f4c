"""What a model sees, and the statistics that stand for people in general."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer import registry
from fer.data import loading
from fer.errors import BadModel
from fer.teaching import features
from tests.helpers import publish_tiny


def test_the_shipped_statistics_are_drawn_from() -> None:
    general = features.general("crowd")
    drawn = general.drawn(150)
    assert drawn.features.shape == (1050, 256)
    assert drawn.features.min() >= 0
    assert np.allclose(np.exp(drawn.log_probabilities).sum(axis=1), 1)
    means = np.exp(drawn.log_probabilities).reshape(7, 150, 7).mean(axis=1)
    assert means.argmax(axis=0).tolist() == list(range(7))  # each looks most like its own
    assert np.array_equal(drawn.features, general.drawn(150).features)


def test_they_are_measured_on_labelled_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "MEASURED_FACES", 60)
    target = tmp_path / features.STATISTICS_FILE
    features.measure(registry.load("crowd"), loading.load("drawn"), target)
    with np.load(target) as arrays:
        assert arrays["means"].shape == (7, 256)
        covariance = arrays["covariance"].astype(float)
        assert np.allclose(covariance, covariance.T)
        assert np.linalg.eigvalsh(covariance).min() > -1e-3


def copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped model among models of its own."""
    shutil.copytree(registry.path_of("crowd"), folder / "crowd")
    monkeypatch.setenv("FER_MODELS", str(folder))
    return folder / "crowd" / features.STATISTICS_FILE


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = copied(tmp_path, monkeypatch)
    file.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(BadModel, match="is not the file its card describes"):
        features.general("crowd")


@pytest.mark.parametrize("content", ["broken", "other size", "infinite", "missing array"])
def test_statistics_that_cannot_be_used_get_a_sentence(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copied(tmp_path, monkeypatch)
    means, covariance = np.zeros((7, 256), np.float16), np.eye(256, dtype=np.float16)
    if content == "broken":
        file.write_bytes(b"PK\x03\x04 nothing")
    elif content == "missing array":
        np.savez(file, means=means)
    elif content == "other size":
        np.savez(file, means=means[:, :9], covariance=covariance[:9, :9])
    else:
        np.savez(file, means=means + np.inf, covariance=covariance)
    card = file.with_name("card.json")
    values = json.loads(card.read_text())
    values["files"][file.name] = registry.file_hash(file)
    card.write_text(json.dumps(values))
    with pytest.raises(BadModel, match=r"features\.npz of the model 'crowd'"):
        features.general("crowd")


def test_a_model_without_feature_maps_cannot_be_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    publish_tiny("plain")
    model = registry.load("plain")
    pixels = np.zeros((1, *model.card.input.shape), np.uint8)
    with pytest.raises(BadModel, match="no output with features"):
        features.seen(model, pixels)
    with pytest.raises(BadModel, match="Models that can be: none"):
        features.general("plain")
