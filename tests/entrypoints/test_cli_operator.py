"""What an operator types at night: campaigns and queues."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli.main import cli
from support.customers import Customer, sending_customer


@pytest.fixture
def anna(database: str) -> Customer:
    return sending_customer()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def rows(*arguments: str) -> list[dict[str, Any]]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return list(json.loads(done.stdout))


def lines_of(account_id: int) -> list[AuditEntry]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(AuditEntry.objects.filter(account_id=account_id, action__startswith="campaign.").order_by("id"))


def test_a_campaign_is_paused_and_resumed(anna: Customer) -> None:
    campaign = anna.sending_of(anna.draft("Bulbs and more"))
    paused = run("campaigns", "pause", campaign.mailing_id.lower(), "--reason", "The provider asked us to wait.")
    assert (paused.exit_code, paused.stdout) == (
        0,
        f"Paused: {campaign.mailing_id}. Messages not yet sent are on hold.\n",
    )
    with tenancy.account(anna.account_id):
        stored = Campaign.objects.get(id=campaign.id)
    assert (stored.state, stored.state_reason) == (CampaignState.PAUSED, "The provider asked us to wait.")
    again = run("campaigns", "pause", str(campaign.id), "--reason", "Again")
    assert (again.exit_code, "being sent can be paused" in again.output) == (1, True)
    assert run("campaigns", "resume", str(campaign.id)).exit_code == 0
    told = lines_of(anna.account_id)
    assert [(line.action, line.actor_kind, line.actor) for line in told] == [
        ("campaign.paused", "machine", "cli.campaigns"),
        ("campaign.resumed", "machine", "cli.campaigns"),
    ]
    assert told[0].reason == "The provider asked us to wait."
    assert told[0].details["system_user"]


def test_what_a_rule_stopped_is_for_the_desk(anna: Customer) -> None:
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(hold_rule="R-85", state=CampaignState.PAUSED)
    done = run("campaigns", "resume", str(campaign.id))
    assert done.exit_code == 1 and "rule" in done.output
    assert anna.again(campaign).state == CampaignState.PAUSED
    assert not lines_of(anna.account_id)


@pytest.mark.parametrize("named", ["999999999", "9" * 40, "KJVW-0RQR-G", "'; DROP TABLE campaign", ""])
@pytest.mark.usefixtures("database")
def test_a_campaign_that_is_none_is_said_to_be_none(named: str) -> None:
    done = run("campaigns", "pause", named, "--reason", "x")
    assert done.exit_code == 1 and "No campaign has" in done.output


def test_queues_name_every_queue(anna: Customer) -> None:
    found = {row["queue"]: row for row in rows("queues")}
    assert list(found) == ["send", "express", "plan", "import", "inbound", "house", "webhook", "fetch", "writing"]
    before = found["send"]["due"]
    anna.sending()
    after = {row["queue"]: row for row in rows("queues")}["send"]
    assert after["due"] == before + 1
    assert run("queues", "--workers").exit_code == 0
