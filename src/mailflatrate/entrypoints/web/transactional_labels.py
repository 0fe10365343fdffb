"""Words and colors for transactional messages and versions of their templates, in the studio and at the desk."""

import json
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.transactional.models import TemplateState
from mailflatrate.entrypoints.presenters.transactional import MessageState
from mailflatrate.rules.advertising import HintKind

STATE_WORDS: Final = {
    MessageState.QUEUED: _("Waiting"),
    MessageState.DEFERRED: _("Deferred by the recipient's server"),
    MessageState.SENT: _("Delivered"),
    MessageState.BOUNCED: _("Bounced"),
    MessageState.SKIPPED: _("Skipped"),
    MessageState.UNKNOWN: _("Unknown result"),
    MessageState.REFUSED: _("Refused"),
}
STATE_TONES: Final = {
    MessageState.QUEUED: "info",
    MessageState.DEFERRED: "warning",
    MessageState.SENT: "success",
    MessageState.BOUNCED: "error",
    MessageState.SKIPPED: "warning",
    MessageState.UNKNOWN: "warning",
    MessageState.REFUSED: "warning",
}
VERSION_TONES: Final = {
    TemplateState.DRAFT: "",
    TemplateState.SUBMITTED: "info",
    TemplateState.APPROVED: "success",
    TemplateState.RETURNED: "warning",
    TemplateState.WITHDRAWN: "error",
}
HINT_WORDS: Final = {
    HintKind.OFFER: _("Offer or discount"),
    HintKind.NEWSLETTER: _("Newsletter"),
    HintKind.RECOMMENDATION: _("Recommendation"),
    HintKind.RATING: _("Request for a rating"),
    HintKind.SHOP_LINK: _("Link to a shop or home page"),
    HintKind.CAMPAIGN_LINK: _("Link with campaign parameters"),
    HintKind.SOCIAL_LINK: _("Link to a social network"),
}


def pretty(stored: Any) -> str:
    """Return stored JSON as a person edits it."""
    return json.dumps(stored, indent=2, ensure_ascii=False)
