"""Evaluations at work and done: each belongs to the browser session that started it.

A session knows its evaluations by unguessable keys. The newest key is in the page's address as
well, so that a reload, which is a new session to Streamlit, finds it again. What nobody has looked
at for two hours since it ended is deleted, visitors or not.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.dataset.choice import Choice, display_name
from dashboard.evaluate.evaluation import RESULT, Evaluation, found_again
from dashboard.server import tasks, timers, workspaces
from dashboard.server.tasks import Task
from dashboard.server.visitors import identity, media
from dashboard.server.visitors.places import Places
from fer.errors import FerError
from fer.evaluation import robustness

MOST_KEPT = 8
AT_WORK = Places(3, 2, "evaluations are at work")
LONGEST_UNSEEN_SECONDS = 2 * 3600.0
SWEEP_SECONDS = 300.0

_OWN_KEYS, _ADDRESS = "_evaluations", "evaluation"


@dataclass(frozen=True, slots=True)
class Request:
    """What to evaluate: one or two models, faces, and how; None leaves it to the command."""

    models: tuple[str, ...]
    faces: Choice
    split: str | None = None
    labels: str | None = None
    whole_picture: bool = False
    prior: str | None = None
    passes: int = 1

    @property
    def title(self) -> str:
        data = self.faces.files[0].name if self.faces.files else display_name(self.faces.data)
        return f"{' and '.join(self.models)} on {data}"


_evaluations: dict[str, Evaluation] = {}
_reserved: list[str] = []
"""The visitors whose evaluations are about to start."""
_lock = threading.Lock()
"""Guards the above, and nothing slow: files are copied and deleted, and processes waited for,
without it, or every Evaluate page would stand still."""


def start(request: Request) -> Evaluation:
    """Stores uploads in the evaluation's own folder and starts its command. Raises `FerError`.

    Once it has looked who asks, it calls nothing of Streamlit, which might begin the page anew.
    """
    own, visitor = _own_keys(), identity.current()
    drop_unseen()
    with _reserved_place(visitor):
        _remove(_beyond_most_kept())
        folder = workspaces.new("evaluation")
        try:
            arguments = _arguments(request, Path(folder.name))
            task = tasks.start(["evaluate", *arguments], RESULT, folder)
            evaluation = Evaluation(request.title, arguments, task, visitor)
            evaluation.keep()
        except (FerError, OSError):
            folder.cleanup()
            raise
        with _lock:
            _evaluations[evaluation.key] = evaluation
    timers.start_once(SWEEP_SECONDS, drop_unseen, "evaluations nobody looks at")
    own.append(evaluation.key)
    return evaluation


def start_robustness(evaluation: Evaluation, flags: Sequence[str] = ()) -> None:
    """Measures the models on the same faces under corruptions; `flags` of the command come after
    the evaluation's own and count where both name the same. Raises `FerError`."""
    with _reserved_place(identity.current()):
        _check_exists(evaluation)
        folder = workspaces.new("robustness")
        try:
            task = tasks.start(
                ["robustness", *evaluation.arguments, *flags], robustness.KEPT, folder
            )
        except OSError:
            folder.cleanup()
            raise
        with _lock:
            was_deleted = evaluation.key not in _evaluations
            replaced = task if was_deleted else evaluation.robustness
            if not was_deleted:
                evaluation.robustness = task
    if replaced is not None:
        replaced.remove()
    _check_exists(evaluation)


def current_evaluations() -> list[Evaluation]:
    """The evaluations of this session, the newest first; one that the address names joins them."""
    drop_unseen()
    keys = _own_keys()
    named = named_in_address()
    _come_back_to(named)
    with _lock:
        if named in _evaluations and named not in keys:
            keys.append(named)
        keys[:] = [key for key in keys if key in _evaluations]
        current = [_evaluations[key] for key in reversed(keys)]
        for evaluation in current:
            evaluation.seen = time.monotonic()
    return current


