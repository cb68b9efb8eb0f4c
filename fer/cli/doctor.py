"""The command `doctor`: whether this installation works, and how to mend it."""

from __future__ import annotations

import argparse
import dataclasses
import json

from fer import doctor
from fer.cli import output


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="check packages, models, camera, network, disk and folders, and say how to mend them",
        epilog="example: python -m fer doctor --fix",
    )
    parser.add_argument("--json", metavar="FILE", help="write the findings; - is standard output")
    parser.add_argument(
        "--fix", action="store_true", help="remove what killed processes left behind"
    )
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    findings = []
    for finding in doctor.examine(options.fix):
        findings.append(finding)
        if options.json != output.STDOUT:
            mend = f" {finding.mend}" if finding.mend else ""
            print(f"{finding.state:8} {finding.check:10} {finding.message}{mend}", flush=True)
    if options.json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        output.write(options.json, json.dumps(rows, indent=1) + "\n")
    is_failed = any(finding.state == doctor.FAILED for finding in findings)
    return output.SOME_FAILED if is_failed else output.DONE
