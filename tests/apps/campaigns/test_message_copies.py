"""Messages of other systems on a real web server: pages and files become drafts, and nothing else is fetched."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.message_copies import copy_message, decoded, request_copy
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Media, MessageCopy
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import tenancy
from mailflatrate.mail.copied_values import MAX_PAGE_OCTETS
from support.customers import Customer, sending_customer
from support.other_site import OtherSite, other_site

pytestmark = pytest.mark.usefixtures("database")

PAGE = """<html><head><title>Spring</title></head><body><h1>Spring is here</h1>
<p>Hello *|FNAME|*, <a href="https://lindenhof.example/shop">see the shop</a> and the bulbs.</p>
<img src="/tree.png" alt="A tree"><img src="/gone.png" alt="Gone"><img src="http://inside.example/a.png" alt="In">
<script>x()</script></body></html>"""


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "green").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def site() -> Iterator[OtherSite]:
    with other_site() as made:
        made.answers |= {"/news": PAGE.encode(), "/tree.png": png()}
        yield made


def copied(anna: Customer, site: OtherSite, *, url: str = "", file: bytes = b"", private: bool = True) -> MessageCopy:
    with tenancy.account(anna.account_id):
        copy = request_copy(name="", url=url, file=file, by=anna.owner)
    copy_message(anna.account_id, copy.id, resolver=site.resolver, private=private)
    copy_message(anna.account_id, copy.id, resolver=site.resolver, private=private)  # a job may run again
    with tenancy.account(anna.account_id):
        return MessageCopy.objects.select_related("campaign").get(id=copy.id)


def test_a_page_becomes_a_draft_with_its_pictures_in_media(site: OtherSite) -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=0)
    copy = copied(anna, site, url=site.base + "/news")
    assert (copy.state, copy.problem, copy.source) == ("done", "", "")
    assert copy.campaign is not None
    content = copy.campaign.content
    assert (copy.campaign.name, copy.campaign.subject, copy.campaign.content_kind) == ("Spring", "Spring", "html")
    with tenancy.account(anna.account_id):
        tree = Media.objects.get()
        assert (tree.name, tree.alt, copy.campaign.media_ids) == ("tree.png", "A tree", [tree.id])
        verdict = check_campaign(copy.campaign.id)
        assert "merge-tags-filled" not in [finding.key for finding in verdict.blocked_by]
    assert "/m/" in content
    assert content.count("gone.png") == 1, "what can't be had stays where it was"
    notes = {what: (count, samples) for what, count, samples in copy.notes}
    assert notes["lost_pictures"][0] == 2
    assert notes["scripts"][0] == 1
    assert site.asked.count("/news") == 1
    page = anna.page(f"copies/{copy.id}/")
    assert "These images couldn&#x27;t be copied" in page
    assert f"/studio/campaigns/{copy.campaign.id}/edit/" in page
    assert f"/studio/copies/{copy.id}/" in anna.page("copies/")
    assert carla.client.get(f"/studio/copies/{copy.id}/").status_code == 404


def test_only_public_addresses_are_visited_and_failures_say_what_to_do(site: OtherSite) -> None:
    anna = sending_customer(people=0)
    closed = copied(anna, site, url=site.base + "/news", private=False)
    assert (closed.state, closed.problem, site.asked) == ("failed", "unreachable", [])
    assert "upload that" in anna.page(f"copies/{closed.id}/")
    assert copied(anna, site, url=site.base + "/newsx").problem == "missing"
    assert copied(anna, site, file=b"<script>all()</script>").problem == "empty"
    assert copied(anna, site, file=b"<p>" + b"words " * 50_000).problem == "too_long"
    with tenancy.account(anna.account_id):
        for url, file in (
            ("", b" "),
            ("ftp://x.example/", b""),
            ("https://x y/", b""),
            ("", b"a" * (MAX_PAGE_OCTETS + 1)),
        ):
            with pytest.raises(CampaignInputError):
                request_copy(name="", url=url, file=file, by=anna.owner)
    answer = anna.client.post("/studio/copies/", {"url": "nowhere"})
    assert answer.status_code == 422


def test_a_file_is_read_in_what_it_declares(site: OtherSite) -> None:
    latin = '<meta charset="iso-8859-1"><p>Grüße aus Köln und Umgebung</p>'.encode("iso-8859-1")
    assert "Grüße" in decoded(latin)
    assert "Grüße" in decoded("<p>Grüße</p>".encode())
    assert "Grüße" in decoded('<meta charset="nonsense"><p>Grüße</p>'.encode("cp1252"))
    anna = sending_customer(people=0)
    copy = copied(anna, site, file=latin)
    assert copy.campaign is not None
    assert "Grüße aus Köln" in copy.campaign.content
    assert site.asked == []
