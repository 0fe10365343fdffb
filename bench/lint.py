"""How right lint is on labeled messages, what it says about the open newsletters, and how fast it is.

    python bench/lint.py [--newsletters ../shared/corpus/newsletters_html] [--messages FOLDER --kind personal]

The hundred labeled messages are those of `tests/extensions/lint/lint_set`, in the two thirds that lint was tuned on and
the third that was held back. `--newsletters` is a folder of HTML files: each becomes the HTML part of a signed
campaign with a faultless header, so that what is found is about the content. `--messages` is a folder of complete
messages that are all of one kind. Exit 1 if a rule is right in less than 95 % of its findings, or a personal
message is blocked. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from extensions.lint.lint_set import halves, labeled  # noqa: E402
from extensions.lint.lint_set.bulk import mailing  # noqa: E402
from extensions.lint.lint_set.measure import NOW, Measured, measure  # noqa: E402
from mailflatrate.rules.gate.causes import find_causes, score  # noqa: E402
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts  # noqa: E402
from mailflatrate.rules.verdict import Severity  # noqa: E402

LEAST_PRECISION = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--newsletters", type=Path)
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--kind", default="personal")
    asked = parser.parse_args()
    tuned, kept_back = halves()
    everything = measure(labeled())
    answer: dict[str, object] = {
        "tuned_on": as_figures(measure(tuned)),
        "kept_back": as_figures(measure(kept_back)),
        "precision_by_rule": {key: round(share, 3) for key, share in everything.precision.items()},
    }
    if asked.newsletters:
        answer["newsletters"] = judge_newsletters(asked.newsletters)
    if asked.messages:
        answer["messages"] = judge_messages(asked.messages, asked.kind)
    print(json.dumps(answer, indent=1))
    poor = [key for key, share in everything.precision.items() if share < LEAST_PRECISION]
    return 1 if poor or everything.personal_blocked else 0


def as_figures(found: Measured) -> dict[str, object]:
    true, false = sum(found.true.values()), sum(found.false.values())
    return {
        "messages": found.messages,
        "kinds_right": found.kinds_right,
        "findings": true + false,
        "precision": round(true / (true + false), 3),
        "missed": sum(found.missed.values()),
        "personal_blocked": found.personal_blocked,
        "wrong": found.wrong,
    }


def judge_newsletters(folder: Path) -> dict[str, object]:
    """Findings by rule over the open newsletters, with the milliseconds of processor time a file."""
    base = mailing("oakandpine.com", "Oak and Pine", "en", "New chairs")
    drafts = [replace(base, html=file.read_text("utf-8", "replace")).bytes() for file in sorted(folder.glob("*.html"))]
    return judge_all(drafts)


def judge_messages(folder: Path, kind: str) -> dict[str, object]:
    """The same for whole messages, with the share whose kind was read as `kind`."""
    return judge_all([file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()], kind)


def judge_all(messages: list[bytes], kind: str = "bulk") -> dict[str, object]:
    kinds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    scores, blocked, count = [], 0, 0
    began = time.process_time()
    for raw in messages:
        facts = message_facts(raw, LintLookups(), now=NOW)
        causes = find_causes(judge_message(facts))
        kinds[facts.kind.value] += 1
        found.update(cause.finding.key for cause in causes)
        scores.append(score(causes))
        weights = {cause.finding.severity for cause in causes}
        blocked += Severity.BLOCK in weights and facts.kind.value == kind
        count += len(causes)
    each = (time.process_time() - began) / max(1, len(messages)) * 1000
    return {
        "messages": len(messages),
        "kinds": dict(kinds),
        "blocked_of_kind": blocked,
        "findings_each": round(count / max(1, len(messages)), 2),
        "median_score": sorted(scores)[len(scores) // 2] if scores else None,
        "ms_each": round(each, 1),
        "by_rule": dict(found.most_common()),
    }


if __name__ == "__main__":
    sys.exit(main())
