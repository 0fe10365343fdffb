"""The protocol of sending, checked over all interleavings; and the page of the model names what exists."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mailflatrate"
MODEL = ROOT / "docs" / "model"
NO = ("WITHDRAWAL", "SIZE=1")
RUNS = {
    "replica": ("EVENTS=WITH_REPLICA",),
    "copy": ("EVENTS=WITH_COPY",),
    "withdrawal and replica": ("EVENTS=CRASH+LOSE+HOST+KILL+STALL", *NO),
    "withdrawal and copy": ("EVENTS=WITH_COPY", *NO),
}
REVERSED = [
    ("MEMORY", "LOSE+BOOT"),
    ("NEWEST", "LOSE+BOOT"),
    ("JOIN", "LOSE"),
    ("JOIN", "LOSE+HOST"),
    ("AGAIN", "CRASH+LOSE"),
    ("NAMES", "LOSE+HOST"),
    ("NAMES", "PUTBACK+HOST"),
    ("JOURNALED", "LOSE"),
    ("JOURNALED", "RESTORE"),
    ("POSITION", "PUTBACK"),
    ("RUN", "CRASH+HOST"),
    ("CLOCK", "LOSE"),
    ("LATE", "LOSE"),
    ("HELD", "PUTBACK+RESTORE"),
]


def check(folder: Path, *defined: str, optimized: bool) -> str:
    macros = [f"-D{each}" for each in ("FAILURES=2", *defined)]
    level = "-O2" if optimized else "-O0"
    for command in (
        ["spin", *macros, "-a", str(MODEL / "sending.pml")],
        ["gcc", level, "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"],
        ["./pan", "-m100000", "-w24" if optimized else "-w18"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_sent_twice_or_lost_in_any_interleaving(tmp_path: Path, name: str) -> None:
    report = check(tmp_path, *RUNS[name], optimized=True)
    assert "errors: 0" in report, report
    assert "max search depth too small" not in report


@pytest.mark.slow
@pytest.mark.parametrize(("fix", "events"), REVERSED)
def test_the_model_without_a_fix_fails(tmp_path: Path, fix: str, events: str) -> None:
    macros = [f"FIX_{fix}=0", f"EVENTS={events}", "SIZE=1", *(["WITHDRAWAL"] if fix == "JOURNALED" else [])]
    report = check(tmp_path, *macros, optimized=False)
    assert "assertion violated" in report, report
    assert "errors: 1" in report


def test_each_switch_is_reversed_and_explained() -> None:
    switches = set(re.findall(r"#ifndef FIX_(\w+)", (MODEL / "sending.pml").read_text()))
    assert switches == {fix for fix, _ in REVERSED}
    assert switches == set(re.findall(r"^\| `FIX_(\w+)` \|", (MODEL / "README.md").read_text(), re.MULTILINE))


def test_what_the_page_names_exists() -> None:
    model = (MODEL / "sending.pml").read_text()
    page = (MODEL / "README.md").read_text().partition("## Names")[2].partition("## Switches")[0]
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ") and ".py`" in line]
    assert len(rows) >= 12
    for ours, files, functions in rows:
        missing = [name for name in re.findall(r"`(\w+)`", ours) if not re.search(rf"\b{name}\b", model)]
        assert missing == []
        source = "\n".join((PACKAGE / name).read_text() for name in re.findall(r"`([\w/]+\.py)`", files))
        assert [name for name in re.findall(r"`(\w+)`", functions) if f"def {name}(" not in source] == []
