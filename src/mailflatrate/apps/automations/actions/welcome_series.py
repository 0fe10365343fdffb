"""Creating and changing the welcome series of a sign-up form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.from_recipe import message_defaults
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.graphs import EMPTY, graph_of
from mailflatrate.apps.automations.models import Automation, AutomationVersion, VersionState
from mailflatrate.apps.automations.welcome_series import MAX_MESSAGES, RECIPE, SeriesRow, rows_of, series_of
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.actions.templates import KEPT
from mailflatrate.apps.campaigns.models import CampaignTemplate, ContentKind
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.campaigns.recipe_messages import recipe_messages
from mailflatrate.apps.forms.models import Form
from mailflatrate.base import tenancy

OWN_WORDS = "text"
TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class SeriesMessage:
    """`days`: after the message before, or the confirmation. `step`: an existing one; a new one has `begin`: `text`
    (Markdown in `text`), `template:ID`, or the key of a message of the recipe.
    """

    days: int
    subject: str
    step: str = ""
    begin: str = OWN_WORDS
    text: str = ""


@tenancy.needs_account
@transaction.atomic
def save_series(form_id: int, name: str, messages: Sequence[SeriesMessage], *, by: User | None) -> Automation:
    """Into a draft: new, or the next version. Raises AutomationError if it's more than a series, in review or empty."""
    if not 0 < len(messages) <= MAX_MESSAGES:
        raise AutomationError(_("A series has one to five messages."))
    form = Form.objects.select_for_update(of=("self",)).select_related("mailing_list").get(id=form_id)
    draft = _draft(form, name, by)
    rows = rows_of(draft)
    if rows is None:
        raise AutomationError(_("This automation has other steps, too. Edit it there."))
    graph = {**draft.graph, "steps": _steps(draft, {row.step: row for row in rows}, messages, form, by)}
    drafts.save_graph(draft.automation_id, graph, based_on=draft.saves, by=by)
    kept = {message.step for message in messages}
    for row in rows:
        if row.step not in kept:
            campaign_drafts.delete_draft(row.campaign.id)
    return draft.automation


def _draft(form: Form, name: str, by: User | None) -> AutomationVersion:
    series = series_of(form.id)
    if series is None:
        graph = {**EMPTY, "entry": {"on": "confirmed", "form": form.id}}
        automation_id = drafts.create_automation(name, form.mailing_list_id, by=by, graph=graph).id
    else:
        if series.version.state == VersionState.RELEASING:
            raise AutomationError(_("The series waits for a review. Take it back on its page to change it."))
        automation_id = series.automation.id
        drafts.begin_version(automation_id, by=by)
    return drafts.draft_of(automation_id)


def _steps(
    draft: AutomationVersion,
    rows: Mapping[str, SeriesRow],
    messages: Sequence[SeriesMessage],
    form: Form,
    by: User | None,
) -> list[dict[str, Any]]:
    taken = {step.id for step in graph_of(draft).all_steps()}
    steps: list[dict[str, Any]] = []
    for message in messages:
        row = rows.get(message.step)
        if row is not None:
            key, campaign_id = row.step, row.campaign.id
            campaign_drafts.update_campaign(campaign_id, _changed(row, message), by=by)
        else:
            key = _free("m", taken)
            values = message_defaults(form.mailing_list_id) | _content(message, form.mailing_list.language)
            values["subject"] = message.subject
            campaign_id = drafts.create_message(draft.automation_id, message.subject[:120], by=by, values=values).id
        if message.days:
            wait = row.wait if row is not None and row.wait else _free("w", taken)
            steps.append({"id": wait, "do": "wait", "for": {"days": message.days}})
        steps.append({"id": key, "do": "send", "campaign": campaign_id})
    return steps


def _free(letter: str, taken: set[str]) -> str:
    key = next(name for number in range(1, 10_000) if (name := f"{letter}{number}") not in taken)
    taken.add(key)
    return key


def _changed(row: SeriesRow, message: SeriesMessage) -> dict[str, Any]:
    changed: dict[str, Any] = {"subject": message.subject}
    if row.own_words is not None and message.text.strip():
        changed["content"] = message.text
    return changed


def _content(message: SeriesMessage, language: str) -> dict[str, Any]:
    kind, _colon, number = message.begin.partition(":")
    if kind == TEMPLATE and number.isdecimal():
        template = CampaignTemplate.objects.filter(id=int(number[:18])).first()
        if template is not None:
            return {field: getattr(template, field) for field in KEPT}
    texts = recipe_messages(RECIPE, language)
    if kind in texts:
        return texts[kind].values(brand_style())
    if not message.text.strip():
        raise AutomationError(
            _("Write the text of “%(subject)s”, or choose what it begins with.") % {"subject": message.subject}
        )
    return {"content_kind": ContentKind.MARKDOWN, "content": message.text, "language": language}
