"""Labels with which colleagues sort campaigns. Readers never see them, so that any campaign can have them."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.models.campaign import LONGEST_LABEL

MOST_LABELS = 10
MOST_NAMES = 100


def label_counts() -> dict[str, int]:
    rows = Campaign.objects.filter(automation_id=None).exclude(labels=[]).values_list("labels", flat=True)
    counts = Counter(label for labels in rows for label in labels)
    return {name: counts[name] for name in sorted(counts, key=str.casefold)}


def add_label(campaign_ids: Sequence[int], name: str) -> int:
    """Returns how many had none. Upper and lower case are one label; campaigns the member may not see are passed over.
    Raises CampaignInputError for an empty or overlong name, or beyond MOST_LABELS or MOST_NAMES.
    """
    name, counts = " ".join(name.replace("\0", "").split()), label_counts()
    if not name or len(name) > LONGEST_LABEL:
        raise CampaignInputError(_("A label has 1 to %(most)d characters.") % {"most": LONGEST_LABEL})
    name = next((label for label in counts if label.casefold() == name.casefold()), name)
    if name not in counts and len(counts) >= MOST_NAMES:
        raise CampaignInputError(_("An account can have up to %(most)d labels.") % {"most": MOST_NAMES})
    rows = list(_rows(campaign_ids).exclude(labels__contains=[name]))
    full = next((row for row in rows if len(row.labels) >= MOST_LABELS), None)
    if full is not None:
        words = _("“%(name)s” already has %(most)d labels. Remove one first.")
        raise CampaignInputError(words % {"name": full.name, "most": MOST_LABELS})
    for row in rows:
        row.labels = [*row.labels, name]
    Campaign.objects.bulk_update(rows, ["labels"])
    return len(rows)


def remove_label(campaign_ids: Sequence[int], name: str) -> int:
    """Take a label from campaigns, and return how many had it. A label that no campaign has is gone."""
    rows = list(_rows(campaign_ids).filter(labels__contains=[name]))
    for row in rows:
        row.labels = [label for label in row.labels if label != name]
    Campaign.objects.bulk_update(rows, ["labels"])
    return len(rows)


def _rows(campaign_ids: Sequence[int]) -> QuerySet[Campaign]:
    return Campaign.objects.select_for_update().filter(id__in=campaign_ids, automation_id=None).order_by("id")
