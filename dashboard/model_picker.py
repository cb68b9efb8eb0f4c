"""Choosing a model, a detector and a prior."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard import model_verdict
from dashboard.personal import model as personal
from dashboard.server import memory
from dashboard.text import escape_markdown
from fer import registry
from fer.inference import detection, search
from fer.inference.recognizer import Recognizer
from fer.model_card import ModelCard
from fer.prior import BALANCED, MIXED, TRAINING
from fer.teaching.personal import TAUGHT_PRIOR

DETECTOR_LABELS = {
    "mtcnn": "MTCNN: most accurate",
    "haar": "Haar: fast, upright faces",
}
PRIOR_LABELS = {
    BALANCED: "equally likely (balanced)",
    TRAINING: "as common as in the training data",
    MIXED: "nearly equally likely (mixed)",
    TAUGHT_PRIOR: "those that were taught, and no others",
}
PRIOR_HELP = (
    "A model learns also how common each expression was in its training data, and leans towards "
    "the common ones. “Equally likely” takes that away, so that rare expressions are not passed "
    "over; “as common as in the training data” leaves it in, which suits pictures with the same "
    "mix. “Nearly equally likely” is the compromise on crowd's card: 10 to 18% for each."
)
TAUGHT_HELP = (
    " Where you show nothing but what you taught, “those that were taught” is more accurate: any "
    "other expression is then called one of these."
)

_DASH = "\u2060–\u2060"
"""Between the bounds of an interval, which stay on one line."""

MODEL_HELP = "The model that predicts the expressions. Its card says how well."


@dataclass(frozen=True, slots=True)
class Reader:
    """How a picture is to be analysed: by which model, with which detector and prior. `version`
    tells models of the same name apart."""

    model: str
    detector: str = detection.DEFAULT
    whole_picture: bool = False
    prior: str | None = None
    search: str = search.DEFAULT
    passes: int = 1
    version: str = ""

    def recognizer(self) -> Recognizer:
        """Raises `FerError`."""
        return Recognizer(
            personal.load(self.model),
            self.detector,
            prior=self.prior,
            search=self.search,
            passes=self.passes,
        )


def reader_picker(*, whole_picture: bool) -> Reader:
    """Model and detector in the sidebar, from the registries; `whole_picture` adds that choice.

    The choice is kept for the session. Raises `FerError` where the model cannot be loaded.
    """
    with st.sidebar:
        model = model_field("photos")
        detector = detector_picker("photos")
        chosen_search = st.segmented_control(
            "Search for faces",
            search.SEARCHES,
            default=search.DEFAULT,
            required=True,
            format_func=str.capitalize,
            help="Fast looks once, at 1,024 pixels at the most. Thorough also looks at large "
            "pictures part by part at full size, for small faces: "
            f"up to {search.SECONDS:.0f} seconds a picture.",
            key="photos-search",
            persist_state="session",
        )
        whole = whole_picture and st.toggle(
            "Images are already cropped faces",
            help="For datasets such as FER2013, whose 48×48 images are faces already. "
            "No detector runs then.",
            key="photos-whole",
            persist_state="session",
        )
        card = personal.load(model).card
        prior = prior_picker(card, "photos")
        passes = passes_picker("photos")
    memory.settle()
    version = card.created if card.name == personal.NAME else ""
    return Reader(card.name, detector, whole, prior, str(chosen_search), passes, version)


def model_field(page: str) -> str:
    """The model that a page answers with, in the present container, kept for the session: the
    active one, until another is chosen, and where that is gone."""
    personal.follow(page)
    chosen: str | None = st.selectbox(
        "Model",
        personal.names(),
        help=MODEL_HELP,
        key=personal.choice_key(page),
        persist_state="session",
    )
    return chosen or registry.active()


def prior_label(name: str) -> str:
    """What the prior assumes: ``equally likely``; shares of one's own are named."""
    return PRIOR_LABELS.get(name, f"with the shares {name}" if "=" in name else name)


def detector_picker(key: str) -> str:
    """The face detector, in the present container, kept for the session."""
    chosen: str = st.selectbox(
        "Face detector",
        detection.names(),
        format_func=lambda name: DETECTOR_LABELS.get(name, name),
        help="What finds the faces in a picture. MTCNN also finds small and tilted ones; Haar is "
        "an older method that misses more.",
        key=f"{key}-detector",
        persist_state="session",
    )
    return chosen


def prior_picker(card: ModelCard, key: str) -> str:
    """How common each expression is to be assumed, in the present container: the name of a prior
    that the model knows, kept for the session and each model."""
    names = card.prior_names
    chosen: str = st.selectbox(
        "Assume expressions are",
        names,
        format_func=prior_label,
        help=PRIOR_HELP + (TAUGHT_HELP if TAUGHT_PRIOR in names else ""),
        key=f"{key}-prior-{card.name}",
        disabled=len(names) < 2,
        persist_state="session",
    )
    if len(names) < 2:
        st.caption(
            "The model's card does not say how common each expression was in its training, so its "
            "predictions stay as they are."
        )
    return chosen


def passes_picker(key: str) -> int:
    """How often each face is read, in the present container, kept for the session."""
    is_mirrored = st.toggle(
        "Average with the mirror image",
        help="Test-time augmentation: each face is read twice, as it is and mirrored. It takes "
        "twice as long and is a little more accurate.",
        key=f"{key}-passes",
        persist_state="session",
    )
    return 2 if is_mirrored else 1


def show_model(card: ModelCard, prior: str | None = None) -> None:
    """One line on the model that answers and its accuracy; all else is in the line's tooltip."""
    if card.personal:
        _show_personal(card)
        return
    prior = prior or card.default_prior
    figures = card.figures(prior)
    bounds = figures.interval("accuracy")
    line = f"Model **{escape_markdown(card.name)}** predicts {escape_markdown(card.predicts)}"
    details = f"Assumes that expressions are {prior_label(prior)}."
    if figures.accuracy is None or figures.n is None or bounds is None:
        st.caption(f"{line} · no accuracy on its card", help=details)
        return
    if prior != TRAINING:
        details += " Its accuracy is weighted to match."
    warning = model_verdict.warning(card)
    warning_text = f" · :material/warning: **{warning}**" if warning else ""
    st.caption(
        f"{line} · {figures.accuracy:.1%} validation accuracy "
        f"(95% CI {100 * bounds[0]:.1f}{_DASH}{100 * bounds[1]:.1f}){warning_text}",
        help=f"{details} Measured on {figures.n:,} validation faces of "
        f"{escape_markdown(card.data_facts.name or 'unknown data')}, also used for model "
        f"selection.{_elsewhere_sentence(card, prior)}",
    )


def _show_personal(card: ModelCard) -> None:
    """A personal model has no accuracy that holds for anybody else."""
    whose = "you" if card.name == personal.NAME else "one person"
    name, taught = escape_markdown(card.name), ", ".join(card.taught)
    st.caption(
        f"Model **{name}** was taught {taught} by {whose}",
        help="Of other faces it knows what the model knew that it began as. *Teach* compares both.",
    )


def _elsewhere_sentence(card: ModelCard, prior: str) -> str:
    """The balanced accuracy on each other data set; empty where the card has none."""
    measured = {
        row.name: row
        for row in reversed(card.elsewhere)  # the first cut of a set counts
        if row.prior == prior and row.balanced_accuracy is not None
    }
    if not measured:
        return ""
    figures = " and ".join(
        f"{row.balanced_accuracy:.0%} on {row.n:,} {escape_markdown(row.name)} faces"
        for row in reversed(measured.values())
    )
    return f" Balanced accuracy on other datasets: {figures}."
