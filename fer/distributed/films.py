"""Films analysed by the workers of a cluster: one worker a film, since people are followed from its
first frame to its last."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import ray

from fer.distributed import workers
from fer.distributed.remote import RemoteJob
from fer.storage import files
from fer.video import columns, timeline
from fer.video.batch.job import FilmItem, FilmJob

_PIECE_BYTES = 4 * 1024**2
_NAMES = (*(name for name, _ in columns.FILES.values()), timeline.FILM)
"""The files of a timeline, that which says that it is complete at the end."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """Why a film cannot be read, or its timeline's files in pieces, which Ray keeps until they are
    asked for: memory holds one at a time, however long the film is."""

    problem: str | None
    pieces: Mapping[str, Sequence[Any]]


def ordered(
    job: FilmJob, items: list[FilmItem], number: int
) -> Generator[tuple[FilmItem, str | None]]:
    """Each film, in order, with why it cannot be read; None where its timeline is in its folder,
    which no other machine needs to see. Every machine of the cluster must see the films and the
    models under the same paths. Raises what `workers.ordered` does."""
    if not items:
        return
    yield from workers.ordered(
        partial(_sender, RemoteJob.of(job)),
        map(_with_absolute_path, items),
        min(number, len(items)),
        _received,
        workers.Flow(batch=1, queued=1),
    )


def _with_absolute_path(item: FilmItem) -> FilmItem:
    """Workers have working folders of their own."""
    return replace(item, path=Path(os.path.abspath(item.path)))


def _sender(remote: RemoteJob) -> Callable[[FilmItem], _Sent]:
    return partial(_sent, remote.worker())


def _sent(analyse: Callable[[FilmItem], str | None], item: FilmItem) -> _Sent:
    with tempfile.TemporaryDirectory(prefix="fer-") as folder:
        problem = analyse(replace(item, folder=Path(folder)))
        if problem is not None:
            return _Sent(problem, {})
        return _Sent(None, {name: list(_pieces(Path(folder, name))) for name in _NAMES})


def _pieces(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield ray.put(piece)


def _received(item: FilmItem, sent: _Sent) -> str | None:
    """Writes what came into the film's folder; why that or the film is not to be had."""
    if sent.problem is not None:
        return sent.problem
    try:
        item.folder.mkdir(parents=True, exist_ok=True)
        for name, pieces in sent.pieces.items():
            with files.written_whole(item.folder / name) as file:
                for piece in pieces:
                    file.write(ray.get(piece))
    except OSError as error:
        return f"the timeline cannot be written: {files.reason_of(error)}."
    return None
