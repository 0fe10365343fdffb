"""`mailflatrate demo`: an operator, a vetted customer, a real import, a real campaign, and the feedback, all through
the product's own actions. Without a relay, mail ends in the test inbox, whose addresses bounce or complain on
request.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mailflatrate.entrypoints.cli.demo.environment import (
    COLLEAGUE,
    OPERATOR,
    OTHER,
    OWNER,
    PASSWORD,
    DemoPlace,
    prepare,
)
from mailflatrate.settings.schema import Settings, load_settings

LABELS = {
    "mailing_id": "Mailing ID", "imported": "Imported with proof", "quarantined": "Quarantined", "refused": "Refused",
    "planned": "Planned", "sent": "Delivered", "withheld": "Skipped", "bounced_hard": "Hard bounces",
    "bounced_soft": "Soft bounces", "complained": "Spam complaints", "unsubscribed": "Unsubscribed",
    "automatic_answers": "Automatic replies", "in_doubt": "Unknown result", "waiting": "Still queued",
}  # fmt: skip
# What contacts.csv must give: 1,949 rows with proof; of the addresses that misbehave, by name:
# hard = 8 x-550 + 6 x-bounce; soft = 4 x-full + 2 x-421 + 1 x-timeout; unsubscribed = 3 x-unsubscribe + 3 x-oneclick.
EXPECTED: dict[str, Any] = {
    "imported": 1949, "planned": 1949, "sent": 1923, "withheld": {"missing_value": 5}, "bounced_hard": 14,
    "bounced_soft": 7, "complained": 2, "unsubscribed": 6, "automatic_answers": 4, "in_doubt": 0, "waiting": 0,
}  # fmt: skip


def table(numbers: dict[str, Any]) -> str:
    lines = []
    for key, label in LABELS.items():
        value = numbers[key]
        if isinstance(value, dict):
            total = sum(value.values())
            parts = ", ".join(f"{reason.replace('_', ' ')} {number}" for reason, number in sorted(value.items()))
            value = f"{total:,}" + (f"  ({parts})" if parts else "")
        lines.append(f"  {label:<24}{value if isinstance(value, str) else format(value, ',')}")
    return "\n" + "\n".join(lines) + "\n"


def wrong(numbers: dict[str, Any]) -> list[str]:
    return [
        f"{LABELS[key]}: {numbers[key]} instead of {expected}"
        for key, expected in EXPECTED.items()
        if numbers[key] != expected
    ]


def print_where(settings: Settings, numbers: dict[str, Any]) -> None:
    base = f"http://{settings.web_host}:{settings.web_port}"
    click.echo(f"  Pages      {base}/studio/")
    click.echo(f"  Sign-up    {base}/f/{numbers['form_code']}/")
    click.echo(f"  Test inbox {base}/studio/test-inbox/")
    click.echo(f"  Customer   {OWNER}, {COLLEAGUE} (Gärtnerei Lindenhof), {OTHER} (another customer)")
    click.echo(f"  Operations {base}/desk/")
    click.echo(f"  Apply      {base}/apply/ (find the sign-up link in {base}/desk/test-inbox/)")
    click.echo(f"  Operator   {OPERATOR}; the sign-in page shows the two-factor code (demo only)")
    click.echo(f"             (key for an authenticator app: {settings.demo_second_factor})")
    click.echo(f"  Password   {PASSWORD}, for all users\n")
    click.echo("  Press Ctrl-C to end the demo. No email has left this machine.")


MARKER = "this-folder-belongs-to-the-demonstration"


@contextmanager
def _folder(once: bool) -> Iterator[Path]:
    """Provide an empty folder: a temporary one for `--once`, otherwise `var/demo`, emptied if we created it."""
    if once:
        path = Path(tempfile.mkdtemp(prefix="mailflatrate-demo-"))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
        return
    path = Path(os.environ.get("MAILFLATRATE_DATA_DIR") or "var/demo").resolve()
    if path.exists() and any(path.iterdir()):
        if not (path / MARKER).exists():
            raise click.ClickException(
                f"{path} contains other files. Choose another folder with MAILFLATRATE_DATA_DIR."
            )
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / MARKER).touch()
    yield path


@contextmanager
def _readers(mailing_id: str, *, enabled: bool) -> Iterator[None]:
    """Let readers click while the demo serves people; programs that read `--json` get a world that stands still."""
    from mailflatrate.entrypoints.cli.demo import readers

    stop = threading.Event()
    thread = readers.start(mailing_id, stop) if enabled else None
    try:
        yield
    finally:
        stop.set()
        if thread is not None:
            thread.join()


@click.command()
@click.option(
    "--once",
    is_flag=True,
    help="Run once, print the results and exit. The exit status is 0 only if the numbers are right.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
def demo_command(once: bool, as_json: bool) -> None:
    """Set up a demo, send a campaign in it, and show the results."""
    with _folder(once) as folder:
        status = run_demo(folder, once=once, as_json=as_json)
    sys.exit(status)


def run_demo(folder: Path, *, once: bool, as_json: bool) -> int:
    place = prepare(folder)
    try:
        return _run(place, once=once, as_json=as_json)
    finally:
        place.close()


def _run(place: DemoPlace, *, once: bool, as_json: bool) -> int:
    from mailflatrate.entrypoints.boot import boot
    from mailflatrate.entrypoints.cli.serve import owned_database, processes
    from mailflatrate.entrypoints.cli.setup import bring_up_to_date

    settings = load_settings()
    with owned_database(settings):
        boot()
        bring_up_to_date(settings)
        from mailflatrate.entrypoints.cli.demo import print_where, table, wrong
        from mailflatrate.entrypoints.cli.demo.story import play

        supervisor = processes(settings, dict(os.environ))
        threading.Thread(target=supervisor.watch).start()
        try:
            numbers = play(place, say=lambda line: click.echo(line, err=True))
            click.echo(json.dumps(numbers, ensure_ascii=False) if as_json else table(numbers))
            problems = wrong(numbers)
            for problem in problems:
                click.echo(problem, err=True)
            if not once:
                print_where(settings, numbers)
                with _readers(str(numbers["mailing_id"]), enabled=not as_json):
                    supervisor.wait()
        except KeyboardInterrupt:
            problems = ["interrupted before it finished"] if once else []
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)  # pressing Ctrl-C again doesn't interrupt the shutdown
            supervisor.stop()
            supervisor.wait()
    return 1 if problems else 0
