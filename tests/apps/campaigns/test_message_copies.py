"""Messages of other systems on a real web server: pages and files become drafts, and nothing else is fetched."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.fetch_runner import LOST_AFTER
from mailflatrate.apps.campaigns.actions.message_copies import (
    KEPT,
    CopyRunner,
    decoded,
    request_copy,
)
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.jobs import forget_fetches
from mailflatrate.apps.campaigns.models import Media, MessageCopy
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.mail.fetched.values import MAX_PAGE_OCTETS
from mailflatrate.rules import limits
from mailflatrate.wire.dns import DnsAnswer, DnsResolver
from support.customers import Customer, sending_customer
from support.other_site import OtherSite, other_site
from support.scope import rows, within

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
    copy = within(anna, request_copy, name="", url=url, file=file, by=anna.owner)
    CopyRunner(site.resolver, private).run(anna.account_id, copy.id)
    CopyRunner(site.resolver, private).run(anna.account_id, copy.id)  # a job may run again
    return rows(anna, MessageCopy).select_related("campaign").get(id=copy.id)


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


def test_odd_addresses_of_pictures_do_not_stop_a_copy(site: OtherSite) -> None:
    site.answers["/b%C3%A4ume.png"] = png()
    odd = "<h1>Spring is here again</h1><img src='/b\u00e4ume.png' alt='Trees'><img src='http://[' alt='Odd'>"
    site.answers["/odd"] = f"<meta charset=utf-8>{odd}<img src='http://mail.example:port/x.png' alt='P'>".encode()
    anna = sending_customer(people=0)
    assert copied(anna, site, url=site.base + "/odd").state == "done"
    assert rows(anna, Media).get().alt == "Trees"


class Broken(DnsResolver):
    """A resolver with a mistake."""

    def a(self, name: str) -> DnsAnswer:
        raise RuntimeError(name)


def test_a_job_that_fails_and_a_day_that_is_used_up_are_said(site: OtherSite, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = sending_customer(people=0)
    with tenancy.account(anna.account_id):
        broken, late = (request_copy(name="", url=site.base + "/news", file=b"", by=anna.owner) for _ in range(2))
    with pytest.raises(TaskFailed):
        CopyRunner(Broken([]), True).run(anna.account_id, broken.id)
    assert "We couldn&#x27;t copy this message" in anna.page(f"copies/{broken.id}/")
    monkeypatch.setitem(limits._TIGHTENED, "page_fetches_day", 1)
    CopyRunner(site.resolver, True).run(anna.account_id, late.id)
    assert site.asked == []
    assert "has reached its daily limit of web pages" in anna.page(f"copies/{late.id}/")
    with tenancy.account(anna.account_id), pytest.raises(CampaignError, match="Try again tomorrow"):
        request_copy(name="", url=site.base + "/news", file=b"", by=anna.owner)
    assert copied(anna, site, file=b"<p>A file needs no page at all</p>").state == "done"


def test_old_copies_go_without_another_one(site: OtherSite) -> None:
    anna, idle = sending_customer(people=0), sending_customer(people=0)
    old = copied(anna, site, url=site.base + "/news")
    with tenancy.account(idle.account_id):
        lost = request_copy(name="", url=site.base + "/news", file=b"", by=idle.owner)
        MessageCopy.objects.update(created_at=clock.now() - LOST_AFTER - timedelta(minutes=1))
    rows(anna, MessageCopy).update(created_at=clock.now() - KEPT - timedelta(minutes=1))
    forget_fetches(0)
    assert not rows(anna, MessageCopy).filter(id=old.id).exists()
    assert "We couldn&#x27;t copy this message" in idle.page(f"copies/{lost.id}/")
