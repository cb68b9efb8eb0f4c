"""Video: a film in, who showed what when out."""

import streamlit as st

from dashboard import browser, errors, model_picker, navigation, start_button
from dashboard.personal import badge, model as personal
from dashboard.video import (
    downloads as video_downloads,
    example as video_example,
    form as video_form,
    moments as video_moments,
    people as video_people,
    session as video_session,
    view as video_view,
)

navigation.ensure_frame()
session = video_session.current_session()

st.title("Video")
st.markdown(
    "The **apparent** expression of every face in a film over time. Tell those in it before you "
    "analyse them."
)
form, example = start_button.form("video"), start_button.form("video-example")
framed = browser.frame_sentence(browser.facts("video-browser"))
if framed:
    st.warning(framed, icon=":material/image:")
asking = video_form.place(form.turn, is_first=not session.films)
with errors.show_errors(), asking:
    request = video_form.ask(form.turn)
badge.show(request.model)
is_asked, wants_example = form.take(), example.take()
if (is_asked and request.film is not None) or wants_example:
    with errors.show_errors(stop=False):
        film = session.start(request if is_asked else request.for_example())
        (form if is_asked else example).started(film.title)
        st.rerun()  # with an empty field for the next film
with asking:
    with st.container(horizontal=True, vertical_alignment="center"):
        start_button.button(form, "Analyse film", disabled=request.film is None)
        st.button(
            "Try the example",
            icon=":material/movie:",
            on_click=example.ask,
            args=(example.turn,),
            help=video_example.DESCRIPTION,
        )
    st.caption(
        "Stored on this server for this browser tab alone; deleted by “Remove film”, or some "
        "minutes after you close or reload the tab."
    )

if not session.films:
    with errors.show_errors():
        video_view.poster()
else:
    film = video_view.choose(session)
    timeline = video_view.watch(film)
    if timeline is not None:
        video_view.headline(timeline)
        st.header("People")
        video_people.edit(film)
        video_moments.show(film, session.finished(without=film))
        video_downloads.buttons(film)
with errors.show_errors():
    model_picker.show_model(personal.card(request.model), request.prior)
