"""The command `sweep`: many short training runs with different settings, the best of them kept."""

from __future__ import annotations

import argparse
import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

from fer import distributed
from fer.cli import output
from fer.cli.output import DONE, INTERRUPTED, SOME_FAILED, say
from fer.errors import BadSettings
from fer.permission import require
from fer.runs import checks, store


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sweep",
        help="train with different settings and publish the best",
        description="Trains with different settings (Ray Tune), ends early what falls behind "
        "(ASHA), and publishes the trial with the best validation accuracy.",
        epilog="example: python -m fer sweep sweep.yaml --workers 2 --name tuned",
    )
    parser.add_argument("settings", nargs="?", type=Path, metavar="SETTINGS.yaml")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="trials at a time, one CPU each (default: all)"
    )
    parser.add_argument(
        "--address", metavar="ADDRESS", help="HOST:PORT of a Ray cluster, or auto (default: here)"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the published model")
    parser.add_argument("--resume", metavar="SWEEP", help="go on with a sweep that was ended")
    parser.add_argument("--json", metavar="FILE", help="write all trials; - is standard output")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Trains, publishes, and lists the trials. Raises `FerError` before any work."""
    require("train")
    distributed.check_installed()
    checks.check_installed()
    output.check_workers(options)
    output.check_writable(options.json)
    if (options.settings is None) == (options.resume is None):
        raise BadSettings("name the settings of a sweep, or one to go on with: --resume SWEEP.")
    from fer.distributed import cluster, sweep_jobs, sweeps, tuning
    from fer.training import job

    if options.resume:
        sweep_id, sweep = options.resume, sweeps.kept(options.resume)
    else:
        sweep_id, sweep = store.new_id("sweep"), sweeps.read(options.settings)
    sweep = dataclasses.replace(sweep, name=options.name or sweep.name)
    settings = sweep.trial({})
    checks.check(dataclasses.replace(settings, name=sweep.name))
    if not options.resume:
        job.checked_data(settings)
    else:
        sweep_jobs.claim(sweep_id)
    with cluster.connected(options.address, options.workers) as workers:
        sweeps.keep(sweep_id, sweep)
        sweep_jobs.claim(sweep_id)
        say(f"sweep {sweep_id} in {sweeps.folder(sweep_id)}")
        is_done = tuning.tune_trials(sweep_id, sweep, workers, say, options.resume is not None)
    if not is_done:
        say(f"interrupted; go on with: python -m fer sweep --resume {sweep_id}")
        return INTERRUPTED
    is_published = _publish_best(sweep_id, sweep.name)
    _write_trials(sweep_id, list(sweep.search), options.json)
    return DONE if is_published else SOME_FAILED


def _publish_best(sweep_id: str, name: str | None) -> bool:
    """Finishes the best trial as the run that it is, which publishes its best epoch."""
    from fer.distributed import trial
    from fer.runs import launcher
    from fer.training import job

    best, accuracy = trial.best(sweep_id)
    say(f"the best trial is {best.id}: {accuracy:.1%} of the validation faces")
    if best.status().state == "finished":
        return True
    launcher.claim(best)
    best.write_settings(dataclasses.replace(best.settings, name=name))
    stop = threading.Event()
    job.handle_signals(stop)
    is_published = job.run(best, stop) == "finished"
    if is_published:
        say(f"published the model {best.status().model}")
    return is_published


def _write_trials(sweep_id: str, varied: list[str], target: str | None) -> None:
    from fer.distributed import sweeps

    rows = [_row(run, varied) for run in sweeps.trials(sweep_id)]
    if target:
        output.write(target, json.dumps(rows, indent=1) + "\n")
    if target != output.STDOUT:
        cells = [[str(value) for value in row.values()] for row in rows]
        output.print_table(list(rows[0]), cells)


def _row(run: store.Run, varied: list[str]) -> dict[str, Any]:
    values, metrics, status = run.settings.as_dict(), run.metrics(), run.status()
    return {
        "run": run.id,
        **{name: values[name] for name in varied},
        "epochs": len(metrics),
        "val_accuracy": max((round(row["val_accuracy"], 4) for row in metrics), default=None),
        "state": status.state,
    }
