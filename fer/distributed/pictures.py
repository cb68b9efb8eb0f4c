"""Pictures analysed by the workers of a cluster, as `inference.batch` does it by processes here."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fer import registry
from fer.distributed import workers
from fer.doctor import packages
from fer.engine.session import ENGINE_FILE
from fer.errors import FerError
from fer.inference.batch.job import Analysed, Job
from fer.inference.batch.listing import Listed
from fer.storage import folders


def ordered(job: Job, listed: list[Listed], number: int) -> Generator[tuple[Listed, Analysed]]:
    """Each picture with its record, in order. Every machine of the cluster must see the pictures
    and the models under the same paths. Raises what `workers.ordered` does."""
    files = registry.load(job.model).card.files
    remote = RemoteJob(job, packages.version(), files[ENGINE_FILE], folders.environment())
    return workers.ordered(remote.worker, map(_with_absolute_path, listed), number)


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job, and what another machine must have for the same results."""

    job: Job
    version: str
    engine: str
    """The checksum of the model's engine file."""
    variables: Mapping[str, str]

    def worker(self) -> Callable[[Listed], Analysed]:
        """`Job.worker` on another machine. Raises `FerError` where it lacks the model, or has
        another one or another version of this program."""
        os.environ.update(self.variables)
        machine = f"the worker {platform.node()}"
        if (version := packages.version()) != self.version:
            raise FerError(f"{machine} has version {version} of this program, not {self.version}.")
        try:
            analyse = self.job.worker()
        except FerError as error:
            raise FerError(f"{machine} cannot load the model: {error}") from None
        if registry.load(self.job.model).card.files[ENGINE_FILE] != self.engine:
            raise FerError(f"{machine} has another model of the name {self.job.model!r}.")
        return analyse


def _with_absolute_path(listed: Listed) -> Listed:
    """Workers have working folders of their own."""
    return replace(listed, path=listed.path and Path(os.path.abspath(listed.path)))
