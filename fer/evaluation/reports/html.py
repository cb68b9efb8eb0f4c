"""One evaluation as one HTML file that opens offline: text, tables, plots, faces if wanted."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer import images, metrics, notices
from fer.data.dataset import CROWD
from fer.emotions import EMOTIONS
from fer.evaluation import disagreement, mistakes, slices, verdict
from fer.evaluation.report import ModelReport, Report
from fer.evaluation.reports.definitions import DEFINITIONS
from fer.geometry import Image
from fer.visualization import evaluation_charts as charts
from fer.visualization.html_parts import (
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

PictureOf = Callable[[int], Image]
"""From a row of the data set to its picture, RGB (H, W, 3)."""

_SHOWN = 24
_LIMITS = f"{notices.NOT_A_FEELING} Not for any decision about people. {notices.AI_ACT}"


def page(report: Report, picture_of: PictureOf | None = None) -> str:
    """The report as HTML; it shows faces only where `picture_of` gives them."""
    names = ", ".join(model.name for model in report.models)
    title = f"Evaluation of {names} on {report.data['name']}"
    body = [
        *_facts(report),
        *section("Metrics", _model_table(report), _comparison(report)),
        *section("Charts", grid(_charts(report))),
    ]
    for model in report.models:
        body += section(f"{model.name}: confusion matrix and classes", *_classes(model))
        body += section(
            f"{model.name}: the most confident mistakes", _mistakes(report, model, picture_of)
        )
        body += section(f"{model.name}: suspect labels", *_wrong_labels(report, model, picture_of))
        body += _crowd(report, model, picture_of)
    body += section("Definitions and limits", paragraph(DEFINITIONS), paragraph(_LIMITS))
    return document(title, body)


def _facts(report: Report) -> list[str]:
    data = report.data
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in data["dropped"].items())
    priors = ", ".join(f"{model.name}: {model.prior}" for model in report.models)
    rows = [
        ["faces", f"{data['n']:,} of the split “{data['split']}”"],
        ["left out", dropped or "none"],
        ["ground truth", data.get("true_label", data["labels"])],
        ["prior", priors],
        ["data", f"{data['name']}, SHA-256 {data['hash']}"],
        ["licence", data["licence"]],
        ["made", datetime.date.today().isoformat()],
    ]
    warning = verdict.other_target(report)
    sentences = [*([warning] if warning else ()), *data["notes"]]
    notes = [paragraph("Before you rely on these metrics:"), bullets(sentences)]
    return [table([], rows), *(notes if sentences else ())]


def _model_table(report: Report) -> str:
    head = [
        *("model", "prior", "accuracy", "of those found", "not found", "balanced accuracy"),
        *("macro F1", "ECE", "ECE against FER+ votes", "Brier score", "latency, ms"),
    ]
    rows = []
    for model in report.models:
        figures = model.figures
        seconds = figures["seconds_per_face"]
        rows.append(
            [
                model.name,
                model.prior,
                percent(figures["accuracy"], figures["accuracy_interval"]),
                percent(figures["accuracy_found"], figures.get("accuracy_found_interval")),
                f"{figures['missed']:,}",
                percent(figures["balanced_accuracy"], figures["balanced_accuracy_interval"]),
                *(
                    percent(figures[name], figures.get(f"{name}_interval"))
                    for name in ("macro_f1", "ece", "ece_votes")
                ),
                decimal(figures["brier"], figures.get("brier_interval")),
                "–" if seconds is None else f"{1000 * seconds:.3g}",
            ]
        )
    is_about_votes = any(
        model.question == CROWD and model.figures["ece_votes"] for model in report.models
    )
    return table(head, rows) + (paragraph(notices.CONFIDENCE_OF_VOTES) if is_about_votes else "")


def _comparison(report: Report) -> str:
    lines = []
    for pair in report.comparison:
        lines.append(f"{verdict.of_pair(pair)}.")
        low, high = (100 * value for value in pair["interval"])
        first, second = pair["models"]
        lines.append(
            f"{first} minus {second}: {verdict.signed(100 * pair['difference'])} points "
            f"of accuracy ({verdict.signed(low)} to {verdict.signed(high)}, paired); only {first} "
            f"is correct on {pair['only_first_right']:,} faces, only {second} on "
            f"{pair['only_second_right']:,}; McNemar's exact test "
            f"{verdict.p_value(pair['mcnemar_p'])}"
        )
    return "".join(map(paragraph, lines))


def _charts(report: Report) -> list[go.Figure]:
    true = report.faces.true
    confidence, outcome = {}, {}
    for model in report.models:
        found = metrics.was_found(model.probabilities)
        if found.any():
            confidence[model.name] = model.probabilities[found].max(axis=1).astype(np.float64)
            outcome[model.name] = (model.predicted == true)[found].astype(np.float64)
    curves = {model.name: model.figures["coverage_curve"] for model in report.models}
    drawn = [charts.coverage(curves), charts.reliability(confidence, outcome)]
    for figure in ("recall", "precision"):
        values, intervals = (
            {model.name: _by_emotion(model, kind, figure) for model in report.models}
            for kind in ("per_class", "per_class_intervals")
        )
        drawn.append(charts.class_bars(figure, values, intervals))
    by_model = {
        model.name: slices.by_quality(report.faces.quality, model.predicted == true)
        for model in report.models
    }
    for quality in next(iter(by_model.values())):
        rows = {
            name: [part.as_row() for part in by_name[quality]] for name, by_name in by_model.items()
        }
        drawn.append(charts.slice_bars(quality, rows))
    return drawn


def _by_emotion(model: ModelReport, kind: str, figure: str) -> dict[str, Any]:
    return {emotion: model.figures[kind][emotion][figure] for emotion in EMOTIONS}


def _classes(model: ModelReport) -> list[str]:
    bounds = model.figures["per_class_intervals"]
    rows = [
        [
            emotion,
            *(percent(row[name], bounds[emotion][name]) for name in ("precision", "recall", "f1")),
            row["support"],
        ]
        for emotion, row in model.figures["per_class"].items()
    ]
    counts = model.figures["confusion"]
    maps = [charts.confusion_map(counts, view) for view in charts.CONFUSION_VIEWS]
    missed = model.figures["missed"]
    note = [paragraph(mistakes.about_missed(missed))] if missed else []
    return [grid(maps), *note, table(["emotion", "precision", "recall", "F1", "faces"], rows)]


def _mistakes(report: Report, model: ModelReport, picture_of: PictureOf | None) -> str:
    indices = mistakes.worst(model.probabilities, report.faces.true, _SHOWN)
    captions = [
        f"{EMOTIONS[report.faces.true[index]]}, predicted {EMOTIONS[model.predicted[index]]} "
        f"({model.probabilities[index].max():.0%})"
        for index in indices
    ]
    return _faces(report, indices, captions, picture_of)


def _wrong_labels(
    report: Report, model: ModelReport, picture_of: PictureOf | None
) -> tuple[str, str]:
    suspected = mistakes.suspect_labels(model.probabilities, report.faces.true, _SHOWN)
    captions = []
    for index, other in suspected:
        label, p = report.faces.true[index], model.probabilities[index]
        captions.append(
            f"labelled {EMOTIONS[label]} ({p[label]:.0%}), "
            f"seen as {EMOTIONS[other]} ({p[other]:.0%})"
        )
    why = mistakes.about_suspects(model.probabilities, report.faces.true)
    indices = [index for index, _ in suspected]
    return paragraph(why), _faces(report, indices, captions, picture_of)


def _crowd(report: Report, model: ModelReport, picture_of: PictureOf | None) -> list[str]:
    if report.faces.votes is None:
        return []
    measured = disagreement.disagreement(model.probabilities, report.faces.votes)
    if measured is None:
        return []
    shares = report.faces.shares
    assert shares is not None
    indices = measured.most_disputed[:_SHOWN]
    captions = [
        f"votes: {_largest_shares(shares[index])}; "
        f"model: {_largest_shares(model.probabilities[index])}"
        for index in indices
    ]
    summary = (
        "Mean total variation distance between the FER+ votes and the model's probabilities: "
        f"{measured.distance.mean():.0%}"
    )
    if measured.correlation is not None:
        summary += f"; rank correlation of their entropies: {measured.correlation:.2f}"
    return section(
        f"{model.name}: disputed FER+ votes",
        paragraph(f"{summary}."),
        grid([charts.disagreement_dots(measured.crowd_bits, measured.model_bits)]),
        _faces(report, indices, captions, picture_of),
    )


def _largest_shares(shares: np.ndarray[Any, Any]) -> str:
    """``happy 80%, neutral 20%``: three at most."""
    largest = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(
        f"{EMOTIONS[label]} {shares[label]:.0%}" for label in largest if shares[label] >= 0.005
    )


def _faces(
    report: Report, indices: Iterable[int], captions: Sequence[str], picture_of: PictureOf | None
) -> str:
    items = []
    for index, caption in zip(indices, captions, strict=True):
        face = None
        if picture_of is not None:
            left, top, right, bottom = report.faces.boxes[index]
            face = picture_of(int(report.faces.rows[index]))[top:bottom, left:right]
        source = images.display_path(str(report.faces.sources[index]))
        items.append((caption, source, face))
    return face_list(items)
