"""One, five and ten visitors of the app, two of them live, beside an empty app in the same run.

    python -m benchmarks.visitors            150 seconds of each: half an hour
    python -m benchmarks.visitors --full     five minutes of each
    python -m benchmarks.visitors --seconds 40 --after 200 --visitors 5

Two visitors (of five and of ten) show their camera, in a browser with a fake one. The
others open Home, Live, Photos, Train, Evaluate and Models in turn, upload a photograph of 1 to 2
megapixels on each round, and look at the answer; they speak Streamlit's protocol without a browser.
The empty app has one page whose video callback does nothing, and its visitors open that page. A
browser runs beside the server that is measured, with both apps.

Answers: pages that were shown, photos among them, and pictures of the live visitors that came back,
a second. Health: the time that `/_stcore/health` takes, once a second. Memory: the server's process
and its children. Idle is the app after one visitor opened every page and was forgotten. Wanted:
five minutes after the visitors left at most 1.1 times idle.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from benchmarks import live_visit
from benchmarks.live_visit import Arm
from benchmarks.page_client import PageClient
from benchmarks.pictures import photographs
from dashboard.photos import picture as photo_picture

APP = live_visit.ROOT / "streamlit_app.py"
VISITORS = (1, 5, 10)
LIVE = 2
PAUSE_SECONDS = 3.0
PAGES = ("home", "live", "photos", "train", "evaluate", "models")
HEAD = (
    *("visitors", "app", "pages a second", "photos", "live frames, each"),
    *("health p50 / p95, ms", "MB idle", "most", "after they left", "of idle"),
)


@dataclass
class Work:
    """What visitors without a browser did."""

    pages: int = 0
    photos: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """Seconds of each number of visitors, seconds until memory counts, and what is uploaded."""

    seconds: float
    after: float
    photos: list[bytes]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="five minutes instead of 150 seconds")
    parser.add_argument("--seconds", type=float, help="of each number of visitors")
    parser.add_argument("--after", type=float, default=300.0, help="seconds until memory is final")
    parser.add_argument("--visitors", type=int, choices=VISITORS, help="this number alone")
    options = parser.parse_args()
    seconds = options.seconds or (300.0 if options.full else 150.0)
    photos = [photo_picture.jpeg(picture) for picture in photographs()]
    plan = Plan(seconds, options.after, photos)
    _row(*HEAD)
    _row(*["---"] * len(HEAD))
    with tempfile.TemporaryDirectory() as folder:
        for count in [options.visitors] if options.visitors else VISITORS:
            with live_visit.served_empty(Path(folder)) as arm:
                measure(arm, count, Path(folder), plan, ("",))
            with live_visit.served("ours", APP, "live", mirrored=True) as arm:
                measure(arm, count, Path(folder), plan, PAGES)


def measure(arm: Arm, count: int, folder: Path, plan: Plan, pages: tuple[str, ...]) -> None:
    """Prints a row for so many visitors."""
    warm, work = Work(), Work()
    visit(arm, 0, plan, pages, 0, warm)
    time.sleep(plan.after)
    idle = megabytes(arm)
    seen, healths = [idle], list[float]()
    live = LIVE if count > LIVE else 0
    with ExitStack() as stack:
        if live:
            browser = stack.enter_context(live_visit.camera_browser(folder))
            cameras = [stack.enter_context(live_visit.visitor(browser, arm)) for _ in range(live)]
            rates = live_visit.begin_counting([frame for _, frame in cameras], arm, plan.seconds)
        until = time.monotonic() + plan.seconds
        threads = [
            threading.Thread(target=visit, args=(arm, until, plan, pages, number, work))
            for number in range(count - live)
        ]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            time.sleep(1)
            seen.append(megabytes(arm))
            healths.append(health_milliseconds(arm))
        frames = rates() if live else []
        for thread in threads:
            thread.join()
    time.sleep(plan.after)
    left = statistics.median(megabytes(arm) for _ in range(5))
    p95 = statistics.quantiles(healths, n=20)[-1]
    _row(
        *(count, arm.name, f"{work.pages / plan.seconds:.2f}", f"{work.photos / plan.seconds:.2f}"),
        ", ".join(f"{rate:.1f}" for rate in frames) or "–",
        f"{statistics.median(healths):.0f} / {p95:.0f}",
        *(f"{idle:.0f}", f"{max(seen):.0f}", f"{left:.0f}", f"{left / idle:.2f}"),
    )
    for error in (warm.errors + work.errors)[:3]:
        print(f"  {error}", flush=True)


def visit(
    arm: Arm, until: float, plan: Plan, pages: tuple[str, ...], number: int, work: Work
) -> None:
    """One visitor, once through all pages and then until that time; each has another order of
    photographs."""
    done = 0
    try:
        client = PageClient(arm.server)
        while done == 0 or time.monotonic() < until:
            for page in pages:
                client.open(page)
                if page == "photos":
                    photo = plan.photos[(number + done) % len(plan.photos)]
                    client.upload((f"{done}.jpg", photo))
                    work.photos += 1
                if "exception" in client.elements or (
                    page == "photos" and not client.pictures_shown
                ):
                    raise ValueError(f"{page} failed")
                work.pages += 1
                time.sleep(PAUSE_SECONDS if until else 0)
            done += 1
        client.close()
    except (OSError, TimeoutError, KeyError, ValueError, StopIteration) as error:
        work.errors.append(f"visitor {number}, round {done}: {type(error).__name__} {error}")


def health_milliseconds(arm: Arm) -> float:
    """How long the server takes to say that it is well."""
    began = time.perf_counter()
    requests.get(f"{arm.server}/_stcore/health", timeout=60).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def megabytes(arm: Arm) -> float:
    """Resident memory of the server and its children."""
    server = psutil.Process(arm.pid)
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return float(total / 1024**2)


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
