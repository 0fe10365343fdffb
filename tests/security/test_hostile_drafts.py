"""Hostile drafts at the doors: pages, API, release, test send and the web view answer with words, never with a 500."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.content.campaign_content import click_url, compile_campaign
from mailflatrate.apps.campaigns.content.child_compiler import compile_in_child
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.campaigns import judge_whole, variants_facts
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.content.campaign import MAX_CONTENT, CompileContext, ContentSource, SourceFormat
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.liquid import SourceRefused
from support.cost import costs_at_most
from support.customers import CONTENT, Customer, sending_customer
from support.people import followed

pytestmark = pytest.mark.usefixtures("database")

HOSTILE = {
    "frameset": ("html", "\n<html><frameset><frame src=x></frameset></html>"),
    "noscript": ("html", "\n<noscript><p title='</noscript>'>"),
    "braces": ("markdown", "{{" * 20_000),
    "raw": ("html", "{% raw %}" * 20_000),
    "tags": ("html", "<a " * 60_000),
    "comments": ("html", "<!--" * 40_000),
    "mjml": ("mjml", "<mj-text " * 20_000),
    "letters": ("html", "l" + "q" * 190_000),
    "deep": ("html", "<div>" * 30_000),
    "attributes": ("html", "<p " + " ".join(f"a{n}" for n in range(30_000)) + ">x</p>"),
}

TOO_MUCH = {  # a few kilobytes from which parsers make gigabytes
    "copies": ("html", "<p>" + "".join(f"<b a{n}>" for n in range(200)) + "<p>x" * 7_000),
    "declarations": ("html", "<style>p{" + "".join(f"a{n}:b;" for n in range(9_000)) + "}</style>" + "<p>" * 7_000),
}


def stored(anna: Customer, kind: str, content: str) -> Campaign:
    """A draft that was saved before the limits came."""
    draft = anna.draft()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=draft.id).update(content_kind=kind, content=content)
        return Campaign.objects.get(id=draft.id)


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


@pytest.fixture(scope="module")
def imprint() -> FooterImprint:
    return FooterImprint((FooterLine("", "Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en")


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_draft_is_refused_with_words_and_can_still_be_edited(anna: Customer, name: str) -> None:
    draft = stored(anna, *HOSTILE[name])
    for page in ("edit/", "edit/preview/", "edit/preview/?images=off&dark=1"):
        answer = anna.client.get(f"/studio/campaigns/{draft.id}/{page}")
        assert answer.status_code == 200, page
    with tenancy.account(anna.account_id):
        verdict, _each = judge_whole(variants_facts(draft))
    assert not verdict.allowed
    assert name == "letters" or "merge-tags-filled" in {finding.key for finding in verdict.blocked_by}
    fixed = followed(anna.client, f"/studio/campaigns/{draft.id}/edit/", _form(anna, "Hello again"))
    assert "Hello again" in fixed


def _form(anna: Customer, content: str) -> dict[str, object]:
    return {
        "name": "Winter bulbs",
        "subject": "Bulbs",
        "sender": anna.sender_id,
        "list_ids": [anna.list_id],
        "language": "en",
        "content_kind": "markdown",
        "content": content,
    }


def test_the_studio_saves_no_more_than_200_kb(anna: Customer) -> None:
    draft = anna.draft()
    page = anna.client.post(f"/studio/campaigns/{draft.id}/edit/", _form(anna, "ä" * (MAX_CONTENT // 2 + 1)))
    assert "This is larger than 200 kB." in page.content.decode()
    assert anna.again(draft).content == CONTENT


def test_the_child_compiles_as_we_do_and_holds_no_key(anna: Customer) -> None:
    draft = anna.draft()
    with tenancy.account(anna.account_id):
        found = newest_imprint()
        assert found is not None
        compiled = compile_campaign(anna.again(draft), found, edition_id=77, attributes=attribute_names())
        tracked = Campaign.objects.get(id=draft.id).track_clicks
    url = click_url(anna.account_id, 77, 1)
    assert "link.invalid" not in compiled.sources.html + compiled.sources.text
    assert [link.url for link in compiled.sources.links] == ["https://lindenhof.example/bulbs"]
    assert (url in compiled.sources.html) == (url in compiled.sources.text) == tracked


@pytest.mark.slow
@pytest.mark.parametrize("name", TOO_MUCH)
def test_content_that_would_take_all_memory_ends_as_a_refusal(imprint: FooterImprint, name: str) -> None:
    kind, body = TOO_MUCH[name]
    begin = time.monotonic()
    with pytest.raises(SourceRefused) as refused:
        compile_in_child(ContentSource(SourceFormat(kind), body, "s"), CompileContext(imprint))
    assert time.monotonic() - begin < 60
    assert refused.value.errors[0].code in {"compiler-stopped", "takes-too-long", "becomes-too-long"}


@pytest.mark.slow
def test_six_previews_do_not_stop_other_pages(anna: Customer) -> None:
    """While six previews of hostile drafts are made, this process still does other work."""
    imprint = FooterImprint((FooterLine("", "Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en")
    source = ContentSource(SourceFormat.HTML, "<p>" * 30_000, "s")

    def preview() -> None:
        with suppress(SourceRefused):
            compile_in_child(source, CompileContext(imprint))

    threads = [threading.Thread(target=preview) for _ in range(6)]
    with costs_at_most(20):  # the work is done in other processes
        for thread in threads:
            thread.start()
        assert anna.client.get("/healthz").status_code == 200
        for thread in threads:
            thread.join()


def test_the_gate_refuses_content_that_is_slow_to_fill_in(anna: Customer) -> None:
    loop = "{% for i in (1..900) %}{% if i == 2 %}{{ i }}{% endif %}{{ i | plus: 1 | times: 2 | size }}{% endfor %}"
    draft = anna.draft(content=CONTENT + loop * 3)
    light = anna.draft()
    with tenancy.account(anna.account_id):
        heavy, usual = (judge_whole(variants_facts(each))[0].blocked_by for each in (draft, light))
    assert "rendering-light" in {finding.key for finding in heavy}
    assert "rendering-light" not in {finding.key for finding in usual}


def test_the_web_view_answers_a_refusal_with_a_page_and_the_sender_goes_on() -> None:
    """One recipient's value makes the text too much work; the others get theirs."""
    anna = sending_customer(people=3)
    loop = "{% for i in (1..200) %}{% if contact.city contains 'zz' %}x{% endif %}{% endfor %}"
    campaign = anna.sending_of(anna.draft(content=CONTENT + loop))
    with tenancy.account(anna.account_id):
        delivery, *others = Delivery.objects.filter(campaign_id=campaign.id).order_by("id")
        Contact.objects.filter(id=delivery.contact_id).update(attributes={"city": "y" * 90_000})
    answers = [
        Client().get(f"/w/{key_ring().seal(TokenPurpose.ARCHIVE, anna.account_id, row.id)}")
        for row in (delivery, *others)
    ]
    assert [answer.status_code for answer in answers] == [404, 200, 200]
    assert "be shown here</h1>" in answers[0].content.decode()
    policy = answers[1].headers["Content-Security-Policy"]
    assert {"form-action 'none'", "base-uri 'none'"} <= {part.strip() for part in policy.split(";")}
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_a_test_send_is_logged_as_a_test_send(anna: Customer) -> None:
    draft = anna.draft()
    page = followed(anna.client, f"/studio/campaigns/{draft.id}/edit/test/", {"recipients": [anna.owner.email]})
    assert "test message" in page
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        actions = set(AuditEntry.objects.filter(subject=f"campaign:{draft.id}").values_list("action", flat=True))
    assert "campaign.test_sent" in actions
    assert "mailing.tested" not in actions
