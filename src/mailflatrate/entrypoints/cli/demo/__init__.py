"""`mailflatrate demo`: one operator, one vetted customer, a real import, a real campaign, and the feedback.

Everything uses the product's own actions; nothing bypasses them. Without a relay, all mail ends in the test inbox,
whose addresses bounce or complain on request.
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

import click

from mailflatrate.entrypoints.cli.demo.environment import DemoPlace, prepare
from mailflatrate.settings.schema import load_settings

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
def _readers(mailing_id: str, *, wanted: bool) -> Iterator[None]:
    """Let readers click while the demo serves people; programs that read `--json` get a world that stands still."""
    from mailflatrate.entrypoints.cli.demo import readers

    stop = threading.Event()
    thread = readers.start(mailing_id, stop) if wanted else None
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
    """Play the demo in a folder, bringing the database there up to date first; return the exit status."""
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
        from mailflatrate.entrypoints.cli.demo.report import print_where, table, wrong
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
                with _readers(str(numbers["mailing_id"]), wanted=not as_json):
                    supervisor.wait()
        except KeyboardInterrupt:
            problems = ["interrupted before it finished"] if once else []
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)  # pressing Ctrl-C again doesn't interrupt the shutdown
            supervisor.stop()
            supervisor.wait()
    return 1 if problems else 0
