"""What was found behind the links of a campaign, in words."""

from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.content.link_visits import current_visits
from mailflatrate.apps.campaigns.content.page_fetches import is_used_up, used_up_words
from mailflatrate.apps.campaigns.models import LinkVisit
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome

_TONES = {
    LinkOutcome.OK: "success",
    LinkOutcome.NO_HOST: "error",
    LinkOutcome.GONE: "warning",
    LinkOutcome.FAILED: "warning",
    LinkOutcome.UNKNOWN: "warning",
}


def visits_context(campaign_id: int) -> dict[str, Any]:
    """Return `visits`, and in `visits_used_up` why the rest aren't visited today if the day's share is used up."""
    lines = [_line(row) for row in current_visits(campaign_id)]
    waits = any(line["waits"] for line in lines)
    used_up = used_up_words() if waits and is_used_up() else ""
    return {"visits": lines, "visits_wait": waits and not used_up, "visits_used_up": used_up}


def _line(row: LinkVisit) -> dict[str, Any]:
    waits = row.visited_at is None
    outcome = LinkOutcome.WAITING if waits else LinkOutcome(row.outcome)
    words = {
        LinkOutcome.WAITING: _("waiting"),
        LinkOutcome.OK: _("found"),
        LinkOutcome.NO_HOST: _("no such host"),
        LinkOutcome.GONE: _("not found"),
        LinkOutcome.FAILED: _("error"),
        LinkOutcome.UNKNOWN: _("no response"),
        LinkOutcome.SKIPPED: _("not visited"),
    }
    details = {LinkOutcome.SKIPPED: _("personal, an example, or one of our own pages"), LinkOutcome.NO_HOST: ""}
    detail = details.get(outcome, row.problem)
    return {
        "url": row.url,
        "word": words[outcome],
        "tone": _TONES.get(outcome, "neutral"),
        "detail": "" if waits else detail,
        "title": row.title,
        "text": row.text,
        "final_url": row.final_url,
        "visited_at": row.visited_at,
        "waits": waits,
    }
