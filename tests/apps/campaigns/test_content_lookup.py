"""Products and feeds of other sites become blocks when a person inserts them."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.content_lookup import KEPT, ContentRunner, request_content
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.jobs import forget_fetches
from mailflatrate.apps.campaigns.models import ContentLookup, LookupKind, Media, PageFetchCount
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import limits
from support.customers import Customer, sending_customer
from support.other_site import OtherSite, other_site
from support.scope import rows

PAGE = b"""<html><script type="application/ld+json">{"@type": "Product", "name": "Red tulips", "image": "/tulips.png",
"offers": {"price": "24.9", "priceCurrency": "EUR"}}</script></html>"""
FEED = b"""<rss version="2.0"><channel><title>News</title>%s</channel></rss>"""
ITEM = b"<item><title>News %d</title><link>https://shop.example/%d</link></item>"


def look_up(anna: Customer, site: OtherSite, kind: str, path: str, **more: str) -> str:
    """Ask as a browser does, let the worker run, and return the part of the dialog."""
    asked = anna.client.post(
        "/studio/content-lookups/", {"kind": kind, "url": site.base + path, "language": "de", **more}
    )
    assert "Looking at" in asked.content.decode()
    lookup_id = rows(anna, ContentLookup).latest("id").id
    for _a_job_may_run_again in range(2):
        ContentRunner(site.resolver, True).run(anna.account_id, lookup_id)
    return anna.client.get(f"/studio/content-lookups/{lookup_id}/?language=de").content.decode()


def test_a_product_is_shown_before_it_is_inserted_and_its_picture_needs_a_yes() -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    out = io.BytesIO()
    Image.new("RGB", (120, 40), "green").save(out, "PNG")
    with other_site() as site:
        site.answers |= {"/t": PAGE, "/tulips.png": out.getvalue()}
        shown = look_up(anna, site, "product", "/t")
        assert "Red tulips" in shown
        assert "24,90\u00a0€" in shown
        assert site.asked == ["/t"], "no picture without a yes"
        assert "mj-image" not in shown
        with_picture = look_up(anna, site, "product", "/t", with_pictures="on")
        assert "&lt;mj-image src=" in with_picture
        with tenancy.account(anna.account_id):
            (picture,) = Media.objects.all()
            assert picture.alt == "Red tulips"
            found = ContentLookup.objects.latest("id")
        assert carla.client.get(f"/studio/content-lookups/{found.id}/").status_code == 404
        site.asked.clear()
        with tenancy.account(anna.account_id):
            inside = request_content(LookupKind.PRODUCT, site.base + "/t", most=1, with_pictures=True, by=anna.owner)
        ContentRunner(site.resolver).run(anna.account_id, inside.id)
        assert site.asked == [], "only public addresses are visited"


def test_a_feed_gives_the_newest_items_and_what_is_none_is_named() -> None:
    anna = sending_customer(people=0)
    with other_site() as site:
        site.answers |= {"/feed": FEED % b"".join(ITEM % (at, at) for at in range(5)), "/page": b"<html></html>"}
        shown = look_up(anna, site, "feed", "/feed", most="2")
        assert "News 1" in shown
        assert "News 2" not in shown
        assert "mf-feed" in shown
        assert "t an RSS or Atom feed" in look_up(anna, site, "feed", "/page")
        assert "no page at this address" in look_up(anna, site, "feed", "/gone")
        assert "nothing about a product" in look_up(anna, site, "product", "/page")


def test_lookups_are_limited_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = sending_customer(people=0)
    with tenancy.account(anna.account_id):
        for url in ("", "ftp://shop.example", "https://shop.example/a b"):
            with pytest.raises(CampaignInputError):
                request_content(LookupKind.PRODUCT, url, most=1, with_pictures=False, by=anna.owner)
        request_content(LookupKind.PRODUCT, "shop.example", most=1, with_pictures=False, by=anna.owner)
        monkeypatch.setattr("mailflatrate.apps.campaigns.actions.content_lookup.MOST_A_DAY", 1)
        with pytest.raises(CampaignError, match="Continue tomorrow"):
            request_content(LookupKind.PRODUCT, "shop.example", most=1, with_pictures=False, by=anna.owner)
        ContentLookup.objects.update(created_at=clock.now() - KEPT - timedelta(hours=1))
        PageFetchCount.objects.create(day=clock.now().date(), fetched=1)
        limits.tighten({"page_fetches_day": 1})
        try:
            with pytest.raises(CampaignError, match="daily limit"):
                request_content(LookupKind.FEED, "shop.example", most=1, with_pictures=False, by=anna.owner)
        finally:
            limits.tighten({})
    forget_fetches(0)
    assert not rows(anna, ContentLookup).exists()
