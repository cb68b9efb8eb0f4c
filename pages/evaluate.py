"""Evaluate: one or two models on labelled faces, with everything a sceptical reviewer asks for."""

import streamlit as st

from dashboard import errors, navigation, start_button
from dashboard.dataset import picker as dataset_picker, view as dataset_view
from dashboard.evaluate import (
    downloads as evaluate_downloads,
    face_gallery,
    faces as evaluate_faces,
    form as evaluate_form,
    results as evaluate_results,
    robustness as evaluate_robustness,
    session as evaluations,
    view as evaluate_view,
)
from dashboard.text import escape_markdown

navigation.ensure_frame()

st.title("Evaluate")
st.markdown("How often does a model predict the **apparent expression** that people named?")
form = start_button.form("evaluate")
listed = evaluations.current_evaluations()
folded = any(item.has_result for item in listed)
panel = st.expander(
    "Models and data",
    expanded=not folded,
    key=f"evaluate-form-{form.turn}-{folded}",  # it folds with a start and with the first result
    on_change="rerun",
)
with errors.show_errors(), panel:
    request = evaluate_form.ask()
start_row = st.container(horizontal=True, vertical_alignment="center")
inspected = st.container() if panel.open else panel  # below Start, and folded with the form
with errors.show_errors(), inspected:
    faces = dataset_picker.faces("evaluate")
    is_usable = dataset_view.check_upload(request.faces if request else None, faces, as_is=True)

if form.take() and request is not None and is_usable:
    with errors.show_errors(stop=False):
        started = evaluations.start(request)
        form.started(started.key)
        evaluations.show(started)
        listed = evaluations.current_evaluations()

with start_row:
    start_button.button(form, "Start evaluation", disabled=not is_usable)
    beside = st.container(width="stretch")
if evaluations.address_is_gone():
    st.warning(
        "The evaluation of this address is gone: it was removed, nobody looked at it for two "
        "hours, or the server was started anew before it had finished.",
        icon=":material/info:",
    )
if not listed:
    beside.markdown(
        escape_markdown(evaluate_form.summary(request))
        if request
        else "Choose one or two models and labelled faces."
    )
    st.stop()
evaluation = evaluate_view.choose(listed, form.turn)
with beside:
    is_done = evaluate_view.watch(evaluation.task, "Evaluating …", "faces", evaluation.key)
if not is_done:
    st.stop()

with errors.show_errors():
    report = evaluation.report()
    evaluate_view.headline(report)
    evaluate_view.not_found(evaluation, form)
    pane = st.segmented_control(
        "Show",
        ["Results", "Faces", "Robustness", "Export"],
        default="Results",
        required=True,
        label_visibility="collapsed",
    )
    if pane == "Results":
        evaluate_view.what_was_evaluated(report)
        evaluate_results.metric_table(report)
        evaluate_results.class_bars(report)
        evaluate_results.calibration(report)
        evaluate_results.by_quality(report)
    elif pane == "Faces":
        evaluate_faces.show(
            [face_gallery.faces_of(evaluation, number) for number in range(len(report.models))]
        )
    elif pane == "Robustness":
        evaluate_robustness.section(evaluation)
    else:
        evaluate_downloads.buttons(evaluation)
