"""Whether a model is any good, from its card alone."""

from __future__ import annotations

from fer.evaluation import verdict
from fer.model_card import ModelCard
from fer.prior import TRAINING


def against_constant(card: ModelCard) -> str | None:
    """Whether it is better than always answering the commonest emotion of the faces that it was
    validated on, weighted as its published accuracy is. None where its card has not what that
    takes."""
    prior = card.prior(card.default_prior)
    confusion = card.figures(TRAINING).confusion  # of the faces as they are: it counts them
    bounds = card.figures(prior.name).interval("accuracy")
    if confusion is None or bounds is None:
        return None
    supports: list[float] = [sum(row) for row in confusion]
    if prior.name != TRAINING and prior.shares is not None:
        pairs = zip(prior.shares, supports, strict=True)
        supports = [share if support else 0 for share, support in pairs]
    return verdict.against_constant(bounds[0], supports)


def warning(card: ModelCard) -> str | None:
    """``no better than always answering neutral (38%)``; None for models that are, or may be."""
    found = against_constant(card)
    return found if found and found.startswith("no better") else None
