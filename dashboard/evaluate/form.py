"""What to evaluate: one or two models, the faces, the split, the ground truth and the prior."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from dashboard.dataset import picker
from dashboard.evaluate.session import Request
from dashboard.model_picker import PRIOR_HELP, passes_picker, prior_label
from fer import registry
from fer.data.dataset import CROWD, OWN, SPLITS
from fer.errors import FerError

MOST_MODELS = 2
CROPPED = "evaluate-whole"
_FATE = "for this evaluation alone; it is deleted with it"
_DEFAULT = ""  # Streamlit shows None as a field that was left empty
SPLIT_LABELS = {
    _DEFAULT: "Test if there is one, else validation",
    **{name: name.capitalize() for name in SPLITS},
}
TRUE_LABELS = {
    _DEFAULT: "Automatic: FER+ votes or labels",
    CROWD: "Majority of the FER+ votes",
    OWN: "The dataset's own labels",
}


def ask() -> Request | None:
    """What the visitor chose; None while something is missing."""
    left, right = st.columns(2)
    with left:
        active = registry.active()
        models = st.multiselect(
            "Models",
            registry.names(),
            default=[active] if active in registry.names() else None,
            max_selections=MOST_MODELS,
            help="One, or two to compare on the same faces.",
            key="evaluate-models",
            persist_state="session",
        )
        whole = st.toggle(
            "Images are already cropped faces",
            help="For folders of images: no face detection then. The images in FER2013's files are "
            "always taken as cropped faces.",
            key=CROPPED,
            persist_state="session",
        )
        with st.popover("More settings", icon=":material/tune:"):
            split, labels, prior, passes = _more(models)
        _say_prior_changed(models, prior)
    with right:
        faces = picker.choose(picker.faces("evaluate"), "Evaluation data", _FATE)
    if not models or faces is None:
        return None
    return Request(tuple(models), faces, split or None, labels or None, whole, prior, passes)


def summary(request: Request) -> str:
    """``crowd on faces.zip · Validation split``: what is asked for, and which settings are not the
    defaults."""
    facts = [request.title]
    if request.split:
        facts.append(f"{SPLIT_LABELS[request.split]} split")
    if request.labels:
        facts.append(TRUE_LABELS[request.labels])
    with suppress(FerError):
        if request.prior not in (None, registry.card(request.models[0]).prior_names[0]):
            facts.append(f"expressions {prior_label(request.prior)}")
    if request.passes > 1:
        facts.append("averaged with the mirror image")
    return " · ".join(facts)


def _more(models: Sequence[str]) -> tuple[str, str, str | None, int]:
    """Split, ground truth, prior and passes."""
    split = st.selectbox(
        "Split",
        list(SPLIT_LABELS),
        format_func=SPLIT_LABELS.__getitem__,
        help="A dataset without splits is evaluated as a whole.",
        key="evaluate-split",
        persist_state="session",
    )
    labels = st.selectbox(
        "Ground truth",
        list(TRUE_LABELS),
        format_func=TRUE_LABELS.__getitem__,
        help="What predictions are compared with. Automatic: the majority of the FER+ votes if the "
        "first model predicts votes and the data has them, else the dataset's own labels. The two "
        "are different targets: of FER2013's faces, only 63% have the same in both.",
        key="evaluate-labels",
        persist_state="session",
    )
    return split, labels, _prior(models), passes_picker("evaluate")


def _say_prior_changed(models: Sequence[str], prior: str | None) -> None:
    """A sentence where two models are evaluated under a prior that is not the first one's own,
    because the other one does not know that."""
    with suppress(FerError):
        cards = [registry.card(name) for name in models]
        for other in cards[1:]:
            own = cards[0].default_prior
            if prior not in (None, own) and own not in other.prior_names:
                st.caption(
                    f"Both are evaluated assuming that expressions are {prior_label(str(prior))}: "
                    f"{other.name} does not know {cards[0].name}'s own assumption, "
                    f"{prior_label(own)}."
                )


def _prior(models: Sequence[str]) -> str | None:
    """The prior for all of the models, of those that each of them knows; None where none is to be
    chosen."""
    known: list[tuple[str, ...]] = []
    with suppress(FerError):  # a damaged card: the command says what is wrong with it
        known = [registry.card(name).prior_names for name in models]
    if not known:
        return None
    shared = [name for name in known[0] if all(name in names for names in known)]
    chosen: str = st.selectbox(
        "Assume expressions are",
        shared,
        format_func=prior_label,
        help=PRIOR_HELP,
        key=f"evaluate-prior-{','.join(models)}",
        disabled=len(shared) < 2,
        persist_state="session",
    )
    return chosen
