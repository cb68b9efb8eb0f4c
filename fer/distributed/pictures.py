"""Pictures analysed by the workers of a cluster, as `inference.batch` does it by processes here."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from fer.distributed import workers
from fer.distributed.remote import RemoteJob
from fer.inference.batch.job import Analysed, Job
from fer.inference.batch.listing import Listed


def ordered(job: Job, listed: list[Listed], number: int) -> Generator[tuple[Listed, Analysed]]:
    """Each picture with its record, in order. Every machine of the cluster must see the pictures
    and the models under the same paths. Raises what `workers.ordered` does."""
    return workers.ordered(RemoteJob.of(job).worker, map(_with_absolute_path, listed), number)


def _with_absolute_path(listed: Listed) -> Listed:
    """Workers have working folders of their own."""
    return replace(listed, path=listed.path and Path(os.path.abspath(listed.path)))
