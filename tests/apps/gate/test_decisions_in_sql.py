"""What raw SQL can't decide about a campaign."""

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.customers import sending_customer


def test_the_database_takes_no_decision_against_a_rule() -> None:
    """Under the application's role only the gate's verdict is let out, and with its pass none that a rule blocks."""
    anna = sending_customer(people=1)
    draft = anna.ticked(anna.draft())
    insert = (
        "INSERT INTO gate_decision (account_id, chain, campaign_id, allowed, findings, rules_version, decided_at)"
        " VALUES (%s, 'campaign', %s, true, %s, 'x', now())"
    )
    with psycopg.connect(app_url(load_settings())) as base:
        for findings in ("[]", '[{"key": "subject-honest", "severity": "block", "passed": false}]'):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only the gate"), base.transaction():
                tenancy.enter_account(base, anna.account_id)
                seen = base.execute("SELECT count(*) FROM campaign WHERE id = %s", [draft.id]).fetchone()
                assert seen == (1,), "in Anna's scope, so that row-level security is not what refuses"
                base.execute(insert, [anna.account_id, draft.id, findings])
    with tenancy.account(anna.account_id), transaction.atomic():
        with pytest.raises(ProgrammingError, match="a rule blocks"), transaction.atomic(), tenancy.deciding():
            GateDecision.objects.create(
                chain="campaign", campaign=draft, allowed=True, findings=[], rules_version="x",
                decided_at=clock.now(),
            )  # fmt: skip
        with pytest.raises(ProgrammingError, match="only the gate"), transaction.atomic():
            GateDecision.objects.create(
                chain="campaign", campaign=draft, allowed=True, rules_version="x", decided_at=clock.now(),
                findings=[{"key": "subject-honest", "severity": "block", "passed": True}],
            )  # fmt: skip
