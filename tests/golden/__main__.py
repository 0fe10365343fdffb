"""`python -m golden compare|record [--jobs N]`: compare what everything shows with what was recorded, or record it."""

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECORDED = HERE / "recorded"
SHOWN = ROOT / "build" / "golden"
MOST_LINES = 60
"""Of each file's difference."""


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="golden", description=__doc__)
    parser.add_argument("act", choices=("compare", "record"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--only", default="", help="ask only for patterns that contain this; nothing else is compared")
    order = parser.parse_args()
    began = time.monotonic()
    files = produce(order.jobs, order.only)
    target = RECORDED if order.act == "record" else SHOWN
    if not order.only:
        write(target, files)
    size = sum(len(text.encode()) for text in files.values())
    print(f"{len(files)} files, {size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if order.act == "record" else compare(files, order.only)


def produce(jobs: int, only: str) -> dict[str, str]:
    from golden.folding import Folder, frames_text
    from mailflatrate.locale.build import build as build_catalogues
    from prepared_database import copy_cluster, write_secrets

    build_catalogues(changed_only=True)
    with tempfile.TemporaryDirectory(prefix="golden-") as name:
        top = Path(name)
        top.chmod(0o755)
        world = top / "0"
        world.mkdir()
        write_secrets(world)
        copy_cluster(world)
        _wait("the world wasn't built", [_start("prepare", str(world))])
        shares = [world, *(top / str(number) for number in range(1, jobs))]
        for folder in [*shares[1:], top / "mails"]:
            subprocess.run(["cp", "-a", str(world), str(folder)], check=True)
        crawls = [_start("crawl", str(each), str(number), str(jobs), only) for number, each in enumerate(shares)]
        mails = [] if only else [_start("mails", str(top / "mails"))]
        _wait("a crawl failed", [*mails, *crawls])
        answers = [json.loads((folder / "answers.json").read_text()) for folder in shares]
        texts = {} if only else json.loads((top / "mails" / "mails.json").read_text())
    found = joined(answers)
    report(found)
    files = Folder(dict(sorted(found["pages"].items())), found["roles"]).files()
    files |= {f"{name}.txt": text for name, text in texts.items()}
    return files | {"frames.txt": frames_text(found["frames"])}


def joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Join what the crawls found."""
    frames: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        for whose, texts in answer["frames"].items():
            for text, where in texts.items():
                frames[whose][text] += where
    pages = {pattern: samples for answer in answers for pattern, samples in answer["pages"].items()}
    asked = sum(answer["asked"] for answer in answers)
    return answers[0] | {"pages": pages, "frames": frames, "asked": asked}


def report(found: dict[str, Any]) -> None:
    """Print how much was asked for. Raises SystemExit for a pattern without a sample."""
    print(f"{len(found['pages'])} patterns, {found['asked']} requests", file=sys.stderr)
    if found["missing"] or found["superfluous"]:
        print(
            "Not covered (tests/golden/objects.py names samples, addresses.py reasons):", *found["missing"], sep="\n  "
        )
        print("Named, but there is no such address:", *found["superfluous"], sep="\n  ")
        raise SystemExit(1)


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(str(ROOT / each) for each in ("src", "tests", "rig"))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore", "TZ": "UTC"}
    return subprocess.Popen([sys.executable, "-m", f"golden.{module}", *arguments], env=environment)


def _wait(trouble: str, processes: list[subprocess.Popen[bytes]]) -> None:
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"golden: {trouble}")


def write(folder: Path, files: dict[str, str]) -> None:
    """Replace a folder's content."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def compare(files: dict[str, str], only: str = "") -> int:
    """Print how the files differ from those recorded; return how many do, as an exit code."""
    recorded = {
        path.relative_to(RECORDED).as_posix(): path.read_text(encoding="utf-8") for path in RECORDED.rglob("*.txt")
    }
    names = sorted(files.keys() & recorded.keys() if only else recorded | files)
    changed = [name for name in names if recorded.get(name) != files.get(name)]
    for name in changed:
        old, new = (each.get(name, "").splitlines() for each in (recorded, files))
        lines = list(difflib.unified_diff(old, new, f"recorded/{name}", f"now/{name}", lineterm=""))
        print(*lines[:MOST_LINES], sep="\n")
        if len(lines) > MOST_LINES:
            print(f"... and {len(lines) - MOST_LINES} more lines: see {(SHOWN / name).relative_to(ROOT)}")
    print(f"{len(changed)} of {len(names)} files differ" if changed else "nothing changed")
    return bool(changed)


if __name__ == "__main__":
    raise SystemExit(main())
