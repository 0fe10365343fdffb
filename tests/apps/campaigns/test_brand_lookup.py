"""A brand is looked up on a website, and changes nothing before someone saves it."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.brand import BrandRunner, current_lookup, request_lookup
from mailflatrate.apps.campaigns.actions.fetch_runner import LOST_AFTER
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.jobs import forget_fetches
from mailflatrate.apps.campaigns.models import BrandKit, BrandLookup
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.rules import limits
from mailflatrate.wire.dns import DnsAnswer, DnsResolver
from support.customers import sending_customer
from support.other_site import other_site

pytestmark = pytest.mark.usefixtures("database")

PAGE = b"""<html><head><link rel="stylesheet" href="/a.css"></head><body><header>
<img src="/broken.png" alt="Logo"><img src="/logo.png" alt="Lindenhof logo"></header></body></html>"""


def test_what_a_website_says_fills_in_the_form_and_is_saved_by_a_person() -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    out = io.BytesIO()
    Image.new("RGB", (120, 40), "green").save(out, "PNG")
    with other_site() as site:
        site.answers |= {
            "/": PAGE,
            "/a.css": b".btn{background:#7a1f3d} h1{font-family:Lora,serif}",
            "/broken.png": b"no picture",
            "/logo.png": out.getvalue(),
        }
        answer = anna.client.post("/studio/brand/website/", {"url": f"{site.base}/"})
        assert answer.status_code == 303
        assert "Looking at" in anna.page("brand/")
        with tenancy.account(anna.account_id):
            lookup = BrandLookup.objects.get()
        BrandRunner(site.resolver, True).run(anna.account_id, lookup.id)
        BrandRunner(site.resolver, True).run(anna.account_id, lookup.id)  # a job may run again
        assert site.asked.count("/") == 1
        with tenancy.account(anna.account_id):
            found = current_lookup()
            assert found is not None
            assert (found.state, found.values) == ("done", {"primary": "#7a1f3d", "heading_font": "georgia"})
            assert found.logo is not None
            assert not BrandKit.objects.exists()
        page = anna.page("brand/?from=website")
        assert "Nothing changes until you save" in page
        assert 'value="#7a1f3d"' in page
        assert f'<option value="{found.logo_id}" selected>' in page
        with tenancy.account(carla.account_id):
            assert current_lookup() is None
        site.asked.clear()
        with tenancy.account(anna.account_id):
            lookup = request_lookup(f"{site.base}/")
        BrandRunner(site.resolver).run(anna.account_id, lookup.id)
        assert site.asked == [], "only public addresses are visited"
    assert "choose colors and logo yourself" in anna.page("brand/")
    assert anna.client.post("/studio/brand/website/", {"url": "a b"}).status_code == 303
    with tenancy.account(anna.account_id), pytest.raises(CampaignInputError):
        request_lookup("file:///etc/passwd")


class Broken(DnsResolver):
    """A resolver with a mistake."""

    def a(self, name: str) -> DnsAnswer:
        raise RuntimeError(name)


def test_a_lookup_that_fails_ends_and_lookups_count_as_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = sending_customer(people=0)
    with tenancy.account(anna.account_id):
        lookup = request_lookup("https://lindenhof.example/")
    with pytest.raises(TaskFailed):
        BrandRunner(Broken([]), True).run(anna.account_id, lookup.id)
    assert "choose colors and logo yourself" in anna.page("brand/")
    with tenancy.account(anna.account_id):
        request_lookup("https://lindenhof.example/")
        BrandLookup.objects.update(created_at=clock.now() - LOST_AFTER - timedelta(minutes=1))
    forget_fetches(0)
    assert "choose colors and logo yourself" in anna.page("brand/"), "its job was lost"
    monkeypatch.setitem(limits._TIGHTENED, "page_fetches_day", 1)
    assert anna.client.post("/studio/brand/website/", {"url": "https://lindenhof.example/"}).status_code == 303
    assert "which is the daily limit. Try again tomorrow." in anna.page("brand/")
