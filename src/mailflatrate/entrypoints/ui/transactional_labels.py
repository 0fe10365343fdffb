"""Words for hints in templates of transactional messages, and their stored JSON, in the studio and at the desk."""

import json
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from mailflatrate.rules.messages.advertising import HintKind

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
    return json.dumps(stored, indent=2, ensure_ascii=False)
