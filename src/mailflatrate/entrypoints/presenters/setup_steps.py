"""The four steps of a new account: list, domain, contacts, first campaign."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.domains.queries import domains, senders
from mailflatrate.apps.lists.models import Contact, MailingList


@dataclass(frozen=True, slots=True)
class OnboardingStep:
    """One step. `state` is one of the component's values; the step whose page is open is always "current"."""

    key: str
    title: str
    url: str
    is_done: bool
    state: str


def setup_steps(here: str) -> list[OnboardingStep]:
    """Return the steps of the current account; none once a campaign was released."""
    if Campaign.objects.exclude(state=CampaignState.DRAFT).exists():
        return []
    known = (
        ("list", _("List"), reverse("studio:list-first"), MailingList.objects.exists()),
        ("domain", _("Domain"), _domain_page(), senders().exists()),
        ("import", _("Contacts"), reverse("studio:import-new"), Contact.objects.exists()),
        ("campaign", _("First campaign"), _campaign_page(), False),
    )
    return [
        OnboardingStep(key, title, url, done, "current" if key == here else "done" if done else "todo")
        for key, title, url, done in known
    ]


def _domain_page() -> str:
    """Return the page of the domain that waits for its records; without a domain, the one that adds it."""
    waiting = domains().filter(verified_at=None).first() or domains().first()
    return reverse("studio:sender-domain", args=[waiting.id]) if waiting else reverse("studio:sender-new")


def _campaign_page() -> str:
    """Return the newest draft, or the page that creates one."""
    draft = Campaign.objects.order_by("-id").first()
    return reverse("studio:campaign-edit", args=[draft.id]) if draft else reverse("studio:campaign-new")
