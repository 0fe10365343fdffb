"""Programs that follow a campaign's links under a browser's name count as machines, and pick no variant."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.tracking import scanners
from mailflatrate.apps.tracking.jobs import forget_visitors
from mailflatrate.apps.tracking.models import Click
from mailflatrate.apps.tracking.queries import clicks_by_variant, clicks_of
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
HOME, OFFICE, AWS = "91.14.200.3", "2003:e5::7", "52.14.0.1"
LINKS = 4


class Mailing:
    """A campaign of Anna's with four links, sent an hour ago."""

    def __init__(self, links: int = LINKS, sent_ago: timedelta = timedelta(hours=1)) -> None:
        self.anna: Customer = sending_customer(people=2)
        words = "\n\n".join(f"[Bulb {n}](https://lindenhof.example/{n})" for n in range(1, links + 1))
        draft = self.anna.draft(content=f"# Bulbs\n\nHello, here is what is new this winter.\n\n{words}")
        self.campaign: Campaign = self.anna.sending_of(draft)
        self.now = clock.now()
        with tenancy.account(self.anna.account_id):
            self.edition = Edition.objects.get(campaign=self.campaign)
            self.numbers = {link["url"].rpartition("/")[2]: link["number"] for link in self.edition.links}
            assert len(self.edition.links) == links
            sent_at = self.now - sent_ago
            Chunk.objects.filter(campaign=self.campaign).update(claimed_at=sent_at, heartbeat_at=sent_at)
            Delivery.objects.filter(campaign=self.campaign).update(settled_at=sent_at, state="sent")

    def click(
        self, number: int, *, ip: str = HOME, at: datetime | None = None, browser: str = BROWSER, **more: str
    ) -> None:
        token = key_ring().seal(TokenPurpose.CLICK, self.anna.account_id, self.edition.id, self.numbers[str(number)])
        with clock.frozen_at(at or self.now):
            answer = Client().get(f"/c/{token}", headers={"User-Agent": browser, **more}, REMOTE_ADDR=ip)
        assert answer.headers["Location"] == f"https://lindenhof.example/{number}", "everybody gets there"

    def counted(self) -> tuple[int, int]:
        with tenancy.account(self.anna.account_id):
            rows = clicks_of(self.edition)
            assert sum(clicks_by_variant(self.campaign.id).values()) == sum(row.people for row in rows)
        return sum(row.people for row in rows), sum(row.machines for row in rows)


def test_a_data_centre_is_no_reader() -> None:
    mailing = Mailing()
    for ip in (AWS, "40.94.20.9", "67.231.156.10", "2a01:4f9:c010::1", "::ffff:52.14.0.1"):
        mailing.click(1, ip=ip)
    assert mailing.counted() == (0, 5)
    mailing.click(1)
    mailing.click(1, ip=OFFICE)
    assert mailing.counted() == (2, 5)


