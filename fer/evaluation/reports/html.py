"""One evaluation as one HTML file that opens offline: text, tables, plots, faces if asked for."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer import images, metrics
from fer.emotions import EMOTIONS
from fer.evaluation import disagreement, mistakes, slices
from fer.evaluation.report import ModelReport, Report
from fer.evaluation.reports.html_parts import (
    bullets,
    decimal,
    document,
    face_list,
    grid,
    paragraph,
    percent,
    section,
    table,
)
from fer.geometry import Image
from fer.visualization import evaluation_charts as charts

PictureOf = Callable[[int], Image]
"""From a row of the data set to its picture, RGB (H, W, 3)."""

_SHOWN = 24
_LIMITS = (
    "An apparent expression is not a feeling: faces do not reliably reveal what somebody feels "
    "(Barrett et al. 2019, doi 10.1177/1529100619832930). Not for any decision about people; "
    "inferring emotions at work or in education is forbidden in the EU (AI Act, Art. 5(1)(f))."
)
_DEFINITIONS = (
    "Intervals are 95%, from 1,000 bootstrap draws of the faces. A face that was not found counts "
    "as wrong, except in the figures of those found and of probabilities. Macro F1 is the mean "
    "over the emotions that are true or said, mean recall over those that are true. Calibration "
    "error: 15 bins of equal width, confidence against right or wrong, or against the share of "
    "votes for what was said. Brier: mean over faces of the summed squared differences, 0 to 2. "
    "A dash stands for what is not defined."
)


def page(report: Report, picture_of: PictureOf | None = None) -> str:
    """The report as HTML; it shows faces only where `picture_of` gives them."""
    title = f"Evaluation of {', '.join(one.name for one in report.models)} on {report.data['name']}"
    body = [
        *_facts(report),
        *section("Figures", _model_table(report), _comparison(report)),
        *section("Charts", grid(_charts(report))),
    ]
    for model in report.models:
        body += section(f"{model.name}: confusion and classes", *_classes(model))
        body += section(f"{model.name}: the surest mistakes", _mistakes(report, model, picture_of))
        body += section(
            f"{model.name}: labels that are likely wrong", *_wrong_labels(report, model, picture_of)
        )
        body += _crowd(report, model, picture_of)
    body += section("Definitions and limits", paragraph(_DEFINITIONS), paragraph(_LIMITS))
    return document(title, body)


def _facts(report: Report) -> list[str]:
    data = report.data
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in data["dropped"].items())
    answer = "the crowd's majority" if data["labels"] == "crowd" else "the data set's own label"
    rows = [
        ["faces", f"{data['n']:,} of the split “{data['split']}”"],
        ["left out", dropped or "none"],
        ["right answer", answer],
        ["data", f"{data['name']}, SHA-256 {data['hash']}"],
        ["licence", data["licence"]],
        ["made", datetime.date.today().isoformat()],
    ]
    notes = [paragraph("Know before trusting this:"), bullets(data["notes"])]
    return [table([], rows), *(notes if data["notes"] else ())]


def _model_table(report: Report) -> str:
    head = [
        *("model", "accuracy", "of those found", "not found", "macro F1", "mean recall"),
        *("calibration error", "against votes", "Brier", "ms a face"),
    ]
    rows = []
    for model in report.models:
        its = model.figures
        seconds = its["seconds_per_face"]
        rows.append(
            [
                model.name,
                percent(its["accuracy"], its["accuracy_interval"]),
                percent(its["accuracy_found"]),
                f"{its['missed']:,}",
                decimal(its["macro_f1"]),
                percent(its["balanced_accuracy"], its["balanced_accuracy_interval"]),
                *(decimal(its[name]) for name in ("ece", "ece_votes", "brier")),
                "–" if seconds is None else f"{1000 * seconds:.2f}",
            ]
        )
    return table(head, rows)


def _comparison(report: Report) -> str:
    lines = []
    for pair in report.comparison:
        low, high = (100 * value for value in pair["interval"])
        lines.append(
            f"{pair['models'][0]} less {pair['models'][1]}: {100 * pair['difference']:+.1f} points "
            f"of accuracy ({low:+.1f} to {high:+.1f}, paired); McNemar's exact test "
            f"p = {pair['mcnemar_p']:.2g}"
        )
    return "".join(map(paragraph, lines))


def _charts(report: Report) -> list[go.Figure]:
    true = report.faces.true
    confidence, outcome = {}, {}
    for model in report.models:
        found = metrics.was_found(model.probabilities)
        if found.any():
            confidence[model.name] = model.probabilities[found].max(axis=1).astype(np.float64)
            outcome[model.name] = (model.answers == true)[found].astype(np.float64)
    curves = {one.name: one.figures["coverage_curve"] for one in report.models}
    drawn = [charts.coverage(curves), charts.reliability(confidence, outcome)]
    for figure in ("recall", "precision"):
        values = {one.name: _by_emotion(one, "per_class", figure) for one in report.models}
        reach = {one.name: _by_emotion(one, "per_class_intervals", figure) for one in report.models}
        drawn.append(charts.class_bars(figure, values, reach))
    by_model = {
        one.name: slices.by_quality(report.faces.quality, one.answers == true)
        for one in report.models
    }
    for quality in next(iter(by_model.values())):
        rows = {name: [one.as_row() for one in its[quality]] for name, its in by_model.items()}
        drawn.append(charts.slice_bars(quality, rows))
    return drawn


def _by_emotion(model: ModelReport, kind: str, figure: str) -> dict[str, Any]:
    return {emotion: model.figures[kind][emotion][figure] for emotion in EMOTIONS}


def _classes(model: ModelReport) -> list[str]:
    rows = [
        [emotion, *(decimal(its[name]) for name in ("precision", "recall", "f1")), its["support"]]
        for emotion, its in model.figures["per_class"].items()
    ]
    counts = model.figures["confusion"]
    maps = [charts.confusion_map(counts, view) for view in charts.CONFUSION_VIEWS]
    return [grid(maps), table(["emotion", "precision", "recall", "F1", "faces"], rows)]


def _mistakes(report: Report, model: ModelReport, picture_of: PictureOf | None) -> str:
    places = mistakes.worst(model.probabilities, report.faces.true, _SHOWN)
    words = [
        f"{EMOTIONS[report.faces.true[place]]}, read as {EMOTIONS[model.answers[place]]} "
        f"({model.probabilities[place].max():.0%} sure)"
        for place in places
    ]
    return _faces(report, places, words, picture_of)


def _wrong_labels(
    report: Report, model: ModelReport, picture_of: PictureOf | None
) -> tuple[str, str]:
    found = mistakes.likely_wrong_labels(model.probabilities, report.faces.true, _SHOWN)
    words = []
    for place, other in found:
        label, p = report.faces.true[place], model.probabilities[place]
        words.append(
            f"labelled {EMOTIONS[label]} ({p[label]:.0%}), "
            f"more like {EMOTIONS[other]} ({p[other]:.0%})"
        )
    why = "By confident learning (Northcutt et al. 2021); the model may be the one that is wrong."
    return paragraph(why), _faces(report, [place for place, _ in found], words, picture_of)


def _crowd(report: Report, model: ModelReport, picture_of: PictureOf | None) -> list[str]:
    if report.faces.votes is None:
        return []
    found = disagreement.disagreement(model.probabilities, report.faces.votes)
    if found is None:
        return []
    shares = report.faces.shares
    assert shares is not None
    places = found.most_disputed[:_SHOWN]
    words = [
        f"crowd: {_mix(shares[one])}; model: {_mix(model.probabilities[one])}" for one in places
    ]
    summary = f"To match the crowd's mix, {found.distance.mean():.0%} of votes would have to move"
    if found.correlation is not None:
        summary += f"; rank correlation of disagreement and doubt {found.correlation:.2f}"
    return section(
        f"{model.name}: where the crowd disagreed",
        paragraph(f"{summary}."),
        grid([charts.disagreement_dots(found.crowd_bits, found.model_bits)]),
        _faces(report, places, words, picture_of),
    )


def _mix(shares: np.ndarray[Any, Any]) -> str:
    """The three largest shares in words."""
    largest = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(
        f"{EMOTIONS[one]} {shares[one]:.0%}" for one in largest if shares[one] >= 0.005
    )


def _faces(
    report: Report, places: Iterable[int], words: Sequence[str], picture_of: PictureOf | None
) -> str:
    items = []
    for place, its_words in zip(places, words, strict=True):
        face = None
        if picture_of is not None:
            left, top, right, bottom = report.faces.boxes[place]
            face = picture_of(int(report.faces.rows[place]))[top:bottom, left:right]
        items.append((its_words, images.display_name(str(report.faces.sources[place])), face))
    return face_list(items)
