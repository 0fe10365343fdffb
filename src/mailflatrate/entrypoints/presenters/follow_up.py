"""What a follow-up reminds people of, as a sentence."""

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign


def goal_words(campaign: Campaign) -> str:
    """Return a sentence that says who gets a follow-up; empty for other campaigns."""
    if campaign.follow_up_of is None:
        return ""
    goal = campaign.follow_up_goal or {}
    name = Campaign.objects.filter(id=campaign.follow_up_of).values_list("name", flat=True).first() or ""
    if event := goal.get("event"):
        said = _("Follow-up to “%(name)s”: only people who got it and haven't caused the event “%(event)s” since.")
        return said % {"name": name, "event": event}
    if link := goal.get("link"):
        said = _(
            "Follow-up to “%(name)s”: only people who got it, agreed to click tracking and haven't clicked %(link)s."
        )
        return said % {"name": name, "link": link}
    said = _("Follow-up to “%(name)s”: only people who got it, agreed to click tracking and haven't clicked.")
    return said % {"name": name}
