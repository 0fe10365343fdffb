"""Read the bounces of the shared corpus, beside flufl.bounce and Sisimai, and score all of them with its own scorer.

    python bench/bounces.py [--fuzz 100000] [--json]

Rates are messages per second of processor time, so that other work on the machine does not slow them.
`--fuzz` breaks the messages in that many ways and demands an answer to each. The corpus is not ours to publish: its
folder is named by MAILFLATRATE_CORPUS or lies at ../shared/corpus beside the repository; without it the benchmark
says so and measures nothing. Peers that are not installed are skipped with a line that says how to get them.
"""

import argparse
import email
import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path

from mailflatrate.mail.bounce_text import verdict
from mailflatrate.mail.inspect import inspect_message

#: Figure -> whether the bound is an upper one, and the bound.
TARGETS: dict[str, tuple[bool, float]] = {
    "recall": (False, 99.0),
    "recall_without_dsn": (False, 95.0),
    "false_positives": (True, 0.3),
    "recipients_exact": (False, 98.0),
    "hard_found": (False, 97.0),
    "soft_called_hard": (True, 1.0),
    "replies_hard_found": (False, 95.0),
    "replies_soft_called_hard": (True, 1.0),
    "messages_per_second": (False, 1500.0),
}

#: How the scorer prints each figure.
_FIGURES = {
    "recall": r"recall all\s+([\d.]+)%",
    "recall_without_dsn": r"non-DSN\s+([\d.]+)%",
    "false_positives": r"false positives\s+([\d.]+)%",
    "recipients_exact": r"recipients exact\s+([\d.]+)%",
    "hard_found": r"\[all labels\].*hard found\s+([\d.]+)%",
    "soft_called_hard": r"\[all labels\].*soft called hard\s+([\d.]+)%",
    "feedback_recognised": r"ARF/FBL recognised\s+([\d.]+)%",
    "feedback_claimed_on_other_mail": r"FBL claimed on other mail (\d+)",
    "exceptions": r"exceptions (\d+)",
}

_SISIMAI = r"""
use strict; use warnings; use Sisimai; use JSON::PP;
my $json = JSON::PP->new->utf8; my $spent = 0;
while (my $line = <STDIN>) {
    chomp $line; my ($id, $path) = split /\t/, $line, 2;
    my ($found, $err) = (undef, undef); my ($from_user, $from_system) = times;
    local $SIG{__WARN__} = sub {};
    eval { $found = Sisimai->rise($path, delivered => 1, vacation => 1); 1 } or $err = 'died';
    my ($user, $system) = times; $spent += $user + $system - $from_user - $from_system;
    my ($bounce, $hard, $feedback, @to) = (JSON::PP::false, JSON::PP::false, undef);
    for my $item (@{$found || []}) {
        if ($item->reason eq 'feedback') { $feedback = $item->feedbacktype || 'abuse'; next }
        next if $item->reason =~ /^(?:vacation|delivered)$/;
        $bounce = JSON::PP::true; $hard = JSON::PP::true if $item->hardbounce; push @to, $item->recipient->address;
    }
    print $json->encode({ id => $id, is_bounce => $bounce, recipients => \@to, hard => $hard, feedback => $feedback,
        err => $err }), "\n";
}
print STDERR "SPENT $spent\n";
"""

REPLIES = Path(__file__).resolve().parents[1] / "tests" / "mail" / "replies"

Rows = list[dict[str, object]]


def corpus_folder() -> Path | None:
    """Return the folder with the manifest and the scorer, or None where there is none."""
    named = os.environ.get("MAILFLATRATE_CORPUS")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "corpus"
    folder = root / "bounces"
    return folder if (folder / "manifest.jsonl").is_file() else None


