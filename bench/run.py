"""All benchmarks one after another; each result goes to bench/results/NAME.json, and a table to standard output.

python bench/run.py [NAME ...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
NAMES = ("letter", "address", "bounces", "compile", "import", "ledger", "plan", "send", "faults")
ARGUMENTS = {"bounces": ("--json",), "import": ("--json",)}


def figures(result: dict[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    """Every number of a result with the way to it."""
    for name, value in result.items():
        if isinstance(value, dict):
            yield from figures(value, f"{path}{name}.")
        elif isinstance(value, int | float):
            yield f"{path}{name}", value


def run(name: str) -> bool:
    """Run one and keep what it printed last; False when it failed."""
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), *ARGUMENTS.get(name, ())],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"{name}: no result (exit {done.returncode})")
        return False
    result = json.loads(lines[-1])
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{name}{'' if done.returncode == 0 else ' FAILED'}")
    for figure, value in figures(result):
        print(f"  {figure:60} {value:>14,}")
    return done.returncode == 0


def main() -> None:
    """Run what was asked for; exit 1 when one failed."""
    parser = argparse.ArgumentParser(description="run the benchmarks")
    parser.add_argument("names", nargs="*", default=list(NAMES), metavar="NAME")
    RESULTS.mkdir(exist_ok=True)
    failed = [name for name in parser.parse_args().names if not run(name)]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
