"""Two commits measured in one run, in turns, so that what else the machine does falls on both.

Each side is a checkout of its own: its bench script, with its source, in a database that it makes itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]


def in_turns(script: str, arguments: list[str], against: Path, rounds: int) -> dict[str, object]:
    """Run `bench/<script>` of another checkout and of this one, `rounds` times each; the best run of both.

    `ratio` is how many rows a second this one does for each of the other's. Raises CalledProcessError.
    """
    runs: dict[str, list[dict[str, Any]]] = {"before": [], "now": []}
    for _ in range(rounds):
        for when, root in (("before", against.resolve()), ("now", HERE)):
            runs[when].append(_run(root, script, arguments))
            words = (f"{key}={value}" for key, value in runs[when][-1].items())
            print(f"{when:7}", *words, file=sys.stderr, flush=True)
    best = {when: max(found, key=lambda each: float(each["rows_per_second"])) for when, found in runs.items()}
    ratio = round(best["now"]["rows_per_second"] / best["before"]["rows_per_second"], 2)
    every = {when: [each["rows_per_second"] for each in found] for when, found in runs.items()}
    return {**best["now"], "before": best["before"], "ratio": ratio, "rows_per_second_of_each_run": every}


def _run(root: Path, script: str, arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(root / "bench" / script), *arguments],
        env=os.environ | {"PYTHONPATH": f"{root / 'src'}:{root / 'rig'}"},
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
