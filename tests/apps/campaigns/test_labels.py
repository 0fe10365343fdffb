"""Labels of campaigns: colleagues sort by them, and readers never see them."""

import pytest

from mailflatrate.apps.campaigns.actions.labels import MOST_LABELS, add_label, label_counts, remove_label
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.people import browser
from support.scope import rows

URL = "/studio/campaigns/labels/"


def test_labels_are_given_and_taken_in_bulk_filter_the_list_and_change_no_content() -> None:
    anna = sending_customer(people=0)
    ids = [anna.draft(f"Campaign {number}").id for number in range(3)]
    with tenancy.account(anna.account_id):
        before = content_hash(Campaign.objects.get(id=ids[0]), newest_imprint())
        assert add_label(ids[:2], "  Spring \n sale ") == 2
        assert add_label(ids, "spring SALE") == 1, "upper and lower case are one label"
        assert add_label(ids[:1], "Events") == 1
        assert label_counts() == {"Events": 1, "Spring sale": 3}
        assert content_hash(Campaign.objects.get(id=ids[0]), newest_imprint()) == before
        assert remove_label(ids[1:], "Spring sale") == 2
        for number in range(MOST_LABELS - 2):
            add_label(ids[:1], f"Label {number}")
        with pytest.raises(CampaignInputError, match="already has 10 labels"):
            add_label(ids, "One too many")
        for name in ("", " \0 ", "x" * 41):
            with pytest.raises(CampaignInputError, match="1 to 40 characters"):
                add_label(ids, name)
    page = anna.client.get("/studio/campaigns/?label=Events").content.decode()
    assert page.count('class="cell-title') == 1
    anna.client.post(URL, {"campaign": [ids[1], ids[2]], "label": "", "new_label": "Summer", "do": "add"})
    anna.client.post(URL, {"campaign": [ids[2]], "label": "Summer", "do": "remove"})
    assert rows(anna, Campaign).get(labels=["Summer"]).id == ids[1]
    carla = browser(Customer.registered("Carla's Cafe").owner)
    assert carla.post(URL, {"campaign": ids, "new_label": "Mine now", "do": "add"}).status_code == 303
    assert carla.post(URL, {"campaign": ids, "label": "Summer", "do": "remove"}).status_code == 303
    with tenancy.account(anna.account_id):
        assert "Mine now" not in label_counts()
        assert label_counts()["Summer"] == 1
