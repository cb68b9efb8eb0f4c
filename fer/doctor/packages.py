"""Python and the packages that the app needs."""

from __future__ import annotations

import importlib
import platform
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from fer.doctor.finding import FAILED, OK, WARNING, Finding
from fer.storage import folders

NAME = "fer-dashboard"
OLDEST, TOO_NEW = (3, 11), (3, 14)
_CAMERA = ("aiortc", "av")
_OTHER = "fer"
_REQUIRED, _OF_TRAINING = "requirements.txt", "requirements-train.txt"


def version() -> str:
    """The version of this program."""
    if folders.is_checkout():
        project = tomllib.loads((folders.ROOT / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])
    return metadata.version(NAME)


def python() -> Finding:
    found = platform.python_version()
    if OLDEST <= sys.version_info[:2] < TOO_NEW:
        return Finding("python", OK, f"Python {found}.")
    return Finding(
        "python",
        FAILED,
        f"Python {found} is not one that this program was made for.",
        "Install Python 3.11, 3.12 or 3.13.",
    )


def packages() -> Iterator[Finding]:
    """A finding for each package that is missing or of another version, or one that all are
    there."""
    wrong = [finding for line in _requirements() if (finding := _of_package(line))]
    yield from wrong
    if not wrong:
        yield Finding("packages", OK, f"{NAME} {version()} and all packages that it needs.")


def other_fer() -> Finding:
    """PyPI has another package whose module is called `fer`."""
    try:
        other = metadata.version(_OTHER)
    except metadata.PackageNotFoundError:
        return Finding("name", OK, "No other package is called fer.")
    return Finding(
        "name",
        FAILED,
        f"PyPI's other package fer ({other}) is installed, and its files mix with ours.",
        f"pip uninstall {_OTHER}, then install {NAME} again.",
    )


def camera() -> Finding:
    """What carries live video."""
    try:
        for name in _CAMERA:
            importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        return Finding(
            "camera",
            FAILED,
            f"The library for live video does not load: {str(error).splitlines()[0]}.",
            f"pip install -r {_REQUIRED}; snapshots and pictures work without it.",
        )
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _CAMERA)
    return Finding("camera", OK, f"Live video: {versions}.")


def _of_package(requirement: Requirement) -> Finding | None:
    """What is wrong with one package; None if it is as it should be."""
    is_for_training = requirement.name in _names(_OF_TRAINING)
    install = f'pip install "{requirement.name}{requirement.specifier}"'
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        state = WARNING if is_for_training else FAILED
        more = " Training and exports need it." if is_for_training else ""
        return Finding("packages", state, f"{requirement.name} is not installed.{more}", install)
    if requirement.specifier.contains(found, prereleases=True):
        return None
    message = f"{requirement.name} {found} was not tried; expected {requirement.specifier}."
    return Finding("packages", WARNING, message, install)


def _requirements() -> list[Requirement]:
    if folders.is_checkout():
        lines = _lines(_REQUIRED) + _lines(_OF_TRAINING)
    else:
        lines = metadata.requires(NAME) or []
    found = [Requirement(line) for line in lines]
    return [one for one in found if one.marker is None or _applies(one)]


def _applies(requirement: Requirement) -> bool:
    assert requirement.marker is not None
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", "train"))


def _names(file: str) -> set[str]:
    """The packages of a file of requirements; of the extra `train` where there are no files."""
    if folders.is_checkout():
        return {Requirement(line).name for line in _lines(file)}
    extra = [line for line in metadata.requires(NAME) or [] if "extra ==" in line]
    return {Requirement(line).name for line in extra}


def _lines(file: str) -> list[str]:
    text = Path(folders.ROOT, file).read_text("utf-8")
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("-")]
