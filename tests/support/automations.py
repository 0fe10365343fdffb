"""Automations as tests need them: made, released and begun by the same actions that pages call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.actions import drafts, release
from mailflatrate.apps.automations.actions.editing import edit_graph
from mailflatrate.apps.automations.engine.advance import advance_account
from mailflatrate.apps.automations.graphs import version_hash
from mailflatrate.apps.automations.models import (
    AutomationArrival,
    AutomationVersion,
    Enrolment,
    StepPassage,
    VersionState,
)
from mailflatrate.apps.automations.models.people import SegmentMember
from mailflatrate.apps.automations.queries import versions_of
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.ab_test import decisions_of
from mailflatrate.apps.delivery.models import Delivery, Plan
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.campaign_states import CampaignState
from support.customers import CONTENT, WHERE, Customer
from support.scope import within

ON_CONFIRMED = {"on": "confirmed", "form": None}
_WAITING_JOBS = """
SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'automations.advance' AND status = 'todo'
    AND (args->>'account_id')::bigint = %s ORDER BY id
"""


@dataclass(frozen=True)
class Journey:
    """An automation of a customer."""

    customer: Customer
    automation_id: int

    @classmethod
    def drafted(cls, customer: Customer, *steps: dict[str, Any], **graph: Any) -> "Journey":
        """A draft; a step with the campaign "new" gets a message of its own."""
        automation = within(customer, drafts.create_automation, "Welcome", customer.list_id, by=customer.owner)
        journey = cls(customer, automation.id)
        journey.save(*steps, **graph)
        return journey

    @classmethod
    def begun(cls, customer: Customer, *steps: dict[str, Any], **graph: Any) -> "Journey":
        """Released, and active."""
        journey = cls.drafted(customer, *steps, **graph)
        journey.activate()
        return journey

    def save(self, *steps: dict[str, Any], **graph: Any) -> AutomationVersion:
        """Write the draft's graph."""
        with tenancy.account(self.customer.account_id):
            whole = {"entry": ON_CONFIRMED, **graph, "steps": [self._with_message(step) for step in steps]}
            draft = drafts.draft_of(self.automation_id)
            return drafts.save_graph(self.automation_id, whole, based_on=draft.saves, by=self.customer.owner)

    def _with_message(self, step: dict[str, Any]) -> dict[str, Any]:
        made = dict(step)
        if made.get("campaign") == "new":
            # Each automation has words of its own: the same message would reach a person once.
            subject = made.pop("subject", f"Step {made['id']} of {self.automation_id}")
            values = {"subject": subject, "sender_id": self.customer.sender_id, "content": CONTENT}
            made["campaign"] = drafts.create_message(
                self.automation_id, made["id"], by=self.customer.owner, values=values
            ).id
        for name in ("then", "else"):
            if name in made:
                made[name] = [self._with_message(each) for each in made[name]]
        for arm in made.get("arms", []):
            arm["steps"] = [self._with_message(each) for each in arm["steps"]]
        return made

    def shown_hash(self) -> str:
        """What the page of the activation shows."""
        with tenancy.account(self.customer.account_id):
            return version_hash(drafts.draft_of(self.automation_id))

    def activate(self, *, moves_people: bool = False) -> release.ActivationResult:
        """Activate the draft as the owner, and do what its jobs do."""
        shown = self.shown_hash()
        with tenancy.account(self.customer.account_id):
            result = release.activate(
                self.automation_id, by=self.customer.owner, shown_hash=shown, moves_people=moves_people, where=WHERE
            )
        assert result.released, (result.problems, [v.blocked_by for v in result.verdicts.values()])
        self.run_release()
        return result

    def run_release(self) -> None:
        """The jobs that plan released messages and begin the version."""
        account_id = self.customer.account_id
        with tenancy.account(account_id):
            planning = Campaign.objects.filter(automation_id=self.automation_id, state=CampaignState.PLANNING)
            found = [(row.id, _decision(row.id)) for row in planning]
        for campaign_id, (edition_id, decision_id) in found:
            plan_campaign(account_id, campaign_id, edition_id, decision_id)
        within(account_id, release.complete_release, self.automation_id)

    def advance(self) -> None:
        """What the job does, and those that follow it on a slow machine."""
        while advance_account(self.customer.account_id):
            pass

    def waiting_jobs(self) -> list[datetime | None]:
        """The jobs that wait to advance the account: when each is due, None for at once."""
        with tenancy.account(self.customer.account_id), connection.cursor() as cursor:
            cursor.execute(_WAITING_JOBS, [self.customer.account_id])
            return [at for (at,) in cursor.fetchall()]

    def arrive(self, *contact_ids: int) -> None:
        """What the triggers note when people confirm; for people who confirmed before."""
        with tenancy.account(self.customer.account_id):
            AutomationArrival.objects.bulk_create(
                AutomationArrival(
                    account_id=self.customer.account_id,
                    automation_id=self.automation_id,
                    contact_id=number,
                    at=clock.now(),
                )
                for number in contact_ids
            )

    def contacts(self) -> list[int]:
        with tenancy.account(self.customer.account_id):
            return list(Contact.objects.order_by("id").values_list("id", flat=True))

    def enrolments(self) -> list[Enrolment]:
        with tenancy.account(self.customer.account_id):
            return list(Enrolment.objects.filter(automation_id=self.automation_id).order_by("contact_id", "run"))

    def at(self) -> dict[int, str]:
        return {
            row.contact_id: row.step if row.state == "active" else row.why or row.state for row in self.enrolments()
        }

    def path(self, contact_id: int) -> list[str]:
        with tenancy.account(self.customer.account_id):
            last = Enrolment.objects.filter(automation_id=self.automation_id, contact_id=contact_id).latest("run")
            return list(StepPassage.objects.filter(enrolment=last).order_by("at", "id").values_list("step", flat=True))

    def planned(self) -> list[tuple[int, str]]:
        with tenancy.account(self.customer.account_id):
            rows = Delivery.objects.filter(campaign__automation_id=self.automation_id)
            return sorted(
                (contact_id, name)
                for contact_id, name in rows.values_list("contact_id", "campaign__name")
                if contact_id is not None
            )

    def version(self, state: VersionState = VersionState.CURRENT) -> AutomationVersion:
        with tenancy.account(self.customer.account_id):
            versions = versions_of(self.automation_id)
            found = {
                VersionState.CURRENT: versions.current,
                VersionState.DRAFT: versions.draft,
                VersionState.FINISHING: (versions.finishing or [None])[0],
            }[state]
        assert found is not None
        return found


def leave_traces(customer: Customer) -> int:
    """Let people be under way, and leave a row in every table of automations; return the automation's id."""
    draft = Journey.drafted(customer)
    with tenancy.account(customer.account_id):
        saves = drafts.draft_of(draft.automation_id).saves
        edit_graph(draft.automation_id, lambda graph: {**graph, "late": "skip"}, based_on=saves, by=customer.owner)
    send = {"id": "a", "do": "send", "campaign": "new"}
    journey = Journey.begun(customer, {"id": "e", "do": "add_tag", "tag": _tag(customer)}, send)
    journey.arrive(*journey.contacts())
    journey.advance()
    journey.arrive(journey.contacts()[0])
    with tenancy.account(customer.account_id):
        SegmentMember.objects.create(automation_id=journey.automation_id, contact_id=journey.contacts()[0])
    return journey.automation_id


def _tag(customer: Customer) -> int:
    return within(customer, create_tag, "Under way").id


def _decision(campaign_id: int) -> tuple[int, int]:
    plan = Plan.objects.filter(campaign_id=campaign_id).first()
    if plan is not None:
        return plan.edition_id, plan.decision_id
    decision = decisions_of(campaign_id)[0]
    assert decision.edition_id is not None
    return decision.edition_id, decision.id
