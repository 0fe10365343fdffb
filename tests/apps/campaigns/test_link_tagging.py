"""Parameters for web analytics: from the account's settings into the links of preview, checks and edition."""

import pytest

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.content.link_tagging import TaggingOrder, link_tags, own_domains, save_tagging
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import LinkTagging, TagStyle
from mailflatrate.base import tenancy
from support.customers import sending_customer
from support.scope import rows, within

CONTENT = (
    "[Bulbs](https://{domain}/bulbs?size=9#top) [Elsewhere](https://other.example/) "
    "[Yours](https://{domain}/?for={{{{ contact.first_name }}}})"
)


def test_links_are_tagged_the_same_in_preview_and_edition_and_covered_by_the_hash() -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=1)
    (domain,) = within(anna, own_domains)
    campaign = anna.draft("Winter Bulbs", content=CONTENT.format(domain=domain))
    values = {"is_on": "on", "style": "utm", "domains": [domain], "source": "news", "medium": "email", "content": ""}
    posted = {f"tags-{name}": value for name, value in values.items()}
    untagged = within(anna, content_hash, campaign, None)
    assert anna.client.post("/studio/settings/link-parameters/", posted).status_code == 303
    assert "utm_" in anna.page("settings/")
    added = "utm_source=news&utm_medium=email&utm_campaign=winter-bulbs"
    with tenancy.account(anna.account_id):
        assert content_hash(campaign, None) != untagged, "the policy tick covers them"
        links = {link["url"] for link in drafts.make_edition(campaign, 0).links}
        assert f"https://{domain}/bulbs?size=9&{added}#top" in links
        assert "https://other.example/" in links
        assert not any("utm_" in link for link in links if "{{" in link or "other" in link)
        LinkTagging.objects.update(style=TagStyle.MATOMO, domains=[domain, "other.example"])
        tags = link_tags(campaign)
        assert tags is not None
        assert tags.domains == {domain}, "a domain that isn't the account's any longer gets none"
        assert tags.parameters[0] == ("mtm_source", "news")
        campaign = drafts.update_campaign(campaign.id, {"link_campaign": "Advent"})
        assert ("mtm_campaign", "Advent") in (link_tags(campaign) or tags).parameters
        campaign = drafts.update_campaign(campaign.id, {"untagged_links": True})
        assert link_tags(campaign) is None
    assert not rows(carla, LinkTagging).exists()


def test_values_are_the_same_for_everyone_and_domains_are_proved() -> None:
    anna = sending_customer(people=1)
    with tenancy.account(anna.account_id):
        (domain,) = own_domains()
        with pytest.raises(CampaignError, match="Verify"):
            save_tagging(TaggingOrder(True, TagStyle.UTM, ["example.org"], "news", "email"))
        with pytest.raises(CampaignError, match="personal"):
            save_tagging(TaggingOrder(True, TagStyle.UTM, [domain], "{{ contact.id }}", "email"))
        with pytest.raises(CampaignError, match="at least one"):
            save_tagging(TaggingOrder(True, TagStyle.UTM, [], "news", "email"))
        assert link_tags(anna.draft()) is None, "off until someone turns it on"
