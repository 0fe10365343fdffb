"""`mailflatrate lint` as a process: what it prints, how it ends, what it leaves unloaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mailflatrate


def lint(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, without any setting."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment["PYTHONPATH"] = str(Path(mailflatrate.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "lint", *arguments],
        input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_from_lines_are_judged_one_by_one(tmp_path: Path) -> None:
    lines = [{"raw": "Lindenhof <a@lindenhof.example>"}, {"raw": '"help@bank.de" <a@rose.example>'}, {"nothing": 1}]
    done = lint("--from-lines", stdin="\n".join(map(json.dumps, lines)) + "\nno json\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["verdict"] for answer in answers] == ["pass", "block", "error", "error"]
    assert answers[0] == {
        "raw": "Lindenhof <a@lindenhof.example>", "name": "Lindenhof", "address": "a@lindenhof.example",
        "findings": [], "verdict": "pass",
    }  # fmt: skip
    finding = answers[1]["findings"][0]
    assert {"rule": "R-45", "severity": "block", "where": "From"}.items() <= finding.items()
    assert "help@bank.de" in finding["message"]
    own = tmp_path / "brands.csv"
    own.write_text("Lindenhof;d;elsewhere.example\n", "utf-8")
    done = lint("--from-lines", "--brands", str(own), stdin=json.dumps(lines[0]))
    assert json.loads(done.stdout)["verdict"] == "block"
    own.write_text("no brand", "utf-8")
    assert "no brand" in lint("--from-lines", "--brands", str(own), stdin="").stderr
