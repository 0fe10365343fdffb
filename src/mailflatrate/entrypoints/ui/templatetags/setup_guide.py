"""The steps from an application to the first campaign, shown until a campaign was released."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.domains.queries import domains, senders
from mailflatrate.apps.lists.models import Contact, MailingList

register = template.Library()


@register.inclusion_tag("studio/home/setup_guide.html", takes_context=True)
def setup_guide(context: dict[str, Any], here: str) -> dict[str, Any]:
    steps = _steps(here)
    following = next((step for step in steps if step["state"] == "todo"), None)
    is_done = all(step["is_done"] for step in steps if step["key"] == here)
    request = context["request"]
    return {
        "steps": steps,
        "following": following if is_done and context.get("may_write") else None,
        "waits": not request.account.may_send,
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }


def _steps(here: str) -> list[dict[str, Any]]:
    if Campaign.objects.exclude(state=CampaignState.DRAFT).exists():
        return []
    steps = (
        ("list", _("List"), reverse("studio:list-first"), MailingList.objects.exists()),
        ("domain", _("Domain"), _domain_page(), senders().exists()),
        ("import", _("Contacts"), reverse("studio:import-new"), Contact.objects.exists()),
        ("campaign", _("First campaign"), _campaign_page(), False),
    )
    return [
        {"key": key, "title": title, "url": url, "is_done": done, "state": _state(done, is_here=key == here)}
        for key, title, url, done in steps
    ]


def _state(done: bool, *, is_here: bool) -> str:
    return "current" if is_here else "done" if done else "todo"


def _domain_page() -> str:
    waiting = domains().filter(verified_at=None).first() or domains().first()
    return reverse("studio:sender-domain", args=[waiting.id]) if waiting else reverse("studio:sender-new")


def _campaign_page() -> str:
    draft = Campaign.objects.order_by("-id").first()
    return reverse("studio:campaign-edit", args=[draft.id]) if draft else reverse("studio:campaign-new")
