"""The server with no visitor, one, five and ten, and its memory after they have left.

    python -m benchmarks.visitors            short: two and a half minutes of each
    python -m benchmarks.visitors --full     five minutes of each
    python -m benchmarks.visitors --seconds 60 --after 180

Every visitor opens Home, Photos, Train, Evaluate and Models in turn, uploads a photograph of 1 to
2 megapixels on each round, and looks at the answer. They speak Streamlit's protocol without a
browser; live video is left out (`benchmarks.live --soak` measures it). Memory is that of the
server's process and its children; health is the time that `/_stcore/health` takes, once a
second. Wanted: five minutes after ten visitors left at most 1.5 times what one visitor takes at
the end of the same time.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path

import psutil
import requests

from benchmarks.live_visit import Arm, served
from benchmarks.page_client import PageClient
from benchmarks.pictures import photographs
from dashboard.photos import picture as photo_picture

APP = Path(__file__).resolve().parents[1] / "streamlit_app.py"
VISITORS = (0, 1, 5, 10)
PAUSE_SECONDS = 3.0
WANTED = 1.5
PAGES = ("home", "photos", "train", "evaluate", "models")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--full", action="store_true", help="five minutes instead of 150 seconds")
    parser.add_argument("--seconds", type=float, help="of each number of visitors")
    parser.add_argument("--after", type=float, default=300.0, help="seconds until memory is final")
    options = parser.parse_args()
    seconds = options.seconds or (300.0 if options.full else 150.0)
    photos = [photo_picture.jpeg(picture) for picture in photographs()]
    print("| visitors | photos a second | health p50 / p95, ms | MB at start | most | at the end |")
    print("|---|---|---|---|---|---|")
    ends = {}
    for count in VISITORS:
        is_last = count == VISITORS[-1]
        ends[count] = measured(count, seconds, photos, options.after if is_last else 0.0)
    left = ends[VISITORS[-1]]
    print(
        f"\n{options.after:.0f} s after {VISITORS[-1]} visitors: {left:.0f} MB, "
        f"{left / ends[1]:.2f} times one visitor (wanted: {WANTED})."
    )


def measured(visitors: int, seconds: float, photos: list[bytes], after: float) -> float:
    """MB at the end, or `after` so many seconds, with a server of its own; prints a row."""
    with served("app", APP, "", mirrored=False) as arm:
        begin, until = megabytes(arm), time.monotonic() + seconds
        errors: list[str] = []
        rounds: list[int] = []
        threads = [
            threading.Thread(target=visit, args=(arm, seconds, photos, number, rounds, errors))
            for number in range(visitors)
        ]
        for thread in threads:
            thread.start()
        seen, healths = [begin], list[float]()
        while time.monotonic() < until or any(thread.is_alive() for thread in threads):
            time.sleep(1)
            seen.append(megabytes(arm))
            healths.append(health_milliseconds(arm))
        end, healths = statistics.median(seen[-10:]), sorted(healths)
        health = f"{statistics.median(healths):.0f} / {healths[int(0.95 * len(healths))]:.0f}"
        cells = (visitors, f"{sum(rounds) / seconds:.2f}", health, f"{begin:.0f}")
        print(
            "|", *(f"{cell} |" for cell in (*cells, f"{max(seen):.0f}", f"{end:.0f}")), flush=True
        )
        for error in errors[:3]:
            print(f"  {error}", flush=True)
        time.sleep(after)
        return megabytes(arm) if after else end


def health_milliseconds(arm: Arm) -> float:
    """How long the server takes to say that it is well."""
    began = time.perf_counter()
    requests.get(f"{arm.address.rstrip('/')}/_stcore/health", timeout=60).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def visit(
    arm: Arm, seconds: float, photos: list[bytes], number: int, rounds: list[int], errors: list[str]
) -> None:
    """One visitor, for so long; each has another order of photographs."""
    until, done = time.monotonic() + seconds, 0
    try:
        client = PageClient(arm.address.rstrip("/"))
        while time.monotonic() < until:
            for page in PAGES:
                client.open(page)
                if page == "photos":
                    client.upload((f"{done}.jpg", photos[(number + done) % len(photos)]))
                if "exception" in client.elements or (
                    page == "photos" and not client.pictures_shown
                ):
                    raise ValueError(f"{page} failed")
                time.sleep(PAUSE_SECONDS)
            done += 1
        client.close()
    except (OSError, TimeoutError, KeyError, ValueError, StopIteration) as error:
        errors.append(f"visitor {number}, round {done}: {type(error).__name__} {error}")
    rounds.append(done)


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


if __name__ == "__main__":
    main()
