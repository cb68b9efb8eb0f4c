"""Training as a visitor does it: start, watch, leave and come back, put to work, undo."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Browser, Page, expect

from fer import images
from fer.data.dataset import as_rgb
from fer.data.synthetic import faces as synthetic_faces
from fer.emotions import EMOTIONS
from tests.browser import axe
from tests.browser.test_app import settled

pytestmark = pytest.mark.browser

LONG = 120_000


def open_training(page: Page, app: str) -> None:
    page.goto(f"{app}/train")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    settled(page)


def choose_network(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(page.get_by_text(f"{name}, ")).to_be_visible()
    settled(page)


def fill(page: Page, role: str, name: str, value: str) -> None:
    field = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    field.fill(value)
    field.press("Enter")
    settled(page)


def test_a_run_is_started_watched_used_and_undone(browser: Browser, page: Page, app: str) -> None:
    open_training(page, app)
    choose_network(page, "mlp")
    fill(page, "spinbutton", "Epochs", "3")
    fill(page, "textbox", "Name of the model", "taught")
    expect(page.get_by_text("mlp, 3 epochs")).to_contain_text("saved as taught")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name="taught")).to_be_visible()

    other = browser.new_context().new_page()
    open_training(other, app)
    expect(other.get_by_role("heading", name="taught")).to_be_visible()

    page.reload()
    expect(page.get_by_text("Best epoch: ")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("3 of 3 epochs")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Use this model")).to_be_visible(timeout=LONG)
    assert axe.findings(page) == []
    expect(page.get_by_role("heading", name="validation accuracy")).to_be_visible()
    page.get_by_role("button", name="Use this model").click()
    expect(page.get_by_text("Active model").first).to_be_visible()
    expect(page.get_by_role("link", name="Try it on Live")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="About").click()
    expect(page.get_by_text("The model in use: taught")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()
    page.get_by_role("button", name="Go back to crowd").click()
    expect(page.get_by_role("button", name="Use this model")).to_be_visible()


def test_a_learning_rate_that_is_none_is_a_sentence(page: Page, app: str) -> None:
    open_training(page, app)
    for wrong, words in (
        ("abc", "is no number"),
        ("0", "is 0.0; it must"),
        ("1e9", "is 1000000000.0; it must"),
    ):
        fill(page, "textbox", "Learning rate", wrong)
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_role("button", name="Start training")).to_be_disabled()


def test_the_faces_can_be_looked_at(page: Page, app: str) -> None:
    open_training(page, app)
    expect(page.get_by_role("img", name="Some faces of each emotion")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Target: the FER+ vote distribution")).to_be_visible()


def test_on_a_phone_a_link_opens_the_settings(browser: Browser, app: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_training(page, app)
    link = page.get_by_role("button", name="Edit settings")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    for _ in range(2):
        expect(epochs).not_to_be_in_viewport()
        link.click()
        expect(epochs).to_be_in_viewport()
        page.mouse.click(380, 700)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(link).not_to_be_visible()


def test_the_form_stays_and_start_takes_the_field_that_is_left_by_pressing_it(
    page: Page, app: str
) -> None:
    open_training(page, app)
    choose_network(page, "mlp")
    fill(page, "spinbutton", "Epochs", "5")
    main = page.get_by_test_id("stMain")
    main.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    for stem in ("About", "Train"):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=stem).click()
        expect(page.get_by_role("heading", name=stem, exact=True)).to_be_in_viewport()
        settled(page)
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    expect(epochs).to_have_value("5")
    expect(page.get_by_text("mlp, 5 epochs")).to_be_visible()
    page.get_by_role("radio", name="History").click()
    settled(page)
    epochs.fill("900")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("of 900")).to_be_visible(timeout=LONG)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=LONG)


def own_pictures(each: int = 4) -> bytes:
    """A zip of folders as somebody names them by hand, without splits: `each` pictures in each."""
    faces = synthetic_faces.dataset(7 * each, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for label, emotion in enumerate(EMOTIONS):
            rows = [row for row in range(len(faces)) if faces.labels[row] == label][:each]
            for number, row in enumerate(rows):
                picture = images.encode_png(as_rgb(faces.pictures[row]))
                archive.writestr(
                    f"my pictures/{label + 1}. {emotion.title()}/{number}.png", picture
                )
    return buffer.getvalue()


def test_a_newcomers_own_zip_becomes_a_model_in_use_with_all_defaults(page: Page, app: str) -> None:
    open_training(page, app)
    page.get_by_role("combobox", name="Training data").click()
    page.get_by_role("option", name="Upload").click()
    settled(page)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "my pictures.zip", "mimeType": "application/zip", "buffer": own_pictures()}
    )
    start = page.get_by_role("button", name="Start training")
    expect(start).to_be_enabled(timeout=2 * LONG)
    expect(page.get_by_text("28 faces").first).to_be_visible()
    expect(start).to_be_in_viewport(ratio=1)
    name = page.get_by_text("saved as").locator("strong").last.inner_text()
    start.click()  # until its own run is shown, the button below is that of a run before it
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Use this model")).to_be_visible(timeout=2 * LONG)
    page.get_by_role("button", name="Use this model").click()
    expect(page.get_by_text("Active model").first).to_be_visible()
    page.get_by_role("button", name="Go back to crowd").click()
    expect(page.get_by_role("button", name="Use this model")).to_be_visible()
