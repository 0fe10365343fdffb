"""Answers to a campaign's questions on their whole way: message, public page, report, segment, erasure."""

import re

from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording
from mailflatrate.apps.segments.counts import sample_people
from mailflatrate.apps.tracking.models import Click, PollAnswer, PollBallot, PollComment
from mailflatrate.apps.tracking.poll_results import LEAST_RECIPIENTS, answers_of, poll_results
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.content.poll_links import SCORES
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.customers import CONTENT, Customer, sending_customer
from support.scope import rows, within

TULIPS = "\n\n".join(f"[{one}](poll:?question=More+tulips%3F&answer={one}&comment=1)" for one in ("Yes", "No"))
NPS = " ".join(f"[{score}](poll:?question=Would+you+recommend+us%3F&score={score})" for score in SCORES)


WHO = ((0, 0), (1, 0), (0, 1))
"""Who answers what in the first test: reader and question."""


class Asked:
    """Readers who got a question about tulips and one about recommending; the first is Dora."""

    def __init__(self, people: int = LEAST_RECIPIENTS) -> None:
        self.anna: Customer = sending_customer(people=people)
        self.campaign: Campaign = self.anna.sending_of(self.anna.draft(content=f"{CONTENT}\n\n{TULIPS}\n\n{NPS}\n"))
        self.visitor = Client()
        with tenancy.account(self.anna.account_id):
            self.edition = Edition.objects.get(campaign_id=self.campaign.id)
            self.deliveries = list(Delivery.objects.filter(campaign_id=self.campaign.id).order_by("contact_id"))

    def choose(self, *, agrees: bool) -> int:
        """Have Dora agree to be recorded, or not; return her contact's ID."""
        dora = self.deliveries[0].contact_id
        wording = tracking_wording("Lindenhof", "en")
        with tenancy.account(self.anna.account_id):
            assert dora is not None
            choose_tracking(
                dora, agrees=agrees, wording=wording, language="en", source="test", ip="203.0.113.9", user_agent="test"
            )
        return dora

    def path(self, reader: int, poll: int = 0, answer: int = 0) -> str:
        token = key_ring().seal(TokenPurpose.POLL, self.anna.account_id, self.deliveries[reader].id)
        return f"/q/{token}/{poll}/{answer}"

    def send(self, reader: int, answer: int, poll: int = 0, **more: str) -> str:
        page = self.visitor.get(self.path(reader, poll)).content.decode()
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', page))
        answered = self.visitor.post(self.path(reader, poll), {"answer": str(answer), **hidden, **more})
        assert answered.headers["Cache-Control"] == "no-store"
        return answered.content.decode()

    def counts(self, poll: int = 0) -> tuple[int, ...]:
        return within(self.anna, poll_results, self.campaign)[poll].counts


def test_an_answer_is_counted_once_per_message_and_names_no_one() -> None:
    asked = Asked()
    assert "{{ poll_url }}/0/1" in asked.edition.html
    assert "{{ poll_url }}/1/10" in asked.edition.text
    assert all("poll" not in link["url"] for link in asked.edition.links), "never a tracked click"
    for method in ("get", "head"):
        assert getattr(asked.visitor, method)(asked.path(0, 0, 1)).status_code == 200
    page = asked.visitor.get(asked.path(0, 0, 1)).content.decode()
    assert re.search(r'value="1"\s+checked', page)
    assert "***@" not in page
    assert asked.counts() == (0, 0), "a scanner that follows every link answers nothing"
    assert "Thank you" in asked.send(0, 1, comment="  Red ones, <b>please</b> ")
    assert "Already answered" in asked.send(0, 0)
    assert "Thank you" in asked.send(1, 1)
    assert "Thank you" in asked.send(0, 10, poll=1)
    assert (asked.counts(), sum(asked.counts(1))) == ((0, 2), 1)
    with tenancy.account(asked.anna.account_id):
        assert PollAnswer.objects.count() == Click.objects.count() == 0
        assert PollBallot.objects.count() == 3
        (comment,) = PollComment.objects.all()
        assert (comment.text, comment.delivery_id) == ("Red ones, <b>please</b>", None)
        marks = {bytes(row.mark) for row in PollBallot.objects.all()}
    ring = key_ring()
    assert marks == {ring.ballot_mark(asked.anna.account_id, asked.deliveries[who].id, poll) for who, poll in WHO}
    assert {len(mark) for mark in marks} == {16}, "without the key it leads to no message"


