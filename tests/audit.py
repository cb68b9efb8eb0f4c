"""`make audit`: known vulnerabilities of the installed packages, by pip-audit.

It needs an advisory database on the internet. Without one it says so and fails nothing, so that
`make check` works on a computer without a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

LIMIT_SECONDS = 120
COMMAND = (sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off")


def main() -> int:
    try:
        done = subprocess.run(
            [*COMMAND, "--timeout", "10"], capture_output=True, text=True, timeout=LIMIT_SECONDS
        )
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        found = []
    text, code = verdict(found)
    print(text, file=sys.stderr)
    return code


def verdict(packages: list[dict[str, Any]]) -> tuple[str, int]:
    """What to say of pip-audit's list of packages, and the exit code."""
    audited = [package for package in packages if "skip_reason" not in package]
    bad = [package for package in audited if package["vulns"]]
    if not audited:
        return "audit: no advisory database could be asked; nothing was checked.", 0
    if not bad:
        return f"audit: {len(audited)} packages, no known vulnerability.", 0
    lines = [
        f"audit: {package['name']} {package['version']}: {vulnerability['id']}; fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}."
        for package in bad
        for vulnerability in package["vulns"]
    ]
    return "\n".join(lines), 1


if __name__ == "__main__":
    sys.exit(main())
