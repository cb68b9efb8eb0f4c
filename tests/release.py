"""`make release`: builds wheel and sdist into `dist/`, installs each where nothing else is, and
asks them to work. It refuses what is not committed, or a version that CHANGELOG.md does not know.

It changes nothing in the repository; the last line is the tag to set.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PORT = "8699"


class NotReady(Exception):
    """What has to be done first."""


def main() -> int:
    try:
        version = checked_version(
            (ROOT / "pyproject.toml").read_text("utf-8"), (ROOT / "CHANGELOG.md").read_text("utf-8")
        )
        if _output("git", "status", "--porcelain"):
            raise NotReady("commit everything first")
        with tempfile.TemporaryDirectory() as folder:
            wheel, sdist = build(Path(folder))
            for package in (wheel, sdist):
                try_out(package, version, Path(folder, package.suffix[1:]))
    except NotReady as error:
        print(f"release: {error}.", file=sys.stderr)
        return 1
    print(f"Sound: {wheel.name} and {sdist.name} in dist/.")
    print(f"git tag -a v{version} -m 'Version {version}' && git push --tags")
    return 0


def checked_version(project: str, changes: str) -> str:
    """The version of the project, which must be the newest of the changes; *Unreleased* may stand
    above it with nothing in it. Raises `NotReady`."""
    version = str(tomllib.loads(project)["project"]["version"])
    waiting = re.sub(r"^## Unreleased\s+(?=## |\Z)", "", changes, flags=re.MULTILINE)
    newest = re.search(r"^## (.+)$", waiting, re.MULTILINE)
    if newest is None or not newest[1].startswith(version):
        raise NotReady(
            f"pyproject.toml has version {version}, and CHANGELOG.md begins with "
            f"{newest[1] if newest else 'nothing'}; make it '## {version} · DATE'"
        )
    return version


def build(folder: Path) -> tuple[Path, Path]:
    """Wheel and sdist in `dist/`, made in an environment that has nothing but hatchling."""
    python = _environment(folder / "build")
    _run(python, "-m", "pip", "install", "--quiet", "hatchling")
    dist = ROOT / "dist"
    for old in dist.glob("*"):
        old.unlink()
    _run(python, "-m", "hatchling", "build", "-d", str(dist))
    return next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))


def try_out(package: Path, version: str, folder: Path) -> None:
    """Installs it without the checkout in sight; a photo, the models and the app must answer."""
    python = _environment(folder)
    _run(python, "-m", "pip", "install", "--quiet", str(package))
    told = _run(python, "-m", "fer", "--version", inside=folder)
    if version not in told:
        raise NotReady(f"{package.name} says that it is {told.strip()}")
    photo = "from skimage import data, io; io.imsave('face.png', data.astronaut())"
    _run(python, "-c", photo, inside=folder)
    if '"happy"' not in _run(
        python, "-m", "fer", "analyze", "face.png", "--json", "-", inside=folder
    ):
        raise NotReady(f"{package.name} does not read the sample face as happy")
    _run(python, "-m", "fer", "models", "--json", inside=folder)
    server = subprocess.Popen(
        [str(python), "-m", "fer", "app", "--port", PORT], cwd=folder, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for_health()
    finally:
        server.terminate()
        server.wait()


def _wait_for_health() -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://localhost:{PORT}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise NotReady("the installed app did not answer within a minute")


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _run(*command: object, inside: Path = ROOT) -> str:
    done = subprocess.run(list(map(str, command)), cwd=inside, capture_output=True, text=True)
    if done.returncode:
        raise NotReady(f"{' '.join(map(str, command[1:]))} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
