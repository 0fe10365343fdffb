"""The step that sends a message: people who may get one now become its deliveries; the others wait or pass."""

from collections.abc import Sequence
from datetime import datetime

from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.automations.engine.frequency import rests
from mailflatrate.apps.automations.engine.moving import Passed, leave, move, postpone
from mailflatrate.apps.automations.models import AutomationStep, LeavingReason
from mailflatrate.apps.automations.overlaps import have_it
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.states import find_locked
from mailflatrate.apps.delivery.planning.step_messages import StepMessage, StepRecipient, plan_step, step_message
from mailflatrate.rules.automations.graph import LateRule
from mailflatrate.rules.automations.waits import after_no_mail_hours, is_late, zone_for
from mailflatrate.rules.campaigns.campaign_states import OVER

CANCELED = "canceled"
LATE = "late"
AGAIN = "again"
SAME = "same"
"""Results of people who passed the step without its message."""


def is_waiting(step: AutomationStep) -> bool:
    """Return True if people at a step have to wait because its message is paused or held by a rule."""
    campaign = Campaign.objects.filter(id=step.campaign_id or 0).first()
    return campaign is not None and campaign.state not in OVER and _message(step) is None


def _message(step: AutomationStep) -> StepMessage | None:
    campaign = find_locked(step.campaign_id)
    return step_message(campaign) if campaign is not None else None


def send(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Plan the message for people who are due at this step; some or all of them may have a reason not to get it now."""
    message, following = _message(step), step.targets[0]
    for why in (LeavingReason.UNSUBSCRIBED, LeavingReason.SUPPRESSED):
        leave(run, step, [person.enrolment_id for person in people if person.refusal == why], why)
    people = [person for person in people if person.refusal is None]
    if message is None:
        move(run, step, [Passed(person.enrolment_id, following, result=CANCELED) for person in people])
        return
    again = [person for person in people if person.passed_before]
    move(run, step, [Passed(person.enrolment_id, following, result=AGAIN) for person in again])
    people = [person for person in people if not person.passed_before]
    have = have_it(message.campaign, [person.enrolment_id for person in people])
    move(run, step, [Passed(number, following, result=SAME) for number in sorted(have)])
    people = _on_time(run, step, [person for person in people if person.enrolment_id not in have])
    later = _not_yet(run, people)
    postpone(run, later)
    ready = [person for person in people if person.enrolment_id not in later]
    if ready:
        recipients = [
            StepRecipient(reader.enrolment_id, reader.contact_id, reader.consent_event_id) for reader in ready
        ]
        plan_step(message, recipients)
        move(run, step, [Passed(person.enrolment_id, following) for person in ready])


def _on_time(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> Sequence[Person]:
    """Return the people who still get the message. For anyone it is late for, the author's rule decides."""
    if run.graph.late is LateRule.SEND:
        return people
    late = [person for person in people if person.due_at is not None and is_late(person.due_at, run.now)]
    if run.graph.late is LateRule.END:
        leave(run, step, [person.enrolment_id for person in late], LeavingReason.LATE)
    else:
        move(run, step, [Passed(person.enrolment_id, step.targets[0], result=LATE) for person in late])
    gone = {person.enrolment_id for person in late}
    return [person for person in people if person.enrolment_id not in gone]


def _not_yet(run: VersionRun, people: Sequence[Person]) -> dict[int, datetime]:
    """Return until when people have to wait: for the end of their quiet hours, and for the rest they are promised."""
    later = rests(run, people)
    if run.graph.quiet is None:
        return later
    for person in people:
        earliest = later.get(person.enrolment_id, run.now)
        leaves = after_no_mail_hours(earliest, run.graph.quiet, zone_for(person.zone, run.home))
        if leaves > run.now:
            later[person.enrolment_id] = leaves
    return later
