"""Runs `mailflatrate doctor` as a command of its own, for the setup page: it queries servers for up to half a minute,
and its findings must be the same as on this host's command line.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy

from mailflatrate.entrypoints.boot.doctor_report import Level, Line

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

COMMAND: Final = (sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "doctor", "--json")
MOST_SECONDS: Final = 45.0
"""Below the longest pause that the database allows in a transaction (MAILFLATRATE_DATABASE_STATEMENT_SECONDS)."""
WORST_FIRST: Final = (Level.MISSING, Level.WARNING, Level.OK)


class ExaminationFailed(Exception):
    """The doctor took too long or ended without a report. The text says which."""


@dataclass(frozen=True, slots=True)
class SetupStep:
    key: str
    title: "StrOrPromise"
    text: "StrOrPromise"
    icon: str
    topics: frozenset[str]
    url_name: str = ""
    action: "StrOrPromise" = ""


@dataclass(frozen=True, slots=True)
class StepReport:
    step: SetupStep
    findings: tuple[Line, ...]

    @property
    def level(self) -> Level:
        return min((finding.level for finding in self.findings), key=WORST_FIRST.index, default=Level.OK)

    @property
    def unfinished(self) -> tuple[Line, ...]:
        return tuple(finding for finding in self.findings if finding.level is not Level.OK)

    @property
    def finished(self) -> tuple[Line, ...]:
        return tuple(finding for finding in self.findings if finding.level is Level.OK)


STEPS: Final = (
    SetupStep(
        "people", gettext_lazy("People"), gettext_lazy("Operators who make decisions, each with two-factor "
                                                       "authentication."), "users",
        frozenset({"desk"}),
    ),
    SetupStep(
        "host", gettext_lazy("This server"),
        gettext_lazy("Settings, certificate, disk space and signatures."), "server",
        frozenset({"settings", "proxy", "disk", "tls", "signing", "inbound", "storage"}),
    ),
    SetupStep(
        "database", gettext_lazy("Database and workers"),
        gettext_lazy("Schema, keys, connections and jobs."), "database",
        frozenset({"database", "migrations", "keys", "audit", "replica", "sending", "jobs", "workers", "backup"}),
    ),
    SetupStep(
        "relay", gettext_lazy("Relay"), gettext_lazy("The relays that send your messages. Without one, they stay "
                                                     "in the test inbox."),
        "route", frozenset({"relay", "smtputf8", "queue", "postfix"}), "relays", gettext_lazy("Go to relays"),
    ),
    SetupStep(
        "dns", gettext_lazy("DNS of your domain"),
        gettext_lazy("Records that mailbox providers and your customers' domains rely on."), "globe",
        frozenset(),
    ),
    SetupStep(
        "asked", gettext_lazy("Provider requirements"),
        gettext_lazy("The requirements that apply to the whole service."),
        "badge-check", frozenset({"asked"}), "compliance", gettext_lazy("Go to requirements"),
    ),
)  # fmt: skip
_REST: Final = "dns"  # the topics of DNS lines are the kinds of records, and grow with them


def examine() -> tuple[Line, ...]:
    """Run the doctor on this host. Raises ExaminationFailed."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
        lines = json.loads(done.stdout)["lines"]
    except subprocess.TimeoutExpired as problem:
        raise ExaminationFailed(f"mailflatrate doctor: > {MOST_SECONDS:g} s") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise ExaminationFailed((done.stderr.strip() or done.stdout.strip())[-500:]) from problem
    return read_findings(lines)


def read_findings(lines: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    return tuple(Line.from_json(line) for line in lines)


def by_step(findings: Sequence[Line]) -> list[StepReport]:
    home = {topic: step.key for step in STEPS for topic in step.topics}
    ordered = sorted(findings, key=lambda line: WORST_FIRST.index(line.level))
    return [
        StepReport(step, tuple(line for line in ordered if home.get(line.topic, _REST) == step.key)) for step in STEPS
    ]
