"""What is done to the app, and what must hold afterwards."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dashboard.server import workspaces
from fer import registry
from fer.errors import FerError
from fer.runs import store
from fer.runs.settings import TrainSettings
from fer.storage import files
from tests.chaos import killed, servers
from tests.chaos.commands import copied
from tests.fuzz import mutations
from tests.helpers import within_seconds


def damaged_folders(folder: Path, chance: random.Random, changes: int = 200) -> None:
    """Listings answer, whatever is in the files of models and runs."""
    place = copied(folder)
    place.use()
    run = store.create(TrainSettings("drawn", network="mlp", epochs=2))
    for _ in range(changes):
        paths = [path for path in (folder / "models").rglob("*") if path.suffix == ".json"]
        paths += [path for path in run.path.iterdir() if path.is_file()]
        (folder / "models" / "active.json").touch()
        path = chance.choice([*paths, folder / "models" / "active.json"])
        path.write_bytes(mutations.of_text(path.read_bytes() or b"{}", [b"{}"], chance))
        for name in registry.names():
            _or_a_sentence(lambda name=name: registry.card(name))  # type: ignore[misc]
        registry.active()
        registry.previous()
        for listed in store.listing():
            listed.status()
            listed.metrics()
            _or_a_sentence(lambda listed=listed: listed.settings)  # type: ignore[misc]
        workspaces.sweep()


def shared_folder(folder: Path, chance: random.Random, seconds: float = 20.0) -> None:
    """Two processes activate models at once: whoever reads finds one of them, never none."""
    place = copied(folder)
    place.use()
    code = (
        "import itertools, time\n"
        "from fer import registry\n"
        f"until = time.monotonic() + {seconds}\n"
        "for name in itertools.cycle(registry.SHIPPED):\n"
        "    registry.activate(name)\n"
        "    if time.monotonic() > until: break\n"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", code], env=place.environment()) for _ in range(2)
    ]
    within_seconds(120, lambda: (folder / "models" / "active.json").exists())
    while any(other.poll() is None for other in others):
        found = files.json_object(folder / "models" / "active.json")
        assert found["active"] in registry.SHIPPED and found["previous"] in registry.SHIPPED
    assert [other.wait() for other in others] == [0, 0]
    place.check_clean()


Attack = Callable[[Path, random.Random], None]

ROUNDS: dict[str, Attack] = {
    "killed training": killed.killed_training,
    "killed film": killed.killed_film,
    "killed evaluation": killed.killed_evaluation,
    "killed teaching": killed.killed_teaching,
    "damaged folders": damaged_folders,
    "damaged server": servers.damaged_server,
    "killed server": servers.killed_server,
    "shared folder": shared_folder,
    "two servers": servers.two_servers,
    "set clock": servers.set_clock,
}


def _or_a_sentence(call: Callable[[], object]) -> None:
    try:
        call()
    except FerError as error:
        assert "\n" not in str(error), error
