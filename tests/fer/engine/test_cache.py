"""Open models are shared, and a slow one holds up nobody else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fer import registry
from fer.engine import Model, cache
from fer.errors import BadModel


def test_nobody_waits_for_another_model_to_open(tiny_models: Path) -> None:
    model, is_opening, may_end = registry.load("tiny"), threading.Event(), threading.Event()

    def slowly() -> Model:
        is_opening.set()
        assert may_end.wait(60)
        return model

    thread = threading.Thread(target=cache.opened, args=(("slow", 0), slowly), daemon=True)
    thread.start()
    assert is_opening.wait(60)
    assert registry.load("other").card.name == "other"
    may_end.set()
    thread.join()


def test_what_could_not_be_opened_is_tried_again(tiny_models: Path) -> None:
    def fail() -> Model:
        raise BadModel("no.")

    with pytest.raises(BadModel):
        cache.opened(("odd", 0), fail)
    model = registry.load("tiny")
    assert cache.opened(("odd", 0), lambda: model) is model


def test_no_more_than_a_few_stay_open(tiny_models: Path) -> None:
    model = registry.load("tiny")
    for number in range(cache.MOST_OPEN):
        cache.opened(("another", number), lambda: model)
    assert registry.load("tiny") is not model
