"""Seconds from `streamlit run` to a usable page, and the server's memory after ten photos.

    python -m benchmarks.startup

Three trials, each with a server and a browser (Debian's chromium or Playwright's own) of its own.
A page is usable when the sample has been read and its answer is on the screen.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import PIL.Image
import psutil
from playwright.sync_api import Browser, sync_playwright

from benchmarks.pictures import photographs

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> None:
    print("| trial | seconds to a healthy server | seconds to a usable page | MB idle | MB after |")
    print("|---|---|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        files = _photo_files(Path(folder))
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for trial in range(1, 4):
            cells = " | ".join(_trial(browser, files))
            print(f"| {trial} | {cells} |", flush=True)
        browser.close()
    print(
        "\nMB after: resident memory of the server's process once ten photos of 1 to 2 megapixels"
    )
    print("were uploaded and read, one after another.")


def _trial(browser: Browser, files: list[Path]) -> list[str]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port"]
    started = time.perf_counter()
    server = subprocess.Popen(
        [*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_health(port)
        healthy = time.perf_counter() - started
        page.goto(f"http://localhost:{port}/")
        page.get_by_role("img", name="astronaut.png: 1 face").wait_for(timeout=60_000)
        usable = time.perf_counter() - started
        idle = _megabytes(server)
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Photos").click()
        for file in files:
            page.get_by_role("heading", name="Photos").wait_for()
            page.wait_for_selector('[data-test-script-state="notRunning"]')
            page.locator("input[type=file]").set_input_files(file)
            page.get_by_role("img", name=f"{file.name}: ").first.wait_for(timeout=60_000)
        return [f"{healthy:.1f}", f"{usable:.1f}", f"{idle:.0f}", f"{_megabytes(server):.0f}"]
    finally:
        page.context.close()
        server.terminate()
        server.wait(20)


def _wait_for_health(port: int) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.05)


def _megabytes(server: subprocess.Popen[bytes]) -> float:
    return float(psutil.Process(server.pid).memory_info().rss / 1024**2)


def _photo_files(folder: Path) -> list[Path]:
    files = []
    for number, picture in enumerate(photographs()):
        files.append(folder / f"photo-{number}.jpg")
        PIL.Image.fromarray(picture).save(files[-1], quality=90)
    return files


if __name__ == "__main__":
    main()
