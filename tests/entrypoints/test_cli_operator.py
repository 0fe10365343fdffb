"""What an operator types at night: campaigns, queues, domains, accounts."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState
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
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def lines_of(account_id: int) -> list[AuditEntry]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(AuditEntry.objects.filter(account_id=account_id, action__startswith="campaign.").order_by("id"))


def test_a_campaign_is_found_paused_and_resumed(anna: Customer) -> None:
    campaign = anna.sending_of(anna.draft("Bulbs \x1b[31m and more"))
    anna.settle(campaign, DeliveryState.SENT, 1)
    (found,) = rows("campaigns", "list", "--account", str(anna.account_id))
    assert (found["id"], found["mailing"], found["state"]) == (campaign.id, campaign.mailing_id, "sending")
    assert (found["planned"], found["sent"], found["unknown"]) == (3, 1, 0)
    table = run("campaigns", "list", "--account", str(anna.account_id)).stdout
    assert campaign.mailing_id in table and "\x1b" not in table, "a customer's name moves no cursor"
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
    assert done.exit_code == 1 and "mailflatrate campaigns list" in done.output


def test_empty_lists_say_so(anna: Customer) -> None:
    assert run("campaigns", "list", "--account", str(anna.account_id)).stdout.startswith("No campaign")
    assert rows("campaigns", "list", "--account", str(anna.account_id)) == []
    assert run("domains", "list", "--account", "0").stdout == "No matching sender domains.\n"
    assert run("domains", "check", "nobody.example").exit_code == 1


def test_queues_name_every_queue(anna: Customer) -> None:
    found = {row["queue"]: row for row in rows("queues")}
    assert list(found) == ["send", "express", "plan", "import", "inbound", "house", "webhook", "fetch", "writing"]
    before = found["send"]["due"]
    anna.sending()
    after = {row["queue"]: row for row in rows("queues")}["send"]
    assert after["due"] == before + 1
    assert run("queues", "--workers").exit_code == 0


def test_domains_and_accounts_are_listed(anna: Customer) -> None:
    (domain,) = rows("domains", "list", "--account", str(anna.account_id))
    assert domain["domain"] == "lindenhof.example" and domain["state"] == "verified"
    mine = [row for row in rows("accounts", "list", "--status", "active") if row["id"] == anna.account_id]
    assert [(row["status"], row["running_campaigns"]) for row in mine] == [("active", 0)]
    checked = run("domains", "check", "Lindenhof.Example.", "--account", str(anna.account_id), "--json")
    assert checked.exit_code == 1, "its records are not in the DNS"
    assert {row["passed"] for row in json.loads(checked.stdout)} == {False}
