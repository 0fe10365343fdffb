"""The alerts of deploy/monitoring fire when they should and stay silent otherwise; runbook and dashboard keep up."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from mailflatrate.apps.delivery.relays.queue_tables import LogFollower
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.metrics.names import begin_follower, begin_job, begin_relay
from mailflatrate.base.metrics.sharing import SharedMetrics
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
MINUTES = 120
EVALUATED_EVERY = "6m"
"""Rarer than in production: only the end of the two hours is looked at."""
# A series without labels of its own gets the label `instance`; values are given a minute, in promtool's notation.
HEALTHY = {
    'up{job="mailflatrate"}': "1x120",
    "mailflatrate_figures_failed": "0x120",
    "mailflatrate_sending_held": "0x120",
    "mailflatrate_database_answers": "1x120",
    "mailflatrate_senders_without_room": "0x120",
    "mailflatrate_journal_damaged_lines_total": "4x120",
    "mailflatrate_withdrawals_unread": "0x120",
    "mailflatrate_withdrawals_unjournaled_total": "2x120",
    "mailflatrate_chunk_heartbeat_seconds": "20x120",
    "mailflatrate_unknown_results": "12x120",
    "mailflatrate_journal_left_seconds": "0x120",
    'mailflatrate_relay_failures_total{relay="r"}': "3x120",
    'mailflatrate_relay_seconds_bucket{relay="r",le="0.5"}': "0+99x120",
    'mailflatrate_relay_seconds_bucket{relay="r",le="10"}': "0+100x120",
    'mailflatrate_relay_seconds_bucket{relay="r",le="+Inf"}': "0+100x120",
    'mailflatrate_results_total{relay="r",provider="google",result="sent"}': "0+1000x120",
    'mailflatrate_results_total{relay="r",provider="google",result="deferred"}': "0+20x120",
    'mailflatrate_results_total{relay="r",provider="google",result="bounced"}': "0+10x120",
    'mailflatrate_results_total{relay="r",provider="google",result="withheld"}': "0+9000x120",
    'mailflatrate_relay_failing_seconds{relay="r"}': "0x120",
    'mailflatrate_relay_attempts_total{provider="google",result="sent"}': "0+1000x120",
    'mailflatrate_relay_attempts_total{provider="google",result="deferred"}': "0+20x120",
    'mailflatrate_follower_behind_seconds{follower="mta-1"}': "2x120",
    "mailflatrate_retry_overdue_seconds": "30x120",
    "mailflatrate_express_oldest_seconds": "2x120",
    "mailflatrate_inbound_oldest_seconds": "3x120",
    'mailflatrate_inbound_total{door="lmtp",result="accepted"}': "0+5x120",
    'mailflatrate_inbound_total{door="lmtp",result="deferred"}': "1x120",
    'mailflatrate_jobs_worked_total{job="consent.seal_ledger",result="failed"}': "2x120",
    'mailflatrate_jobs_worked_total{job="consent.seal_ledger",result="succeeded"}': "0+1x120",
    "mailflatrate_seal_lag_seconds": "45x120",
    "mailflatrate_audit_damaged": "0x120",
    "mailflatrate_withdrawals_waiting_seconds": "40x120",
    "mailflatrate_backup_age_seconds": "80000x120",
    'mailflatrate_database_connections{kind="used"}': "40x120",
    'mailflatrate_database_connections{kind="allowed"}': "97x120",
    "mailflatrate_database_gone_total": "1x120",
    "mailflatrate_database_refused_total": "1x120",
    "mailflatrate_clock_drift_seconds": "-0.4x120",
    'mailflatrate_replicas{kind="connected"}': "1x120",
    "mailflatrate_replica_lag_seconds": "0.2x120",
    'mailflatrate_requests_total{lane="pages",status="2xx"}': "0+300x120",
    'mailflatrate_requests_total{lane="pages",status="5xx"}': "0+1x120",
    'mailflatrate_request_seconds_bucket{lane="pages",le="0.25"}': "0+299x120",
    'mailflatrate_request_seconds_bucket{lane="pages",le="5"}': "0+301x120",
    'mailflatrate_request_seconds_bucket{lane="pages",le="+Inf"}': "0+301x120",
    "mailflatrate_held_lanes": "0x120",
    'mailflatrate_started_timestamp_seconds{process="sender-1"}': "1000x59 2000x60",
} | {
    f'mailflatrate_{name}{{queue="{queue.value}"}}': value
    for queue in JobQueue
    for name, value in (
        ("workers", "2x120"),
        # A large campaign's chunks wait their turn for hours.
        ("oldest_due_job_seconds", "7200x120" if queue is JobQueue.SEND else "5x120"),
    )
}
# Alert -> what is different from a healthy installation, and the labels with which it fires.
BROKEN: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "TargetDown": ({'up{job="mailflatrate"}': "0x120"}, {"instance": "a", "job": "mailflatrate"}),
    "FiguresMissing": ({"mailflatrate_figures_failed": "1x120"}, {"instance": "a"}),
    "NoWorker": ({'mailflatrate_workers{queue="express"}': "0x120"}, {"queue": "express"}),
    "JobsLate": ({'mailflatrate_oldest_due_job_seconds{queue="import"}': "0+60x120"}, {"queue": "import"}),
    "SendingHeld": ({"mailflatrate_sending_held": "1x120"}, {}),
    "ChunkSilent": ({"mailflatrate_chunk_heartbeat_seconds": "300x120"}, {}),
    "UnknownResults": ({"mailflatrate_unknown_results": "0x113 40x7"}, {"instance": "a"}),
    "SenderDiskFull": ({"mailflatrate_senders_without_room": "1x120"}, {}),
    "JournalDamaged": ({"mailflatrate_journal_damaged_lines_total": "0x110 3x10"}, {"instance": "a"}),
    "JournalLeft": ({"mailflatrate_journal_left_seconds": "0+60x120"}, {"instance": "a"}),
    "RelayUnreachable": ({'mailflatrate_relay_failures_total{relay="r"}': "0+2x120"}, {"relay": "r"}),
    "RelayFailing": ({'mailflatrate_relay_failing_seconds{relay="r"}': "0+60x120"}, {"relay": "r"}),
    "RelaySlow": ({'mailflatrate_relay_seconds_bucket{relay="r",le="0.5"}': "0+50x120"}, {"relay": "r"}),
    "ProviderDefers": (
        {'mailflatrate_results_total{relay="r",provider="google",result="deferred"}': "0+400x120"},
        {"provider": "google"},
    ),
    "ProviderDefersRelay": (
        {'mailflatrate_relay_attempts_total{provider="google",result="deferred"}': "0+400x120"},
        {"provider": "google"},
    ),
    "FollowerBehind": ({'mailflatrate_follower_behind_seconds{follower="mta-1"}': "0+60x120"}, {"follower": "mta-1"}),
    "BouncesHigh": (
        {'mailflatrate_results_total{relay="r",provider="google",result="bounced"}': "0+200x120"},
        {"provider": "google"},
    ),
    "RetriesLate": ({"mailflatrate_retry_overdue_seconds": "0+60x120"}, {}),
    "ExpressLate": ({"mailflatrate_express_oldest_seconds": "0+60x120"}, {}),
    "InboundLate": ({"mailflatrate_inbound_oldest_seconds": "0+60x120"}, {}),
    "InboundRefusesWork": ({'mailflatrate_inbound_total{door="lmtp",result="deferred"}': "0+3x120"}, {}),
    "JobsFail": (
        {'mailflatrate_jobs_worked_total{job="consent.seal_ledger",result="failed"}': "0x100 1x20"},
        {"job": "consent.seal_ledger"},
    ),
    "SealLate": ({"mailflatrate_seal_lag_seconds": "0+60x120"}, {}),
    "AuditDamaged": ({"mailflatrate_audit_damaged": "1x120"}, {}),
    "WithdrawalsLate": ({"mailflatrate_withdrawals_waiting_seconds": "0+60x120"}, {}),
    "WithdrawalsUnread": ({"mailflatrate_withdrawals_unread": "2x120"}, {}),
    "WithdrawalsUnjournaled": ({"mailflatrate_withdrawals_unjournaled_total": "0x110 3x10"}, {"instance": "a"}),
    "BackupOld": ({"mailflatrate_backup_age_seconds": "190000x120"}, {}),
    "DatabaseConnections": ({'mailflatrate_database_connections{kind="used"}': "90x120"}, {}),
    "DatabaseGone": ({"mailflatrate_database_gone_total": "0+6x120"}, {"instance": "a"}),
    "DatabaseRefused": ({"mailflatrate_database_refused_total": "0+1x120"}, {"instance": "a"}),
    "ClocksDiffer": ({"mailflatrate_clock_drift_seconds": "-90x120"}, {"instance": "a"}),
    "ReplicaLost": ({'mailflatrate_replicas{kind="connected"}': "1x60 0x60"}, {}),
    "ReplicaBehind": ({"mailflatrate_replica_lag_seconds": "90x120"}, {}),
    "PagesFail": ({'mailflatrate_requests_total{lane="pages",status="5xx"}': "0+60x120"}, {}),
    "PagesSlow": ({'mailflatrate_request_seconds_bucket{lane="pages",le="0.25"}': "0+100x120"}, {}),
    "LaneHeld": ({"mailflatrate_held_lanes": "2x120"}, {}),
    "ProcessRestarts": (
        {'mailflatrate_started_timestamp_seconds{process="sender-1"}': "0+100x120"},
        {"instance": "a", "process": "sender-1"},
    ),
    "SendingStands": ({name: "5000x120" for name in HEALTHY if "results_total" in name}, {}),
}


ALSO_BROKEN: list[tuple[str, dict[str, str], dict[str, str]]] = [
    # A host without a sender whose database is away: its own figures are there, and none of the database's.
    (
        "DatabaseGone",
        {"mailflatrate_database_answers": "0x120", "mailflatrate_figures_failed": "40x120"},
        {"instance": "a"},
    )
]
"""What fires an alert in another way."""


def _series(changed: dict[str, str]) -> list[dict[str, str]]:
    found = []
    for name, values in (HEALTHY | changed).items():
        bare, _, labels = name.rstrip("}").partition("{")
        found.append({"series": f'{bare}{{instance="a"{"," if labels else ""}{labels}}}', "values": values})
    return found


def _case(changed: dict[str, str], expression: str, expected: list[dict[str, str]]) -> dict[str, object]:
    samples = [
        {"labels": f"ALERTS{{{','.join(f'{k}={json.dumps(v)}' for k, v in each.items())}}}", "value": 1}
        for each in expected
    ]
    question = {"expr": expression, "eval_time": f"{MINUTES - 1}m", "exp_samples": samples}
    return {"interval": "1m", "input_series": _series(changed), "promql_expr_test": [question]}


def _rules() -> dict[str, str]:
    text = (MONITORING / "rules.yml").read_text()
    return dict(re.findall(r"- alert: (\w+)\n.*?severity: (\w+)", text, re.DOTALL))


@pytest.mark.slow
def test_every_alert_fires_and_stays_silent_otherwise(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: install the package prometheus, or run `make tools`")
    rules = _rules()
    assert rules.keys() == BROKEN.keys()
    cases = [_case({}, "ALERTS", [])]
    every = [(name, *case) for name, case in BROKEN.items()] + ALSO_BROKEN
    for name, changed, labels in every:
        told = {"alertname": name, "alertstate": "firing", "severity": rules[name], **labels}
        cases.append(_case(changed, f'ALERTS{{alertname="{name}",alertstate="firing"}}', [told]))
    shutil.copy(MONITORING / "rules.yml", tmp_path)
    written = {"rule_files": ["rules.yml"], "evaluation_interval": EVALUATED_EVERY, "tests": cases}
    gone = {**ALSO_BROKEN[0][1]}
    cases.append(_case(gone, 'ALERTS{alertname="TargetDown"}', []))
    (tmp_path / "test.yml").write_text(json.dumps(written))
    for command in (["check", "config", str(MONITORING / "prometheus.yml")], ["test", "rules", "test.yml"]):
        done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_every_alert_has_its_section_in_the_runbook() -> None:
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sections == list(_rules())
    rules = (MONITORING / "rules.yml").read_text()
    assert re.findall(r"runbook: docs/runbook.md#(\w+)", rules) == [name.lower() for name in _rules()]
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    assert {name.lower() for name in sections} >= set(re.findall(r"\]\(#(\w+)\)", runbook))


@pytest.mark.usefixtures("database")
def test_every_metric_that_is_asked_for_is_exported() -> None:
    begin_relay("relay.example")
    begin_job("consent.seal_ledger", JobQueue.HOUSE)
    begin_follower()
    with tenancy.platform(PlatformReason.RELAYS):
        LogFollower.objects.create(name="mta-1")
    share = SharedMetrics(load_settings().data_dir / "metrics", "sender-1")
    share.write()
    page = Client().get("/metrics").content.decode()
    share.close()
    with tenancy.platform(PlatformReason.RELAYS):
        LogFollower.objects.all().delete()
    exported = set(re.findall(r"^(?:# TYPE )?(\w+)(?:[{ ])", page, re.MULTILINE))
    for path in (
        MONITORING / "rules.yml",
        MONITORING / "dashboard.json",
        ROOT / "docs" / "runbook.md",
        *ROOT.glob("docs/operations/*.md"),
    ):
        asked = set(re.findall(r"\bmailflatrate_[a-z_]+\b", path.read_text()))
        known = {"mailflatrate_app", "mailflatrate_platform", "mailflatrate_eraser", "mailflatrate_limited"}
        assert asked - known - exported == set(), path.name
    panels = [
        panel for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"] if panel["type"] != "row"
    ]
    assert len(panels) > 20 and all(panel["targets"] for panel in panels)
