"""A job on another machine, once that is known to have all that the same results need."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fer import registry
from fer.distributed import versions
from fer.engine.session import ENGINE_FILE
from fer.errors import FerError
from fer.storage import folders


class Job(Protocol):
    """`batch.job.Job` of pictures or of films."""

    @property
    def model(self) -> str: ...

    def worker(self) -> Callable[[Any], Any]: ...


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job, and what another machine must have for the same results."""

    job: Job
    versions: Mapping[str, str | None]
    engine: str
    """The checksum of the model's engine file."""
    variables: Mapping[str, str]

    @classmethod
    def of(cls, job: Job) -> RemoteJob:
        """With what this machine has."""
        engine = registry.load(job.model).card.files[ENGINE_FILE]
        return cls(job, versions.here(versions.ANALYSIS), engine, folders.environment())

    def worker(self) -> Callable[[Any], Any]:
        """The job's `worker` on another machine. Raises `FerError` where it lacks the model, or has
        another one, or other versions of this program and its packages."""
        os.environ.update(self.variables)
        versions.check(self.versions)
        machine = f"the worker {platform.node()}"
        try:
            analyse = self.job.worker()
        except FerError as error:
            raise FerError(f"{machine} cannot load the model: {error}") from None
        if registry.load(self.job.model).card.files[ENGINE_FILE] != self.engine:
            raise FerError(f"{machine} has another model of the name {self.job.model!r}.")
        return analyse