def look_at(task: Task) -> None:
    """Somebody watches this task, so what it belongs to counts as seen."""
    with _lock:
        for evaluation in _evaluations.values():
            if task is evaluation.task or task is evaluation.robustness:
                evaluation.seen = time.monotonic()


def drop_unseen(now: float | None = None) -> None:
    """Deletes what nobody has looked at for two hours. The two hours of what is still at work have
    not begun, so that it can be come back to."""
    now = time.monotonic() if now is None else now
    unseen = []
    with _lock:
        for evaluation in list(_evaluations.values()):
            if evaluation.is_at_work:
                evaluation.seen = max(evaluation.seen, now)
            elif now - evaluation.seen > LONGEST_UNSEEN_SECONDS:
                unseen.append(_evaluations.pop(evaluation.key))
    _remove(unseen)


def show(evaluation: Evaluation) -> None:
    """Puts its key into the page's address."""
    st.query_params[_ADDRESS] = evaluation.key


def named_in_address() -> str | None:
    """The key in the page's address."""
    return st.query_params.get(_ADDRESS)


def address_is_gone() -> bool:
    """Whether the page's address names an evaluation that is not here any more."""
    with _lock:
        return named_in_address() not in (None, *_evaluations)


def remove(evaluation: Evaluation) -> None:
    """A button's callback: ends it and deletes all that was kept of it."""
    with _lock:
        _evaluations.pop(evaluation.key, None)
    evaluation.remove()
    media.forget_removed()
    if named_in_address() == evaluation.key:
        del st.query_params[_ADDRESS]


def _come_back_to(key: str | None) -> None:
    """Takes over the evaluation of that key from a server that was killed, if it left one."""
    with _lock:
        is_known = key is None or key in _evaluations
    evaluation = None if is_known or key is None else found_again(key, identity.current())
    if evaluation is not None:
        with _lock:
            _evaluations[evaluation.key] = evaluation
        timers.start_once(SWEEP_SECONDS, drop_unseen, "evaluations nobody looks at")
        _remove(_beyond_most_kept())


def _own_keys() -> list[str]:
    keys: list[str] = st.session_state.setdefault(_OWN_KEYS, [])
    return keys


@contextmanager
def _reserved_place(visitor: str) -> Iterator[None]:
    """A place of this visitor's, held until its command has started. Raises `NoPlace`."""
    with _lock:
        at_work = [one.visitor for one in _evaluations.values() if one.is_at_work]
        AT_WORK.check(visitor, [*at_work, *_reserved])
        _reserved.append(visitor)
    try:
        yield
    finally:
        with _lock:
            _reserved.remove(visitor)


def _beyond_most_kept() -> list[Evaluation]:
    """Forgets the longest unseen beyond `MOST_KEPT`, but none that is at work."""
    with _lock:
        ended = [item for item in _evaluations.values() if not item.is_at_work]
        too_many = max(0, len(_evaluations) + len(_reserved) - MOST_KEPT)
        longest_unseen = sorted(ended, key=lambda item: item.seen)[:too_many]
        return [_evaluations.pop(item.key) for item in longest_unseen]


def _check_exists(evaluation: Evaluation) -> None:
    with _lock:
        if evaluation.key not in _evaluations:
            raise FerError("This evaluation was deleted meanwhile; start it again.")


def _remove(evaluations: Iterable[Evaluation]) -> None:
    for evaluation in evaluations:
        evaluation.remove()


def _arguments(request: Request, folder: Path) -> tuple[str, ...]:
    """The command's, with uploads written into the folder."""
    arguments = ["--model", ",".join(request.models), *request.faces.arguments(folder)]
    arguments += ["--split", request.split] if request.split else []
    arguments += ["--labels", request.labels] if request.labels else []
    arguments += ["--prior", request.prior] if request.prior else []
    arguments += ["--passes", str(request.passes)]
    return (*arguments, "--whole-picture") if request.whole_picture else tuple(arguments)


@atexit.register
def _remove_all() -> None:
    _remove(_evaluations.values())
