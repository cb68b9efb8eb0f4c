"""Evaluations at work and done: each belongs to the browser session that started it.

A session knows its evaluations by unguessable keys. The newest key is in the page's address as
well, so that a reload, which is a new session to Streamlit, finds it again. What nobody has looked
at for two hours since it ended is deleted, visitors or not.
"""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.dataset_picker import Choice
from dashboard.server import tasks, timers
from dashboard.server.tasks import Task
from fer.errors import FerError
from fer.evaluation import recorded_inputs, report, robustness
from fer.evaluation.recorded_inputs import Inputs
from fer.evaluation.report import Report
from fer.runs import uploads

MOST_KEPT = 8
MOST_AT_WORK = 3
LONGEST_UNSEEN_SECONDS = 2 * 3600.0
SWEEP_SECONDS = 300.0

_MINE, _ADDRESS = "_evaluations", "evaluation"


@dataclass(frozen=True, slots=True)
class Request:
    """What to evaluate: one or two models, faces, and how; None leaves it to the command."""

    models: tuple[str, ...]
    faces: Choice
    split: str | None = None
    labels: str | None = None
    whole_picture: bool = False

    @property
    def title(self) -> str:
        data = self.faces.files[0].name if self.faces.files else Path(self.faces.data).name
        return f"{' and '.join(self.models)} on {data}"


@dataclass(slots=True)
class Evaluation:
    """One evaluation; `arguments` are the command's, for asking more of the same faces. It keeps
    its title alone of what was asked: a request holds uploads, which are on the disk by then."""

    title: str
    arguments: tuple[str, ...]
    task: Task
    robustness: Task | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    seen: float = field(default_factory=time.monotonic)
    _report: Report | None = None

    @property
    def is_at_work(self) -> bool:
        return any(one is not None and not one.is_done for one in (self.task, self.robustness))

    def report(self) -> Report:
        """What was found, once it is done. Raises `FerError`."""
        if self._report is None:
            self._report = report.load(self.task.kept)
        return self._report

    def inputs(self, model: int) -> Inputs:
        """What the model of that number saw of each face. Raises `FerError`."""
        return recorded_inputs.inputs(self.task.kept, model, self.report().faces.found)

    def remove(self) -> None:
        for one in (self.robustness, self.task):
            if one is not None:
                one.remove()


_kept: dict[str, Evaluation] = {}
_lock = threading.Lock()


def start(request: Request) -> Evaluation:
    """Stores uploads in the evaluation's own folder and starts its command. Raises `FerError`."""
    drop_unseen()
    with _lock:
        _make_room()
        folder = tempfile.TemporaryDirectory(prefix="fer-evaluation-")
        try:
            arguments = _arguments(request, Path(folder.name))
            task = tasks.start(["evaluate", *arguments], "report.json", folder)
        except (FerError, OSError):
            folder.cleanup()
            raise
        made = Evaluation(request.title, arguments, task)
        _kept[made.key] = made
    timers.once_a_process(SWEEP_SECONDS, drop_unseen, "evaluations nobody looks at")
    _own().append(made.key)
    show(made)
    return made


def start_robustness(evaluation: Evaluation, limit: int | None) -> None:
    """Asks the same models of the same faces, made worse; of `limit` of them. Raises `FerError`."""
    with _lock:
        _check_free()
        if evaluation.key not in _kept:
            raise FerError("This evaluation was deleted meanwhile; start it again.")
        if evaluation.robustness is not None:
            evaluation.robustness.remove()
        folder = tempfile.TemporaryDirectory(prefix="fer-robustness-")
        more = ["--limit", str(limit)] if limit else []
        evaluation.robustness = tasks.start(
            ["robustness", *evaluation.arguments, *more], robustness.KEPT, folder
        )


def current_evaluations() -> list[Evaluation]:
    """The evaluations of this session, the newest first; one that the address names joins them."""
    drop_unseen()
    keys = _own()
    named = st.query_params.get(_ADDRESS)
    with _lock:
        if named in _kept and named not in keys:
            keys.append(named)
        keys[:] = [key for key in keys if key in _kept]
        found = [_kept[key] for key in reversed(keys)]
        for one in found:
            one.seen = time.monotonic()
    return found


def look_at(task: Task) -> None:
    """Somebody watches this task, so what it belongs to counts as seen."""
    with _lock:
        for one in _kept.values():
            if task is one.task or task is one.robustness:
                one.seen = time.monotonic()


def drop_unseen(now: float | None = None) -> None:
    """Deletes what nobody has looked at for two hours. The two hours of what is still at work have
    not begun, so that it can be come back to."""
    now = time.monotonic() if now is None else now
    with _lock:
        for one in list(_kept.values()):
            if one.is_at_work:
                one.seen = max(one.seen, now)
            elif now - one.seen > LONGEST_UNSEEN_SECONDS:
                _kept.pop(one.key).remove()


def show(evaluation: Evaluation) -> None:
    """Puts its key into the page's address."""
    st.query_params[_ADDRESS] = evaluation.key


def named_in_address() -> str | None:
    """The key in the page's address."""
    return st.query_params.get(_ADDRESS)


def remove(evaluation: Evaluation) -> None:
    """Ends it and deletes all that was kept of it."""
    with _lock:
        _kept.pop(evaluation.key, None)
    evaluation.remove()


def _own() -> list[str]:
    keys: list[str] = st.session_state.setdefault(_MINE, [])
    return keys


def _make_room() -> None:
    """Forgets the longest unseen beyond `MOST_KEPT`, but none that is at work."""
    _check_free()
    ended = [one for one in _kept.values() if not one.is_at_work]
    too_many = len(_kept) - MOST_KEPT + 1
    for one in sorted(ended, key=lambda one: one.seen)[: max(0, too_many)]:
        _kept.pop(one.key).remove()


def _check_free() -> None:
    if sum(one.is_at_work for one in _kept.values()) >= MOST_AT_WORK:
        raise FerError(
            f"{MOST_AT_WORK} evaluations are at work on this server. Wait until one is done."
        )


def _arguments(request: Request, folder: Path) -> tuple[str, ...]:
    """The command's, with uploads written into the folder."""
    data, votes = _stored(request.faces, folder)
    arguments = ["--model", ",".join(request.models), "--data", data]
    arguments += ["--votes", votes] if votes else []
    arguments += ["--split", request.split] if request.split else []
    arguments += ["--labels", request.labels] if request.labels else []
    return (*arguments, "--whole-picture") if request.whole_picture else tuple(arguments)


def _stored(faces: Choice, folder: Path) -> tuple[str, str | None]:
    """The paths of data and votes; uploads are written into the folder."""
    if not faces.files:
        return faces.data, faces.votes
    paths = [_written(one, folder / f"upload-{place}") for place, one in enumerate(faces.files)]
    return paths[0], paths[1] if len(paths) > 1 else None


def _written(file: UploadedFile, folder: Path) -> str:
    path = folder / uploads.safe_name(file.name)
    try:
        folder.mkdir()
        with path.open("wb") as target:
            file.seek(0)
            shutil.copyfileobj(file, target)
    except OSError as error:
        raise FerError(f"{file.name} cannot be stored: {error.strerror or error}.") from None
    return str(path)


@atexit.register
def _remove_all() -> None:
    for one in _kept.values():
        one.remove()
