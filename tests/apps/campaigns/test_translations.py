"""One campaign in several languages: what may be saved, and who gets which text."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.actions.follow_up import FollowUpGoal, create_follow_up
from mailflatrate.apps.campaigns.actions.templates import save_as_template, start_from_template
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.translations import (
    languages_of,
    people_by_language,
    possible_languages,
    with_language,
    without_language,
)
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.planning.editions import edition_mail
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.gate.test_send import send_test
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.message.edition import Recipient
from mailflatrate.rules.gate.judge import explain
from mailflatrate.settings.schema import load_settings
from support.customers import CONTENT, Customer, sending_customer
from support.sql import beside_triggers

GERMAN = {
    "language": "de",
    "subject": "Die Winterzwiebeln sind da",
    "preheader": "",
    "content": "# Winterzwiebeln\n\nDie ersten Zwiebeln sind da. [Zu den Zwiebeln](https://lindenhof.example/zwiebeln)\n",
    "text_override": "",
}
FRENCH = {
    "language": "fr",
    "subject": "Les bulbes sont là",
    "preheader": "",
    "content": "# Bulbes\n\nLes premiers bulbes sont là. [Voir les bulbes](https://lindenhof.example/bulbes)\n",
    "text_override": "",
}
CHOSEN = [
    ({"language": "de", "time_zone": "Pacific/Auckland"}, 1),
    ({"sprache": " Deutsch "}, 1),
    ({"lang": "de_AT"}, 1),
    ({"locale": "fr-CH"}, 2),
    ({"language": "it"}, 0),
    ({"language": "en", "sprache": "de"}, 0),
    ({"city": "Kiel"}, 1),  # confirmed in German
    ({}, 0),
]
"""Attributes of each contact, and the number of the text that they get."""


@pytest.fixture(scope="module")
def anna() -> Customer:
    """Her account, with people who chose a language in all the ways there are."""
    anna = sending_customer(people=len(CHOSEN))
    with tenancy.account(anna.account_id):
        for contact, (attributes, _number) in zip(Contact.objects.order_by("id"), CHOSEN, strict=True):
            Contact.objects.filter(id=contact.id).update(attributes=attributes)
        _confirm_in_german(Contact.objects.order_by("id")[len(CHOSEN) - 2])
    return anna


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 2}))
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 5)


def _confirm_in_german(contact: Contact) -> None:
    """The evidence of a consent never changes, so the owner sets the scene beside the triggers."""
    event_id = Subscription.objects.get(contact=contact).consent_event_id
    beside_triggers(
        'UPDATE consent_evidence SET details = details || \'{"language": "de"}\' WHERE event_id = %s', [event_id]
    )


def written(anna: Customer, **values: object) -> Campaign:
    return anna.draft("In three languages", **{"translations": [GERMAN, FRENCH]} | values)


def numbers_of(anna: Customer, campaign: Campaign) -> list[int]:
    """The number of the text of each person, in the order of `CHOSEN`."""
    with tenancy.account(anna.account_id):
        rows = Delivery.objects.filter(campaign=campaign).order_by("contact_id")
        numbers = dict(Edition.objects.filter(campaign=campaign).values_list("id", "variant"))
        return [numbers[edition_id] for edition_id in rows.values_list("edition_id", flat=True) if edition_id]


def test_everyone_gets_the_language_they_chose_under_one_mailing_id(anna: Customer) -> None:
    """And a chunk holds one language, so that no sender claims it twice; the footer and headers are in it, too."""
    campaign = anna.sending_of(written(anna))
    assert numbers_of(anna, campaign) == [number for _attributes, number in CHOSEN]
    with tenancy.account(anna.account_id):
        editions = list(Edition.objects.filter(campaign=campaign).order_by("variant"))
        assert [each.language for each in editions] == ["en", "de", "fr"]
        assert len({each.content_hash for each in editions}) == 1
        for chunk in Chunk.objects.filter(campaign=campaign):
            assert Delivery.objects.filter(chunk=chunk).values("edition_id").distinct().count() == 1
    for edition, own, footer in zip(
        editions,
        ("first bulbs", "ersten Zwiebeln", "premiers bulbes"),
        ("Unsubscribe", "Abmelden", "inscri"),
        strict=True,
    ):
        mail = edition_mail(anna.account_id, edition.id)
        values = {name: {"name": "L", "date": "1", "source": "s"} for name in ("list", "account", "subscription")}
        dora = Recipient(1, "dora@people.example", "", values | {"contact": {}})
        octets = mail.composers[anna.list_id].compose(dora, clock.now()).content
        message = message_from_bytes(octets, policy=policy.default)
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert own in html
        assert footer in html
        assert f'lang="{edition.language}"' in html
        assert (message["Content-Language"], message["X-Mailing-ID"]) == (edition.language, campaign.mailing_id)


def test_each_language_goes_at_each_recipients_hour(anna: Customer) -> None:
    campaign = anna.ticked(written(anna))
    with tenancy.account(anna.account_id):
        at = clock.now() + timedelta(hours=2)
        assert release_campaign(campaign.id, by=anna.owner, at=at, on_own_clocks=True).allowed
        decision = campaign.decisions.filter(edition__variant=0).get()
    assert decision.edition_id is not None
    plan_campaign(anna.account_id, campaign.id, decision.edition_id, decision.id)
    assert numbers_of(anna, campaign) == [number for _attributes, number in CHOSEN]
    with tenancy.account(anna.account_id):
        early = Delivery.objects.get(campaign=campaign, contact=Contact.objects.order_by("id")[0])
        assert early.chunk is not None
        assert early.chunk.not_before is None, "it is past that hour there"
        rest = Delivery.objects.filter(campaign=campaign).exclude(id=early.id)
        assert set(rest.values_list("chunk__not_before", flat=True)) == {at}


def test_what_is_missing_is_said_and_a_copy_is_not_sent(anna: Customer) -> None:
    draft = written(anna, translations=[GERMAN | {"subject": ""}, FRENCH | {"content": CONTENT}])
    with tenancy.account(anna.account_id):
        assert people_by_language(draft) == {"de": 4, "": 1, "en": 1, "fr": 1, "it": 1}
        verdict = check_campaign(draft.id)
        said = {finding.key: explain(finding, "en").sentence for finding in verdict.failures}
    assert not verdict.allowed
    assert "Italian" in said["languages-written"]
    assert "1 " in said["languages-written"]
    assert "French" in said["languages-translated"]
    assert dict(next(each.params for each in verdict.failures if each.key == "subject-present"))["languages"] == (
        "language.de",
    )


def test_one_text_in_a_language_and_no_test_beside_it(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        variant = {name: GERMAN[name] for name in ("subject", "preheader", "content", "text_override")}
        for values in (
            {"variants": [variant], "translations": [GERMAN]},
            {"translations": [GERMAN, GERMAN]},
            {"translations": [GERMAN | {"language": "en"}]},
            {"translations": [GERMAN | {"language": "tlh"}]},
        ):
            with pytest.raises(CampaignInputError):
                anna.draft(**values)
        draft = written(anna)
        with pytest.raises(CampaignInputError):
            drafts.update_campaign(draft.id, {"language": "de"}, by=anna.owner)


def test_languages_come_and_go(anna: Customer) -> None:
    """A new one begins as a copy; removing the first one makes the second the campaign's own."""
    draft = anna.draft()
    with tenancy.account(anna.account_id):
        assert possible_languages(draft) == ["de", "fr"]
        draft = drafts.update_campaign(draft.id, {"translations": with_language(draft, "de")}, by=anna.owner)
        assert draft.translations == [GERMAN | {"subject": draft.subject, "content": draft.content}]
        before = content_hash(draft, newest_imprint())
        draft = drafts.update_campaign(draft.id, {"translations": [GERMAN]}, by=anna.owner)
        assert content_hash(draft, newest_imprint()) != before, "the tick is for all languages"
        with pytest.raises(CampaignInputError):
            with_language(draft, "de")
        draft = drafts.update_campaign(draft.id, without_language(draft, "en"), by=anna.owner)
        assert (languages_of(draft), draft.subject) == (["de"], GERMAN["subject"])
        assert without_language(draft, "de") == {}


def test_copies_templates_follow_ups_and_tests_keep_the_languages(anna: Customer) -> None:
    draft = written(anna)
    with tenancy.account(anna.account_id):
        assert drafts.copy_campaign(draft.id, by=anna.owner).translations == [GERMAN, FRENCH]
        template = save_as_template(draft.id, f"Three {draft.id}", by=anna.owner)
        assert start_from_template(template.id, name="x", by=anna.owner, values={}).translations == [GERMAN, FRENCH]
        notices = send_test(draft.id, [anna.owner.email], by=anna.owner, contact_ids=[])
        tested = Edition.objects.filter(id__in=[each.edition_id for each in notices]).order_by("variant")
        assert [each.subject for each in tested] == [draft.subject, GERMAN["subject"], FRENCH["subject"]]
        Campaign.objects.filter(id=draft.id).update(state="sent", started_at=clock.now(), finished_at=clock.now())
        follow_up = create_follow_up(draft.id, FollowUpGoal(), by=anna.owner)
        assert follow_up.translations == [GERMAN, FRENCH]
