"""Model cards: the input, settings, metrics and limits of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fer.emotions import EMOTIONS, NUM_EMOTIONS
from fer.errors import BadPrior
from fer.figures import Count, DataFacts, Elsewhere, Figures, Finite, checked
from fer.model_card.input_spec import InputSpec
from fer.notices import AI_ACT, NO_DECISIONS
from fer.prior import (
    BALANCED,
    TRAINING,
    Prior,
    PriorLike,
    Shares,
    checked_shares,
    parse as parse_prior,
    powered,
)

INTENDED_USE = (
    "Showing which of seven apparent expressions people would see in a face, for study, teaching "
    "and demonstration, with the consent of those shown."
)
NOT_FOR = f"{NO_DECISIONS} {AI_ACT}"

PREDICTED = {
    "crowd": "how people would vote",
    "fer2013": "FER2013's labels",
    "own": "the labels of its own training data",
}
"""What a model predicts, by the question on its card."""


LEAST_CONFIDENCE = 2 / NUM_EMOTIONS
"""A model that has learned little is nowhere sure, so the least sure fifth of its faces says
nothing: no answer is shown that is not twice as likely as a guess."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelCard:
    """The contents of `card.json`: what a model's users must know.

    `question`: "crowd" (the share of people who would say each emotion), "fer2013" (that data
    set's label) or "own" (the labels of other training data). `uncertain_below`: the confidence
    under which the least sure 20% of validation faces fall. `files`: SHA-256 of each file in the
    folder.

    `training_shares`: how common each emotion was among the training targets; `assumed_shares`: how
    common the raw answer takes it to be, which is the same unless the loss was adjusted for it. A
    model whose card has neither knows the prior `training` alone.
    `uncertain_below` and `metrics` are those under the prior `training`; `priors` holds them for
    each other named prior, with its `shares`. `default_prior` is used unless another is chosen.
    `elsewhere`: what was measured on other data sets.
    `personal`: it was taught with one person's own captures, which showed the emotions `taught`.
    """

    name: str
    network: str
    question: str
    labels: tuple[str, ...]
    input: InputSpec
    temperature: float
    uncertain_below: float
    data: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    parameters: int
    multiply_adds: int
    created: str
    intended_use: str
    not_for: str
    files: Mapping[str, str]
    schema: int = 1
    training_shares: Shares | None = None
    assumed_shares: Shares | None = None
    default_prior: str = TRAINING
    priors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    elsewhere: tuple[Elsewhere, ...] = ()
    personal: bool = False
    taught: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.labels != EMOTIONS:
            raise ValueError(f"labels are {list(self.labels)}; expected {list(EMOTIONS)}")
        for name in ("data", "settings", "metrics", "files"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected an object")
        checked(DataFacts, self.data, "data")
        checked(Figures, self.metrics, "metrics")
        rows = checked(tuple[Elsewhere, ...], self.elsewhere, "elsewhere")
        object.__setattr__(self, "elsewhere", rows)
        checked(bool, self.personal, "personal")
        taught = checked(tuple[str, ...], self.taught, "taught")
        if not set(taught) <= set(EMOTIONS):
            raise ValueError(f"taught is {list(taught)}; expected some of {list(EMOTIONS)}")
        object.__setattr__(self, "taught", taught)
        for name in ("network", "question", "created", "intended_use", "not_for"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a text")
        checked(dict[str, str], self.files, "files")
        for name in ("parameters", "multiply_adds", "schema"):
            checked(Count, getattr(self, name), name)
        for name in ("temperature", "uncertain_below"):
            checked(Finite, getattr(self, name), name)
        if not 0.05 <= self.temperature <= 20:
            raise ValueError(f"temperature lies between 0.05 and 20; got {self.temperature}")
        if not 0 <= self.uncertain_below <= 1:
            raise ValueError(f"uncertain_below lies between 0 and 1; got {self.uncertain_below}")
        self._check_priors()

    @property
    def predicts(self) -> str:
        """What the model was trained to predict, as text."""
        if self.question == "own":
            return f"the labels of {self.data.get('name', 'its own training data')}"
        return PREDICTED.get(self.question, self.question)

    @property
    def prior_names(self) -> tuple[str, ...]:
        """The priors that have a name here; the default one first."""
        can_balance = sum(share > 0 for share in self.assumed_shares or ()) > 1
        known = dict.fromkeys((*((BALANCED,) if can_balance else ()), TRAINING, *self.priors))
        return tuple(sorted(known, key=lambda name: name != self.default_prior))

    def prior(self, wanted: PriorLike | None = None) -> Prior:
        """A prior with its shares for this model; the default one for None.

        Raises `BadPrior` for one that this model cannot use.
        """
        parsed = parse_prior(self.default_prior if wanted is None else wanted)
        if parsed.name == TRAINING:
            return Prior(TRAINING, self.training_shares)
        if self.training_shares is None:
            raise BadPrior(
                f"the card of the model {self.name!r} does not say how common each expression was "
                f"in its training, so it knows the prior '{TRAINING}' alone."
            )
        if parsed.name == BALANCED:
            return Prior(BALANCED, self._even_shares())
        if parsed.shares is None and parsed.name not in self.priors:
            raise BadPrior(
                f"unknown prior {parsed.name!r}; the model {self.name!r} knows "
                f"{', '.join(sorted(self.prior_names))}, or NAME=SHARE for each emotion."
            )
        shares = parsed.shares or self.priors[parsed.name]["shares"]
        self._check_seen(parsed.name, shares)
        return Prior(parsed.name, shares, parsed.note)

    def uncertain_below_under(self, prior: Prior) -> float:
        """The confidence under which a prediction with that prior is unsure: the card's, and
        `LEAST_CONFIDENCE` at the least. Custom shares use the level of the default prior."""
        name = prior.name if prior.name in self.prior_names else self.default_prior
        below = float(self.priors.get(name, {}).get("uncertain_below", self.uncertain_below))
        return max(below, LEAST_CONFIDENCE)

    def metrics_under(self, prior_name: str) -> Mapping[str, Any]:
        """The figures measured with a named prior; empty where the card has none."""
        if prior_name == TRAINING:
            return self.metrics
        figures: Mapping[str, Any] = self.priors.get(prior_name, {}).get("metrics", {})
        return figures

    @property
    def data_facts(self) -> DataFacts:
        """`data` as checked values."""
        return checked(DataFacts, self.data, "data")

    def figures(self, prior_name: str) -> Figures:
        """`metrics_under` as checked values."""
        return checked(Figures, self.metrics_under(prior_name), "metrics")

    def _even_shares(self) -> Shares:
        """Even shares of the emotions that this model was shown."""
        shares = self.assumed_shares or (1.0,)
        shown = [emotion for emotion, share in zip(EMOTIONS, shares, strict=True) if share > 0]
        if len(shown) < 2:
            raise BadPrior(
                f"the model {self.name!r} was shown one expression alone ({shown[0]}), so it knows "
                f"the prior '{TRAINING}' alone."
            )
        return powered(shares, 0)

    def _check_seen(self, name: str, shares: Shares) -> None:
        """A share is given to no emotion that the model was never shown."""
        assert self.assumed_shares is not None
        for emotion, share, assumed in zip(EMOTIONS, shares, self.assumed_shares, strict=True):
            if share > 0 and assumed == 0:
                raise BadPrior(
                    f"the model {self.name!r} was never shown {emotion}, so the prior {name!r} "
                    f"cannot give it a share; use {emotion}=0."
                )

    def _check_priors(self) -> None:
        for name in ("training_shares", "assumed_shares"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, checked_shares(values, name))
        if self.assumed_shares is None:
            object.__setattr__(self, "assumed_shares", self.training_shares)
        elif self.training_shares is None:
            raise ValueError("assumed_shares need training_shares beside them")
        if not isinstance(self.priors, Mapping):
            raise ValueError(f"priors is {self.priors!r}; expected an object")
        for name, entry in self.priors.items():
            self._check_entry(name, entry)
        try:
            self.prior()
        except BadPrior as error:
            raise ValueError(f"default_prior cannot be used: {error}") from None

    def _check_entry(self, name: str, entry: object) -> None:
        if not isinstance(entry, Mapping) or name == TRAINING or self.training_shares is None:
            raise ValueError(f"priors[{name!r}] is {entry!r}; expected an object for another prior")
        if name != BALANCED or "shares" in entry:
            checked_shares(entry.get("shares"), f"priors[{name!r}]")
        below = entry.get("uncertain_below", 0)
        if not isinstance(below, int | float) or not 0 <= below <= 1:
            raise ValueError(f"uncertain_below lies between 0 and 1; got {below!r} for {name!r}")
        checked(Figures, entry.get("metrics", {}), f"metrics of {name!r}")