def run_ours(mails: list[tuple[str, Path]]) -> tuple[Rows, float]:
    """Our answers and the seconds of processor time that they took, files read beforehand."""
    raws = [(name, path.read_bytes()) for name, path in mails]
    rows: Rows = []
    # Verdicts on texts seen before are kept; a measurement must not live on the warm-up's.
    verdict._judge.cache_clear()
    start = time.process_time()
    for name, raw in raws:
        seen = inspect_message(raw)
        rows.append(
            {
                "id": name,
                "is_bounce": seen.is_bounce,
                "recipients": list(seen.recipients),
                "hard": bool(seen.hard),
                "feedback": seen.feedback,
                "err": seen.error,
            }
        )
    return rows, time.process_time() - start


def run_flufl(mails: list[tuple[str, Path]]) -> tuple[Rows, float] | str:
    """The answers of GNU Mailman's library; it calls every permanent failure hard."""
    try:
        from flufl.bounce import all_failures
    except ImportError:
        return "flufl.bounce is not installed: pip install flufl.bounce"
    logging.disable(logging.CRITICAL)
    raws = [(name, path.read_bytes()) for name, path in mails]
    rows: Rows = []
    start = time.process_time()
    for name, raw in raws:
        error = None
        temporary: AbstractSet[bytes] = frozenset()
        permanent: AbstractSet[bytes] = frozenset()
        try:
            temporary, permanent = all_failures(email.message_from_bytes(raw))
        except Exception as problem:
            error = type(problem).__name__
        rows.append(
            {
                "id": name,
                "is_bounce": bool(temporary or permanent),
                "recipients": [item.decode("utf-8", "replace") for item in (*permanent, *temporary)],
                "hard": bool(permanent),
                "feedback": None,
                "err": error,
            }
        )
    return rows, time.process_time() - start


def run_sisimai(mails: list[tuple[str, Path]]) -> tuple[Rows, float] | str:
    """The answers of Sisimai, in one Perl process that also takes the time."""
    perl = shutil.which("perl")
    if perl is None or subprocess.run([perl, "-MSisimai", "-e", "1"], capture_output=True, check=False).returncode:
        return "Sisimai is not installed: apt-get install libsisimai-perl"
    paths = "".join(f"{name}\t{path}\n" for name, path in mails)
    done = subprocess.run([perl, "-e", _SISIMAI], input=paths, capture_output=True, text=True, check=True)
    spent = re.search(r"SPENT ([\d.]+)", done.stderr)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return rows, float(spent[1]) if spent else 0.0


def score(folder: Path, name: str, rows: Rows) -> dict[str, float]:
    """The figures that the corpus's own scorer prints for these answers."""
    with tempfile.TemporaryDirectory() as out:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (Path(out) / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        manifest = str(folder / "manifest.jsonl")
        command = [sys.executable, str(folder / "score.py"), out, "--peers", name, "--corpus", manifest]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {figure: re.search(pattern, printed) for figure, pattern in _FIGURES.items()}
    return {figure: float(match[1]) for figure, match in found.items() if match}


def score_replies() -> dict[str, float]:
    """The shares of our own replies (tests/mail/replies): dead addresses found, living ones taken for dead."""
    lines = [
        line
        for path in sorted(REPLIES.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line[:2] in ("H|", "S|")
    ]
    verdicts = [(line[0] == "H", verdict.judge(line[2:]).hard) for line in lines]
    found = [hard for dead, hard in verdicts if dead]
    wrong = [hard for dead, hard in verdicts if not dead]
    return {
        "replies_hard_found": round(100 * sum(found) / len(found), 1),
        "replies_soft_called_hard": round(100 * sum(wrong) / len(wrong), 1),
    }


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """The message broken in one to four ways: cut, doubled, flipped, folded, its marks exchanged."""
    data = bytearray(raw[:60_000])
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        what = dice.randrange(7)
        if what == 0:
            del data[at:]
        elif what == 1:
            del data[at : at + dice.randrange(1, 200)]
        elif what == 2:
            data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 30)))
        elif what == 3:
            data[at:at] = data[max(0, at - dice.randrange(1, 400)) : at]
        elif what == 4:
            data[at:at] = dice.choice(
                [b"\n\n", b"\r\n\r\n", b"\r", b"\0", b"--", b"=?", b"?=", b"<", b">", b"@", b";", b":"]
            )
        elif what == 5 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif what == 6:
            old, new = dice.choice(
                [(b"boundary", b"bundary"), (b"\n", b"\r\n"), (b"base64", b"7bit"), (b"utf-8", b"zip")]
            )
            data = data.replace(old, new)
    return bytes(data)


