"""`mailflatrate doctor`: what is missing for real sending, and how to fix it. Nothing is changed without `--prepare`;
only findings about the service's own domain are stored, because messages wait for them.
"""

import json
import sys
from collections.abc import Iterator, Sequence

import click

from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.boot.doctor_report import Level, Line, missing, ok, printed, warning
from mailflatrate.entrypoints.cli.doctor.host import host_lines
from mailflatrate.rules.compliance.judge import CriterionResult, Facts, State, judge_all
from mailflatrate.rules.compliance.table import Holder
from mailflatrate.settings.postgres import DatabaseFailed, DatabaseInUse, EmbeddedPostgres
from mailflatrate.settings.schema import Settings, load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--prepare", is_flag=True, help="Create the signing key of the service's own domain if there isn't one.")
def doctor_command(as_json: bool, prepare: bool) -> None:
    """Check whether this installation is ready for real sending. Exits with 0 only if nothing is missing."""
    lines = list(_examine(load_settings(), prepare=prepare))
    lines += compliance_lines(lines)
    ready = all(line.level is not Level.MISSING for line in lines)
    if as_json:
        click.echo(json.dumps({"ready": ready, "lines": [line.as_json() for line in lines]}, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(printed(line))
        count = sum(line.level is Level.MISSING for line in lines)
        click.echo("Ready for real sending." if ready else f"Not ready: {count} missing.")
    sys.exit(0 if ready else 1)


def _examine(settings: Settings, *, prepare: bool) -> Iterator[Line]:
    yield from host_lines(settings)
    if not settings.is_embedded:
        yield from _with_database(settings, prepare=prepare)
        return
    try:
        with EmbeddedPostgres(settings.data_dir).available():
            yield from _with_database(settings, prepare=prepare)
    except (DatabaseFailed, DatabaseInUse) as problem:
        yield missing("database", str(problem), "Read the log in the postgres folder of the data folder.")


def _with_database(settings: Settings, *, prepare: bool) -> Iterator[Line]:
    """Run all checks that need Django. Without a usable database, skip those that would only repeat its failure."""
    boot()
    from mailflatrate.apps.domains.actions import service
    from mailflatrate.entrypoints.cli.doctor import capacity, database, dns_records, files, processes, relay

    usable = True
    for line in database.store_lines(settings):
        usable = usable and line.level is not Level.MISSING
        yield line
    yield from relay.relay_lines(settings)
    if usable:
        if prepare:
            service.ensure_service_key(settings)
        yield from capacity.capacity_lines(settings)
        yield from processes.unknown_lines()
        yield from processes.mark_lines(settings)
        yield from files.storage_lines(settings)
        yield from files.withdrawals_lines(settings)
        yield from relay.table_lines(settings)
        yield from processes.traffic_lines(settings)
        yield from dns_records.house_lines(settings)
    yield from dns_records.service_lines(settings)
    yield from processes.writing_lines(settings)


TOPIC = "asked"


def compliance_lines(lines: Sequence[Line]) -> Iterator[Line]:
    seen = {line.topic: True for line in lines}
    seen |= {line.topic: False for line in lines if line.level is Level.MISSING}
    if not seen.get("mx", True):
        seen["inbound"] = False  # no mail reaches a listener without an MX record
    for judgement in judge_all(_facts(seen)):
        yield _line(judgement)


def _facts(seen: dict[str, bool]) -> Facts:
    if not seen.get("database", False) or not seen.get("migrations", True):
        return Facts(seen=seen)
    from mailflatrate.apps.stats.compliance import service_facts
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.METRICS):
        return service_facts(seen)


def _line(judgement: CriterionResult) -> Line:
    criterion = judgement.criterion
    asked = ", ".join(body.value for body in criterion.bodies)
    text = f"{criterion.rule} {criterion.text.title}{f' ({asked})' if asked else ''}: "
    if criterion.holder is Holder.BUILT:
        return ok(TOPIC, f"{text}built in")
    if criterion.holder is Holder.OPERATOR:
        if judgement.state is State.DONE:
            return ok(TOPIC, f"{text}OK")
        word = "needs fixing, see above" if judgement.state is State.BROKEN else "your responsibility"
        return warning(TOPIC, f"{text}{word}", criterion.text.how)
    assert criterion.figure is not None
    unit = "%" if criterion.figure.is_percent else ""
    digits = 2 if criterion.figure.is_percent else 0
    if judgement.figure is None:
        return ok(TOPIC, f"{text}no data yet, limit {judgement.limit:g}{unit}")
    text += f"{judgement.figure:.{digits}f}{unit}, limit {judgement.limit:.{digits}f}{unit}"
    return ok(TOPIC, text) if judgement.state in (State.HELD, State.NEAR) else warning(TOPIC, text, criterion.text.how)
