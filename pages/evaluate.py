"""Evaluate: one or two models on labelled faces, with everything a sceptical reviewer asks for."""

import streamlit as st

from dashboard import dataset_picker, dataset_view, errors, navigation, start_button
from dashboard.evaluate import (
    downloads as evaluate_downloads,
    face_gallery,
    faces as evaluate_faces,
    form as evaluate_form,
    robustness as evaluate_robustness,
    session as evaluations,
    view as evaluate_view,
)

PANES = {
    "Figures": None,
    "Confusion": evaluate_faces.confusion,
    "Mistakes": evaluate_faces.worst,
    "Wrong labels": evaluate_faces.wrong_labels,
    "Crowd": evaluate_faces.disputed,
    "Slices": None,
    "Copies": evaluate_faces.copies,
    "Robustness": None,
    "Download": None,
}

navigation.ensure_frame()

st.title("Evaluate")
st.markdown(
    "How often a model predicts the **apparent expression** that people named, how certain that "
    "figure is, and which faces are behind it. It is measured in a separate process; the results "
    "belong to your session alone."
)
form = start_button.form("evaluate")
with errors.show_errors():
    request = evaluate_form.ask()
    faces = dataset_picker.faces("evaluate")
    is_usable = dataset_view.check_upload(request.faces if request else None, faces, as_is=True)

if form.take() and request is not None and is_usable:
    with errors.show_errors(stop=False):
        started = evaluations.start(request)
        form.started(started.key)
        evaluations.show(started)
start_button.button(form, disabled=not is_usable)

listed = evaluations.current_evaluations()
if evaluations.address_is_gone():
    st.warning(
        "The evaluation of this address is gone: it was removed, nobody looked at it for two "
        "hours, or the server was started anew before it had finished.",
        icon=":material/info:",
    )
if not listed:
    st.info("Choose one or two models and press Start.", icon=":material/arrow_upward:")
    st.stop()
evaluation = evaluate_view.choose(listed, form.turn)
if not evaluate_view.watch(evaluation.task, "Evaluating …", "faces", evaluation.key):
    st.stop()

with errors.show_errors():
    report = evaluation.report()
    evaluate_view.headline(report)
    evaluate_view.comparison(report)
    pane = st.segmented_control(
        "Show", list(PANES), default="Figures", required=True, label_visibility="collapsed"
    )
    if pane == "Figures":
        evaluate_view.figure_table(report)
        evaluate_view.class_bars(report)
        evaluate_view.calibration(report)
    elif pane == "Slices":
        evaluate_view.qualities(report)
    elif pane == "Robustness":
        evaluate_robustness.section(evaluation)
    elif pane == "Download":
        evaluate_downloads.buttons(evaluation)
    else:
        names = [model.name for model in report.models]
        number = 0
        if len(names) > 1:
            name = st.segmented_control("Model", names, default=names[0], required=True)
            number = names.index(str(name))
        show = PANES[str(pane)]
        assert show is not None
        show(face_gallery.faces_of(evaluation, number))
