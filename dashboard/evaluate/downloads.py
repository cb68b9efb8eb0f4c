"""Downloads of an evaluation: its metrics, the predictions for every face, and a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.evaluate.evaluation import Evaluation
from fer.evaluation.recorded_inputs import Inputs
from fer.evaluation.report import Report
from fer.evaluation.reports import html, records
from fer.geometry import Image


def buttons(evaluation: Evaluation) -> None:
    """JSON, CSV and HTML; the report shows faces only where a toggle is on."""
    report = evaluation.report()
    with_faces = st.toggle(
        "Show faces in the HTML report",
        help="Off: metrics and plots only. On: the report shows some of the faces. Share it only "
        "with people who may see them.",
    )
    inputs = evaluation.inputs(0) if with_faces else None
    with st.container(horizontal=True):
        st.download_button(
            "JSON",
            partial(_json, report),
            "evaluation.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "CSV (a row per face)",
            partial(records.csv_text, report),
            "evaluation-faces.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "HTML report" + (" with faces" if with_faces else ""),
            partial(_html, report, inputs),
            "evaluation.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("The report is one file with its plots inside; it opens without a network.")


def _json(report: Report) -> str:
    """The command's record, but for the place on the server where the faces were."""
    record = report.as_dict()
    record["data"]["path"] = record["data"]["name"]
    return json.dumps(record, indent=1, allow_nan=False) + "\n"


def _html(report: Report, inputs: Inputs | None) -> str:
    if inputs is None:
        return html.page(report)

    indices = {int(row): index for index, row in enumerate(report.faces.rows)}

    def picture_of(row: int) -> Image:
        index = indices[row]
        return _in_box(inputs[index], report.faces.boxes[index].tolist())

    return html.page(report, picture_of)


def _in_box(pixels: NDArray[np.uint8], box: Sequence[int]) -> Image:
    """A picture with the network's input inside a box; the report cuts it out again."""
    left, top, right, bottom = box
    picture = np.zeros((bottom, right, 3), np.uint8)
    face = cv2.resize(pixels, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    picture[top:, left:] = face if pixels.shape[2] == 3 else face[:, :, None]
    return picture
