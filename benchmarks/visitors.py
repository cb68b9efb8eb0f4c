"""Memory of the server with one visitor, with eleven, and after they have left.

    python -m benchmarks.visitors            short: two and a half minutes of each
    python -m benchmarks.visitors --full     five minutes of each, and five minutes afterwards

Every visitor opens Home, Photos, Train, Evaluate and Models in turn, uploads a photograph of 1 to
2 megapixels on each round, and looks at the answer. They speak Streamlit's protocol without a
browser; live video is left out (`benchmarks.live --soak` measures it). Memory is that of the
server's process and its children. Wanted: five minutes after eleven visitors have left at most 1.5
times what one visitor takes at the end of the same time.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path

import psutil

from benchmarks.live_visit import Arm, served
from benchmarks.page_client import PageClient
from benchmarks.pictures import photographs
from dashboard.photos import picture as photo_picture

APP = Path(__file__).resolve().parents[1] / "streamlit_app.py"
VISITORS = 11
PAUSE_SECONDS = 3.0
WANTED = 1.5
PAGES = ("home", "photos", "train", "evaluate", "models")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--full", action="store_true", help="five minutes instead of 150 seconds")
    seconds = 300.0 if parser.parse_args().full else 150.0
    photos = [photo_picture.jpeg(picture) for picture in photographs()]
    print("| visitors | MB at start | most | at the end | after they left | rounds | errors |")
    print("|---|---|---|---|---|---|---|")
    one = measured(1, seconds, photos, 0.0)
    eleven = measured(VISITORS, seconds, photos, 300.0)
    print(f"\nAfter {VISITORS} visitors: {eleven / one:.2f} times one visitor (wanted: {WANTED}).")


def measured(visitors: int, seconds: float, photos: list[bytes], after: float) -> float:
    """MB at the end, or `after` so many seconds, with a server of its own; prints a row."""
    with served("app", APP, "", mirrored=False) as arm:
        begin = megabytes(arm)
        errors: list[str] = []
        rounds: list[int] = []
        threads = [
            threading.Thread(target=visit, args=(arm, seconds, photos, number, rounds, errors))
            for number in range(visitors)
        ]
        for thread in threads:
            thread.start()
        seen = [begin]
        while any(thread.is_alive() for thread in threads):
            time.sleep(1)
            seen.append(megabytes(arm))
        end = statistics.median(seen[-10:])
        time.sleep(after)
        left = megabytes(arm)
        cells = (visitors, f"{begin:.0f}", f"{max(seen):.0f}", f"{end:.0f}")
        last = f"{left:.0f}" if after else "–"
        print("|", *(f"{cell} |" for cell in (*cells, last, sum(rounds), len(errors))), flush=True)
        for error in errors[:3]:
            print(f"  {error}", flush=True)
        return left if after else end


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