def fuzz(mails: list[tuple[str, Path]], count: int) -> dict[str, object]:
    """How many mutations were answered with an error, the slowest answer, and an example of an error."""
    dice = random.Random(20261124)
    raws = [path.read_bytes() for _, path in mails]
    errors: list[str] = []
    slowest = 0.0
    start = time.perf_counter()
    for _ in range(count):
        raw = mutate(dice.choice(raws), dice)
        began = time.thread_time()
        seen = inspect_message(raw)
        slowest = max(slowest, time.thread_time() - began)
        if seen.error:
            errors.append(seen.error)
    return {
        "mutations": count,
        "errors": len(errors),
        "example": errors[0] if errors else None,
        "slowest_cpu_ms": round(slowest * 1000, 1),
        "seconds": round(time.perf_counter() - start, 1),
    }


def holds(figures: dict[str, float]) -> dict[str, bool]:
    """Which of the targets the figures reach."""
    return {
        name: figures[name] <= bound if at_most else figures[name] >= bound
        for name, (at_most, bound) in TARGETS.items()
    }


def main() -> int:
    """Measure, print, and return 0 when every target holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzz", type=int, default=0, help="number of mutations to answer")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    folder = corpus_folder()
    if folder is None:
        print("no corpus: set MAILFLATRATE_CORPUS to its folder; nothing was measured")
        return 0
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    mails = [(str(item["id"]), folder / item["file"]) for item in manifest]
    run_ours(mails[:50])
    runners: dict[str, Callable[[list[tuple[str, Path]]], tuple[Rows, float] | str]] = {
        "ours": run_ours,
        "flufl": run_flufl,
        "sisimai": run_sisimai,
    }
    result: dict[str, object] = {"messages": len(mails)}
    for name, runner in runners.items():
        answer = runner(mails)
        if isinstance(answer, str):
            result[name] = {"skipped": answer}
            continue
        rows, seconds = answer
        result[name] = {**score(folder, name, rows), "messages_per_second": round(len(mails) / seconds)}
    ours = result["ours"]
    assert isinstance(ours, dict)
    ours |= score_replies()
    held = holds(ours)
    result["targets_held"] = held
    if options.fuzz:
        result["fuzz"] = fuzz(mails, options.fuzz)
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0 if all(held.values()) else 1


def show(result: dict[str, object]) -> None:
    """The same as a table."""
    names = [name for name in ("ours", "flufl", "sisimai") if name in result]
    print(f"{'':32}" + "".join(f"{name:>12}" for name in names) + f"{'target':>12}")
    for figure in (*_FIGURES, "replies_hard_found", "replies_soft_called_hard", "messages_per_second"):
        cells = []
        for name in names:
            figures = result[name]
            value = figures.get(figure) if isinstance(figures, dict) else None
            cells.append(f"{'-' if value is None else value:>12}")
        at_most, bound = TARGETS.get(figure, (False, -1.0))
        target = "" if bound < 0 else f"{'<=' if at_most else '>='} {bound:g}"
        print(f"{figure:32}" + "".join(cells) + f"{target:>12}")
    for name in names:
        figures = result[name]
        if isinstance(figures, dict) and "skipped" in figures:
            print(f"{name}: {figures['skipped']}")
    if "fuzz" in result:
        print(f"fuzz: {result['fuzz']}")


if __name__ == "__main__":
    sys.exit(main())
