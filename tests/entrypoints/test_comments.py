"""Colleagues comment on a campaign: threads, settled ones, and deletions that leave a trace."""

import re

import pytest
from django.db import ProgrammingError
from django.http import HttpResponse

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Notice, Role, User
from mailflatrate.apps.campaigns.actions import comments, drafts
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignComment, CommentPlace
from mailflatrate.apps.campaigns.queries import comment_threads
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.people import browser, followed, person

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna() -> Customer:
    """Anna with a colleague who writes and one who only looks."""
    return sending_customer(people=1)


def messages_to(user: User) -> list[Notice]:
    with tenancy.account(house_account().id):
        return list(Notice.objects.filter(recipient=user.email, kind="team").order_by("id"))


def comment(anna: Customer, campaign: Campaign, text: str, by: User, **values: object) -> CampaignComment:
    with tenancy.account(anna.account_id):
        return comments.write_comment(campaign.id, text, by=by, **values)  # type: ignore[arg-type]


def test_a_thread_in_two_browsers(anna: Customer) -> None:
    """Ben, a viewer, comments; Anna answers and settles it; Ben's next answer reopens it."""
    ben = person(anna.account_id, "Ben Berger", Role.VIEWER)
    campaign = anna.draft()
    address = f"/studio/campaigns/{campaign.id}/comments/"
    page = followed(browser(ben), address, {"text": "Twelve euros?\r\nOr <b>ten</b>?", "about": "subject"})
    assert "Twelve euros?\nOr &lt;b&gt;ten&lt;/b&gt;?" in page and "Subject" in page
    (letter,) = messages_to(anna.owner)
    assert letter.subject == "Comment on “Winter bulbs”" and "Ben Berger commented on" in letter.text
    with tenancy.account(anna.account_id):
        first = CampaignComment.objects.get().id
    followed(anna.client, address, {"text": "Twelve.", "thread": first, "about": "content"})
    assert len(messages_to(ben)) == 1, "who commented hears of the answer"
    page = followed(anna.client, f"{address}{first}/settle/", {"settled": "yes"})
    assert "1 resolved thread" in page and "Resolved by Anna Lindner" in page
    assert "1 resolved thread" in anna.client.get(f"/studio/campaigns/{campaign.id}/edit/").content.decode()
    page = followed(browser(ben), address, {"text": "Thank you.", "thread": first})
    assert "resolved thread" not in page
    with tenancy.account(anna.account_id):
        (thread,) = comment_threads(campaign.id)
    assert [row.text for row in thread.answers] == ["Twelve.", "Thank you."]
    assert {row.about for row in thread.answers} == {CommentPlace.SUBJECT}


def test_deleting_leaves_a_trace(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben Berger", Role.EDITOR)
    clara = person(anna.account_id, "Clara Cordes", Role.EDITOR)
    campaign = anna.draft()
    row = comment(anna, campaign, "Secret", ben)
    with tenancy.account(anna.account_id), pytest.raises(CampaignError, match="Only the author"):
        comments.take_back_comment(row.id, by=clara)
    page = followed(browser(ben), f"/studio/campaigns/{campaign.id}/comments/{row.id}/delete/", {})
    assert "Secret" not in page and "Deleted by Ben Berger" in page
    other = comment(anna, campaign, "Again", ben)
    with tenancy.account(anna.account_id):
        comments.take_back_comment(other.id, by=anna.owner)
        other.refresh_from_db()
    assert (other.text, other.deleted_by_id, other.author_id) == ("", anna.owner.id, ben.id)


@pytest.mark.parametrize("change", [{"text": "Other words"}, {"text": ""}, {"author_id": None}, {"about": "text"}])
def test_words_never_change(anna: Customer, change: dict[str, object]) -> None:
    """No statement can change the words: they are deleted with who and when, or stay."""
    row = comment(anna, anna.draft(), "As I said.", anna.owner)
    values = change | ({"author_id": sending_customer().owner.id} if "author_id" in change else {})
    with pytest.raises(ProgrammingError, match="never changed"), tenancy.account(anna.account_id):
        CampaignComment.objects.filter(id=row.id).update(**values)


def test_what_is_refused(anna: Customer) -> None:
    campaign = anna.draft()
    page = followed(anna.client, f"/studio/campaigns/{campaign.id}/comments/", {"text": "  "})
    assert "Write a comment first." in page
    with pytest.raises(CampaignError, match="up to 2000 characters"):
        comment(anna, campaign, "x" * 2001, anna.owner)
    other = comment(anna, anna.draft("Other"), "There", anna.owner)
    answer = anna.client.post(f"/studio/campaigns/{campaign.id}/comments/", {"text": "x", "thread": other.id})
    assert answer.status_code == 404, "a thread of another mailing"


def test_htmx_gets_the_part_and_a_sent_mailing_has_its_comments(anna: Customer) -> None:
    campaign = anna.sending()
    address = f"/studio/campaigns/{campaign.id}/comments/"
    answer = anna.client.post(address, {"text": "It went well."}, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith("<section") and "It went well." in answer.content.decode()
    assert 'aria-current="page"' in anna.client.get(address).content.decode()


def test_a_page_that_is_open_hears_what_is_new_and_keeps_what_is_written(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben Berger", Role.EDITOR)
    campaign = anna.draft()
    address = f"/studio/campaigns/{campaign.id}/comments/"

    def asked(page: str) -> HttpResponse:
        """What htmx asks, by the words of the page that is shown."""
        (wanted,) = re.findall(r'hx-get="([^"]+)" hx-trigger="every 10s"', page)
        answer = anna.client.get(wanted, headers={"HX-Request": "true"})
        assert isinstance(answer, HttpResponse)
        return answer

    page = anna.client.get(f"/studio/campaigns/{campaign.id}/edit/").content.decode()
    assert "hx-preserve" not in page, "a form that was sent is empty afterward"
    assert asked(page).status_code == 204
    row = comment(anna, campaign, "Twelve euros?", ben)
    news = asked(page).content.decode()
    assert "Twelve euros?" in news and "<html" not in news
    for box in ('id="comment_new"', f'id="answer-{row.id}"'):
        assert f'{box} hx-preserve="true"' in news
    assert asked(news).status_code == 204
    comment(anna, campaign, "Ten.", ben, thread_id=row.id)
    assert "Ten." in (news := asked(news).content.decode())
    with tenancy.account(anna.account_id):
        comments.settle_thread(row.id, by=ben, settled=True)
    assert "1 resolved thread" in (news := asked(news).content.decode())
    with tenancy.account(anna.account_id):
        comments.take_back_comment(row.id, by=ben)
    assert "Deleted by Ben Berger" in asked(news).content.decode()
    sent = anna.client.post(address, {"text": "I agree."}, headers={"HX-Request": "true"}).content.decode()
    assert "hx-preserve" not in sent
    carla = browser(Customer.registered("Nordstern").owner)
    assert carla.get(f"{address}?seen=x", headers={"HX-Request": "true"}).status_code == 404


def test_a_deleted_draft_takes_its_comments_along(anna: Customer) -> None:
    campaign = anna.draft()
    comment(anna, campaign, "Gone with it.", anna.owner)
    with tenancy.account(anna.account_id):
        drafts.delete_draft(campaign.id)
        assert not CampaignComment.objects.exists()