def test_an_operator_replaces_the_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Links lead on even where the file has gone wrong; then the shipped list counts."""
    mailing = Mailing()
    for text, counted in (("91.14.0.0/16 # ours\n", (1, 1)), ("91.14.0.0/16 and others", (2, 2))):
        file = tmp_path / f"{counted[0]}.txt"
        file.write_text(text)
        settings = load_settings().model_copy(update={"data_centres": file})
        monkeypatch.setattr(scanners, "load_settings", lambda settings=settings: settings)
        mailing.click(1, ip=HOME)
        mailing.click(1, ip=AWS)
        assert mailing.counted() == counted


@pytest.mark.parametrize("links", [2, 3, 4, 12])
def test_all_links_at_once_are_a_scanners(links: int) -> None:
    """The first of them, too, although nothing gave it away when it came."""
    mailing = Mailing(links)
    for number in range(1, links + 1):
        mailing.click(number, at=mailing.now + timedelta(milliseconds=300 * number))
    assert mailing.counted() == (0, links)


def test_changing_the_browser_hides_no_scanner() -> None:
    mailing = Mailing()
    for number in range(1, LINKS + 1):
        mailing.click(number, browser=f"{BROWSER} {number}", ip=f"2003:e5::{number}")
    assert mailing.counted() == (0, LINKS)


def test_a_reader_who_follows_some_links_or_all_in_time_stays_a_reader() -> None:
    mailing = Mailing()
    for number in range(1, LINKS):
        mailing.click(number)
    assert mailing.counted() == (LINKS - 1, 0)
    for number in range(1, LINKS + 1):
        mailing.click(number, ip="79.200.1.1", at=mailing.now + timedelta(seconds=7 * number))
    for number in range(1, LINKS + 1):
        mailing.click(number, ip=f"84.153.10.{number}")
    mailing.click(1), mailing.click(1)
    assert mailing.counted() == (3 * LINKS + 1, 0)
    single = Mailing(1)
    single.click(1)
    single.click(1)
    assert single.counted() == (2, 0), "one link is never all at once"


def test_a_click_before_anybody_can_have_read_it_is_a_scanners() -> None:
    mailing = Mailing(sent_ago=timedelta(seconds=4))
    mailing.click(1)
    assert mailing.counted() == (0, 1)
    mailing.click(1, at=mailing.now + timedelta(minutes=1))
    assert mailing.counted() == (1, 1)


def test_a_large_mailing_under_way_still_has_readers() -> None:
    mailing = Mailing()
    with tenancy.account(mailing.anna.account_id):
        Chunk.objects.create(
            campaign=mailing.campaign, number=99, size=1, claimed_at=mailing.now, heartbeat_at=mailing.now
        )
    mailing.click(1)
    assert mailing.counted() == (1, 0)


def test_a_browser_that_fetches_ahead_is_not_reading() -> None:
    mailing = Mailing()
    mailing.click(1, **{"Sec-Purpose": "prefetch;prerender"})
    mailing.click(1, **{"X-Purpose": "preview"})
    assert mailing.counted() == (0, 2)


def test_who_clicked_is_not_kept_and_the_mark_goes() -> None:
    """Ten minutes later nothing tells that two clicks were one visitor's (R-108)."""
    mailing = Mailing()
    mailing.click(1)
    mailing.click(2, at=mailing.now + timedelta(hours=1))
    with tenancy.account(mailing.anna.account_id):
        marks = [bytes(mark) for mark in Click.objects.values_list("visitor", flat=True) if mark]
    assert len(marks) == len(set(marks)) == 2, "the same visitor an hour later is somebody else"
    assert all(HOME.encode() not in mark and len(mark) == 8 for mark in marks)
    with clock.frozen_at(mailing.now + timedelta(minutes=21)):
        forget_visitors(0)
    with tenancy.account(mailing.anna.account_id):
        assert Click.objects.exclude(visitor=None).count() == 1
    assert mailing.counted() == (2, 0)


def test_a_scanner_chooses_no_variant() -> None:
    """Bursts that two requests at the same moment did not see of each other are found before the choice."""
    mailing = Mailing()
    with tenancy.account(mailing.anna.account_id):
        for number in range(1, LINKS + 1):
            Click.objects.create(
                campaign=mailing.campaign,
                edition_id=mailing.edition.id,
                link_number=number,
                visitor=b"12345678",
                at=mailing.now,
            )
        assert clicks_by_variant(mailing.campaign.id) == {0: LINKS}
        assert scanners.mark_bursts(mailing.campaign.id) == LINKS
        assert scanners.mark_bursts(mailing.campaign.id) == 0
        assert clicks_by_variant(mailing.campaign.id) == {}


def test_carlas_clicks_are_not_counted_again_by_annas() -> None:
    mine, hers = Mailing(), Mailing()
    with tenancy.account(hers.anna.account_id):
        for number in range(1, LINKS + 1):
            Click.objects.create(
                campaign=hers.campaign, edition_id=hers.edition.id, link_number=number, visitor=b"12345678", at=hers.now
            )
    with tenancy.account(mine.anna.account_id):
        assert scanners.mark_bursts(hers.campaign.id) == 0
    assert hers.counted() == (LINKS, 0)
