"""Ten visitors who do different things at once, and the memory that is left taken after them."""

from __future__ import annotations

import random
import statistics
import threading
import time
from pathlib import Path

import psutil

from benchmarks.page_client import PageClient
from dashboard.photos import picture
from fer.runs import store
from fer.teaching import archive
from tests.browser.conftest import running_app, server_of
from tests.chaos.commands import Place
from tests.chaos.servers import end_runs, teach
from tests.fer.teaching.conftest import two_emotions
from tests.helpers import astronaut, group_photo, within_seconds

VISITORS = 10
GONE_SECONDS = 300.0
"""So long after they left memory is measured again."""
MOST_LEFT = 1.1
"""Of what an idle server takes."""
PAGES = ("", "photos", "train", "evaluate", "models", "about", "video", "live", "teach")
PATIENCE = 900.0
"""Seconds for what takes a few on a machine with nothing else to do."""
CAPTURES = archive.to_zip(two_emotions(3))


def visits(folder: Path, chance: random.Random, seconds: float) -> bool:
    """Whether nothing went wrong and memory came back to `MOST_LEFT` of an idle server's."""
    photos = [picture.jpeg(image) for image in (astronaut(), group_photo())]
    with running_app(folder) as address:
        Place(folder).use()
        server = server_of(address)
        _warm(address, photos[0])
        time.sleep(GONE_SECONDS)
        idle = _megabytes(server)
        errors: list[str] = []
        threads = [
            threading.Thread(
                target=_visit,
                args=(address, random.Random(chance.random()), seconds, photos, errors),
            )
            for _ in range(VISITORS)
        ]
        for thread in threads:
            thread.start()
        seen = [idle]
        while any(thread.is_alive() for thread in threads):
            time.sleep(1)
            seen.append(_megabytes(server))
        end_runs()
        time.sleep(GONE_SECONDS)
        left = statistics.median(_megabytes(server) for _ in range(5))
    print(
        f"visitors: idle {idle:.0f} MB, at most {max(seen):.0f} MB, {left:.0f} MB "
        f"{GONE_SECONDS / 60:.0f} min after; {len(errors)} errors",
        flush=True,
    )
    for error in errors[:5]:
        print(f"  {error}", flush=True)
    return not errors and left <= MOST_LEFT * idle


def _warm(address: str, photo: bytes) -> None:
    """One visitor does everything once, so that all that stays loaded is."""
    client = PageClient(address)
    for page, button in {"evaluate": "Start evaluation", "video": "Try the example"}.items():
        client.open(page)
        client.press(button)
        within_seconds(PATIENCE, lambda page=page: _is_done(client, page))  # type: ignore[misc]
    for page in PAGES:
        client.open(page)
    client.open("photos")
    client.upload(("warm.jpg", photo))
    teach(client, CAPTURES)
    client.close()


def _is_done(client: PageClient, page: str) -> bool:
    time.sleep(2)
    client.open(page)
    return "button Cancel" not in client.elements


def _visit(
    address: str, chance: random.Random, seconds: float, photos: list[bytes], errors: list[str]
) -> None:
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            client = PageClient(address)
            for _ in range(chance.randrange(1, 6)):
                _act(client, chance, photos)
                time.sleep(chance.uniform(0, 3))
            client.close()
    except Exception as error:  # noqa: BLE001 - each is told
        errors.append(f"{type(error).__name__}: {error}")


def _act(client: PageClient, chance: random.Random, photos: list[bytes]) -> None:
    """A page, and on some of them what people do there. What is refused for want of a place is no
    error."""
    page = chance.choice(PAGES)
    client.open(page)
    if page == "photos":
        client.upload(("photo.jpg", chance.choice(photos)))
    elif page == "evaluate" and chance.random() < 0.3:
        client.press("Start evaluation")
        if "button Cancel" in client.elements:
            client.press("Cancel")
    elif page == "video" and chance.random() < 0.3:
        client.press("Try the example")
    elif page == "teach" and "button I agree" in client.elements and chance.random() < 0.5:
        teach(client, CAPTURES)
    elif page == "train" and chance.random() < 0.1 and not store.listing():
        client.press("Start training")
    assert "exception" not in client.elements, page


def _megabytes(server: psutil.Process) -> float:
    return float(server.memory_info().rss / 1024**2)