def test_a_question_answers_only_to_its_own_messages_and_for_sixty_days() -> None:
    asked, ring = Asked(), key_ring()
    carla = sending_customer(people=1)
    good = asked.path(0)
    strange = (
        good.replace("/q/", "/q/0")[:44],
        f"/q/{'0' * 40}/0/0",
        f"/q/{ring.seal(TokenPurpose.UNSUBSCRIBE, asked.anna.account_id, asked.deliveries[0].id)}/0/0",
        f"/q/{ring.seal(TokenPurpose.POLL, carla.account_id, asked.deliveries[0].id)}/0/0",
        asked.path(0, poll=2),
        asked.path(0, answer=2),
        asked.path(0, poll=99_999_999_999),
    )
    for path in strange:
        assert asked.visitor.post(path, {"answer": "0"}).status_code == 404, path
    for sent in ("2", "-1", "x", "", "٣", "999"):
        assert asked.visitor.post(good, {"answer": sent}).status_code == 200
    assert asked.counts() == (0, 0)
    assert "Only recipients can answer" in asked.visitor.get("/q/archive/0/0").content.decode()
    with tenancy.account(asked.anna.account_id):
        Delivery.objects.filter(id=asked.deliveries[0].id).update(created_at=clock.now().replace(year=2020))
    closed = asked.visitor.post(good, {"answer": "0"})
    assert closed.status_code == 410
    assert asked.counts() == (0, 0)


def test_only_who_agreed_is_known_with_their_answer_and_a_no_wins() -> None:
    asked = Asked()
    dora = asked.choose(agrees=True)
    assert "***@" in asked.visitor.get(asked.path(0)).content.decode()
    asked.send(0, 0, comment="More of them")
    asked.send(1, 0)
    asked.send(0, 10, poll=1, nameless="1")
    wants = {"field": "answered", "op": "did", "campaign": asked.campaign.id, "question": "More tulips?"}
    with tenancy.account(asked.anna.account_id):
        assert [row.id for row in sample_people([{**wants, "answer": "Yes"}])] == [dora]
        assert sample_people([{**wants, "answer": "No"}]) == []
        assert sample_people([{**wants, "question": "Would you recommend us?", "answer": "promoters"}]) == []
        (told,) = answers_of([asked.deliveries[0].id])
        assert (told["question"], told["answer"], told["comment"]) == ("More tulips?", "Yes", "More of them")
    asked.choose(agrees=False)
    with tenancy.account(asked.anna.account_id):
        assert not PollAnswer.objects.exists()
        assert PollComment.objects.get().delivery_id is None, "what they wrote has no name any longer"
    assert asked.counts() == (2, 0), "the count stays"


def test_a_page_that_promised_no_name_keeps_none() -> None:
    """Dora opened it before she agreed to be recorded."""
    asked = Asked()
    asked.choose(agrees=True)
    assert "Thank you" in asked.visitor.post(asked.path(0), {"answer": "0"}).content.decode()
    asked.choose(agrees=False)
    late = asked.visitor.post(asked.path(0, 1), {"answer": "10", "named": "1"})
    assert "Thank you" in late.content.decode(), "and an answer after her no is counted without her"
    assert not rows(asked.anna, PollAnswer).exists()
    assert (asked.counts(), sum(asked.counts(1))) == ((1, 0), 1)


def test_nothing_is_shown_of_a_campaign_that_went_to_few() -> None:
    asked = Asked(people=LEAST_RECIPIENTS - 1)
    asked.send(0, 0, comment="It can only be me")
    page = asked.anna.page(f"campaigns/{asked.campaign.id}/answers/")
    assert "They appear once the campaign has gone to 5 people" in page
    assert "only be me" not in page
    assert asked.counts() == (0, 0)


def test_the_report_shows_shares_scores_and_comments_to_its_own_account_only() -> None:
    asked = Asked()
    for reader, score in enumerate((10, 9, 3)):
        asked.send(reader, score, poll=1)
        asked.send(reader, 0, comment=f"Comment {reader}")
    anna = asked.anna.signed_in()
    here = f"/studio/campaigns/{asked.campaign.id}/answers/"
    page = anna.client.get(here).content.decode()
    assert "Comment 2" in page
    assert "33" in page, "two promoters and one detractor of three"
    csv = anna.client.get(here[:-1] + ".csv").content.decode()
    assert "Promoters (9 to 10),2,66.67,33" in csv
    assert "Comment 1" in anna.client.get(here + "comments.csv").content.decode()
    first = rows(asked.anna, PollComment).order_by("id")[0]
    delete = f"{here}comments/{first.id}/delete/"
    carla = sending_customer(people=1).signed_in()
    for path in (here, here[:-1] + ".csv", here + "comments.csv"):
        assert carla.client.get(path).status_code == 404
    assert carla.client.post(delete).status_code == 404
    assert anna.client.post(delete).status_code == 303
    assert rows(asked.anna, PollComment).count() == 2
    assert within(carla, poll_results, asked.campaign) == []


def test_words_of_a_question_are_judged_like_what_is_seen() -> None:
    anna = sending_customer(people=1)
    link = "[Yes](poll:?question=Your+question&answer=Yes)"
    with tenancy.account(anna.account_id):
        verdict = check_campaign(anna.draft(content=f"{CONTENT}\n\n{link}\n").id)
        assert "poll-answers" in str(verdict.findings)
        both = f"{link} [No](poll:?question=Your+question&answer=No)"
        assert "Your question" in str(check_campaign(anna.draft(content=f"{CONTENT}\n\n{both}\n").id).findings)
