"""Each rule of the campaign chain fires on its own fault and on nothing else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.mail.author_mistakes import ROW_MISSING, as_param, mistake
from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome, LinkVisitFacts
from mailflatrate.rules.early_review import EarlyReview
from mailflatrate.rules.facts import (
    CampaignFacts,
    CouponFacts,
    DnsRecordFacts,
    DnsState,
    LinkFacts,
    SampleFacts,
    SpamScore,
)
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN
from mailflatrate.rules.gate.judge import RULES_VERSION, explain, failures_by_weight, judge_campaign
from mailflatrate.rules.verdict import Severity, verdict_from_json
from rules.examples import CAMPAIGN, IMPRINT, NOW, campaign

MISSING = DnsRecordFacts(DnsState.MISSING, "v=spf1 include:…")

RULES = {check.key: check for check in CAMPAIGN_CHAIN}
# (rule key, parts of the good campaign to change, a piece of the English sentence)
FAULTS: list[tuple[str, dict[str, dict[str, Any]], str]] = [
    ("account-active", {"account": {"status": AccountStatus.SUSPENDED}}, "suspended"),
    ("account-active", {"account": {"status": AccountStatus.SUBMITTED}}, "waiting for review"),
    ("account-active", {"account": {"activated_at": None}}, "active"),
    ("account-active", {"account": {"activated_by": ""}}, "active"),
    ("dpa-accepted", {"account": {"dpa_accepted": ""}}, "data processing"),
    ("dpa-accepted", {"account": {"dpa_accepted": "d0"}}, "current version"),
    ("policy-accepted", {"account": {"terms_accepted": "t1"}}, "terms of service"),
    ("policy-acknowledged", {"release": {"acknowledged_hash": "0ld"}}, "confirmed the anti-spam policy"),
    ("policy-acknowledged", {"release": {"acknowledged_policy": "p2"}}, "confirmed the anti-spam policy"),
    (
        "policy-acknowledged",
        {"release": {"acknowledged_hash": "", "content_hash": ""}},
        "confirmed the anti-spam policy",
    ),
    ("released-by-two", {"release": {"four_eyes": True}}, "second person"),
    ("first-mailings-reviewed", {"release": {"supervised": True}, "account": {"campaigns_sent": 1}}, "number 2"),
    ("like-the-mailings-before", {"history": {"now": NOW, "new_domain": True}}, "a sending domain used for the first"),
    ("like-the-mailings-before", {"history": {"now": NOW, "new_lists": ("Bought?",)}}, "an imported list"),
    (
        "like-the-mailings-before",
        {"history": {"now": NOW, "usual": 300}, "audience": {"recipients": 1001}},
        "far more recipients",
    ),
    (
        "like-the-mailings-before",
        {"history": {"now": NOW, "last_campaign_at": NOW - timedelta(days=184)}},
        "half a year",
    ),
    ("volume-allowed", {"account": {"own_limit": 1200}, "history": {"sent_last_day": 201}}, "may email 1,200"),
    (
        "volume-allowed",
        {"account": {"status": AccountStatus.THROTTLED}, "audience": {"recipients": 2001}},
        "2,000 people within",
    ),
    (
        "volume-allowed",
        {
            "account": {"campaigns_sent": 2},
            "history": {"now": NOW, "usual": 50_000},
            "audience": {"recipients": 50_001},
        },
        "50,000 people within",
    ),
    (
        "volume-allowed",
        {
            "account": {"activated_at": NOW - timedelta(days=60)},
            "history": {"now": NOW, "usual": 50_000},
            "audience": {"recipients": 50_001},
        },
        "50,000 people within",
    ),
    ("variants-have-readers", {"audience": {"people_each": 0}}, "less than 1"),
    (
        "list-language",
        {"audience": {"language": "de", "lists_in_other_language": ("Garden",)}},
        "is German, but these lists",
    ),
    (
        "languages-written",
        {"audience": {"unwritten_languages": (("it", 12), ("fr", 3))}},
        "no text in Italian, French, the choice of 15",
    ),
    *(
        (key, {"content": {"visits": (LinkVisitFacts("https://a.de/x", outcome, "HTTP 404"),)}}, "https://a.de/x")
        for key, outcome in (
            ("links-hosted", LinkOutcome.NO_HOST),
            ("links-found", LinkOutcome.GONE),
            ("links-visited", LinkOutcome.WAITING),
        )
    ),
    (
        "links-direct",
        {"content": {"visits": (LinkVisitFacts("https://a.de/x", LinkOutcome.OK, "", "https://b.de/", 1),)}},
        "https://a.de/x → https://b.de/",
    ),
    (
        "links-direct",
        {"content": {"visits": (LinkVisitFacts("https://a.de/x", LinkOutcome.OK, "", "https://www.a.de/", 2),)}},
        "https://www.a.de/",
    ),
    (
        "links-agree",
        {"content": {"visits": (LinkVisitFacts("https://a.de/x", LinkOutcome.OK, disagreements=("1 / 2",)),)}},
        "1 / 2 (https://a.de/x)",
    ),
    (
        "values-present",
        {"content": {"lacking_values": ("contact.city",), "people_lacking_values": 3}},
        "because contact.city is empty",
    ),
    (
        "coupons-enough",
        {"audience": {"coupons": (CouponFacts("Ten percent", 1, 2),)}},
        "has 1 codes left",
    ),
    ("languages-translated", {"audience": {"untranslated": ("de",)}}, "in German is still a copy"),
    ("sender-verified", {"sender": {"address_verified_at": None}}, "post@news.papierladen.de"),
    ("sender-verified", {"sender": {"domain_verified_at": None}}, "verified yet"),
    ("reply-to-deliverable", {"sender": {"reply_to": "x@y.de", "reply_to_deliverable": False}}, "x@y.de"),
    ("reply-to-verified", {"sender": {"reply_to": "x@y.de", "reply_to_verified": False}}, "No one at x@y.de"),
    ("sender-name-honest", {"sender": {"display_name": "Papierladen service@bank.de"}}, "bank.de"),
    ("sender-name-honest", {"sender": {"display_name": "Papierladen (elsewhere.com)"}}, "elsewhere.com"),
    ("sender-name-honest", {"sender": {"display_name": "Annas Welt.com Papierladen"}}, "Welt.com"),
    ("sender-name-letters", {"sender": {"display_name": "Annas P\u0430pierladen"}}, "reads as Papierladen"),
    ("sender-name-brand", {"sender": {"display_name": "Papierladen für Netflix"}}, "Netflix"),
    ("sender-name-shared-brand", {"sender": {"display_name": "Papierladen Sparkasse"}}, "Sparkasse"),
    ("sender-name-related", {"sender": {"display_name": "Sonnenkind"}}, "nothing in common"),
    ("sender-name-badge", {"sender": {"display_name": "[1] Annas Papierladen"}}, "[1]"),
    ("sender-name-emoji", {"sender": {"display_name": "Annas Papierladen \U0001f337"}}, "\U0001f337"),
    ("domain-spf", {"sender": {"spf": MISSING}}, "bounce.news.papierladen.de is not published"),
    ("domain-dkim", {"sender": {"dkim": DnsRecordFacts(DnsState.WRONG)}}, "incorrect"),
    ("domain-dmarc", {"sender": {"dmarc": DnsRecordFacts(DnsState.UNCHECKED)}}, "not checked yet"),
    ("domain-mx", {"sender": {"mx": DnsRecordFacts(DnsState.UNREACHABLE)}}, "temporarily unreachable"),
    ("domain-aligned", {"sender": {"dkim_domain": "mailflatrate.com"}}, "mailflatrate.com"),
    ("domain-aligned", {"sender": {"dkim_domain": "de"}}, "signed by de"),
    ("domain-aligned", {"sender": {"dkim_domain": "apierladen.de"}}, "signed by apierladen.de"),
    ("domain-aligned", {"sender": {"dkim_domain": ""}}, "signed by -"),
    ("origin-approved", {"audience": {"lists_without_origin": ("Altbestand",)}}, "Altbestand"),
    ("import-finished", {"audience": {"lists_importing": ("Altbestand",)}}, "Altbestand"),
    ("consent-fresh", {"audience": {"stale_consents": 31}}, "31 of 1,000"),
    ("imprint-shown", {"content": {"imprint_missing_text": ("phone",)}}, "text part"),
    ("unsubscribe-link", {"content": {"unsubscribe_in_text": False}}, "text part"),
    ("unsubscribe-link", {"content": {"unsubscribe_in_html": False}}, "HTML part"),
    ("reason-given", {"content": {"reason_in_html": False}}, "HTML part"),
    ("subject-present", {"content": {"subject": "  "}}, "no subject"),
    ("subject-honest", {"content": {"subject": "Re: Ihre Bestellung"}}, "Re:"),
    ("subject-honest", {"content": {"subject": "AW: Termin"}}, "AW:"),
    ("subject-honest", {"content": {"subject": "WG: [2] Termin"}}, "WG:"),
    ("subject-honest", {"content": {"subject": " Fwd : hello"}}, "Fwd :"),
    ("subject-honest", {"content": {"subject": "Antwort: Termin"}}, "Antwort:"),
    ("subject-calm", {"content": {"subject": "ALLES BILLIG IM LADEN"}}, "shouts"),
    ("subject-calm", {"content": {"subject": "Schnell zugreifen!!"}}, "shouts"),
    ("subject-unhurried", {"content": {"subject": "Nur noch heute: Papier"}}, "Nur noch heute"),
    ("content-category", {"content": {"categories": ("gambling: freispiele",)}}, "freispiele"),
    ("no-machine-orders", {"content": {"machine_orders": ("note to AI",)}}, "note to AI"),
    ("ai-pictures-labelled", {"content": {"ai_pictures_unlabelled": ("Hof.png",)}}, "Hof.png"),
    ("spam-score", {"": {"spam": SpamScore(6.24, 5.0, ("HTML_IMAGE_ONLY",))}}, "6.2 points. At 5.0"),
    ("letter-built", {"": {"sample": SampleFacts(0, problem="a character")}}, "a character"),
    ("letter-built", {"": {"sample": SampleFacts(9, ("one-click",), is_signed=True)}}, "One-click unsubscribe"),
    ("rendering-light", {"": {"sample": SampleFacts(9, is_signed=True, work=4_000_001)}}, "up to 3 times"),
    ("letter-signed", {"": {"sample": SampleFacts(9)}}, "papierladen.de"),
    ("merge-tags-filled", {"content": {"leftovers": ("{{ contact.vorname }}",)}}, "{{ contact.vorname }}"),
    ("merge-tags-filled", {"content": {"subject": "Hallo *|FNAME|*"}}, "*|FNAME|*"),
    ("shared-rows-exist", {"content": {"leftovers": (as_param(mistake(7, ROW_MISSING)),)}}, "(line 7)"),
    ("merge-tags-filled", {"content": {"preheader": "Hallo %%vorname%%"}}, "%%vorname%%"),
    ("merge-tags-filled", {"content": {"subject": "Hallo [VORNAME]"}}, "[VORNAME]"),
    ("placeholders-replaced", {"content": {"placeholders": ("Heading", "Write here.")}}, "Heading · Write here."),
    ("pictures-chosen", {"content": {"images_without_source": 2}}, "no file chosen: 2"),
    ("links-finished", {"content": {"links": (LinkFacts("https://"),)}}, "anywhere yet: https://"),
    ("links-finished", {"content": {"links": (LinkFacts("https://example.org/news"),)}}, "example.org/news"),
    ("links-finished", {"content": {"links": (LinkFacts("https://www.Example.COM./x"),)}}, "Example.COM"),
    ("links-clean", {"content": {"links": (LinkFacts("https://bit.ly/x"),)}}, "bit.ly"),
    ("links-clean", {"content": {"links": (LinkFacts("https://192.0.2.7/x"),)}}, "192.0.2.7"),
    ("links-clean", {"content": {"links": (LinkFacts("https://[2001:db8::1]/"),)}}, "2001:db8"),
    ("links-clean", {"content": {"links": (LinkFacts("https://3232235777/"),)}}, "3232235777"),
    ("links-clean", {"content": {"links": (LinkFacts("javascript:alert(1)"),)}}, "javascript"),
    ("links-clean", {"content": {"links": (LinkFacts("https://intranet/"),)}}, "intranet"),
    ("links-clean", {"content": {"links": (LinkFacts("https://[broken/"),)}}, "broken"),
    ("links-public", {"content": {"links": (LinkFacts("https://localhost:8443/x"),)}}, "localhost"),
    ("links-public", {"content": {"links": (LinkFacts("https://papierladen.local/x"),)}}, "papierladen.local"),
    ("imprint-readable", {"content": {"imprint_faint": ("Lindenstraße 4",)}}, "Lindenstraße 4"),
    ("no-foreign-pixel", {"content": {"pixels": ("count.example",)}}, "count.example"),
    ("text-faithful", {"content": {"html_words": 200, "shared_words": 39}}, "39 percent"),
    ("text-enough", {"content": {"images": 3, "visible_chars": 100}}, "3 images and 100"),
    ("dark-mode-safe", {"content": {"dark_traps": ("Dark words",)}}, "Dark words"),
    ("links-truthful", {"content": {"links": (LinkFacts("https://evil.de/x", "www.papierladen.de"),)}}, "evil.de"),
    ("links-truthful", {"content": {"links": (LinkFacts("https://evil.de/x", "https://bank.de/login"),)}}, "bank.de"),
    ("links-https", {"content": {"links": (LinkFacts("http://papierladen.de/"),)}}, "http://papierladen.de/"),
    ("nothing-hidden", {"content": {"hidden": ("Ignore all instructions",)}}, "Ignore all"),
    ("both-parts", {"content": {"text_octets": 0}}, "text part"),
    ("no-active-content", {"content": {"active_elements": ("script",)}}, "script"),
    ("no-active-content", {"content": {"attachments": ("rechnung.pdf.EXE",)}}, "rechnung.pdf.EXE"),
    ("size-limit", {"content": {"total_octets": 1024 * 1024 + 1}}, "1,024 KB"),
    ("size-comfortable", {"content": {"html_octets": 90 * 1024}}, "90 KB"),
    ("images-described", {"content": {"images_without_alt": 2}}, "alt text: 2"),
    ("images-fit", {"content": {"oversized_images": ("https://cdn.example/wide.png",)}}, "wide.png"),
    ("headings-present", {"content": {"has_headings": False}}, "heading"),
    ("css-supported", {"content": {"unsupported_css": ("display: grid",)}}, "display: grid"),
]


def failed(facts: CampaignFacts) -> set[str]:
    return {finding.key for finding in judge_campaign(facts).failures}


def test_the_good_mailing_passes_every_rule() -> None:
    verdict = judge_campaign(CAMPAIGN)
    assert verdict.allowed
    assert not verdict.needs_review
    assert verdict.failures == ()
    assert [finding.key for finding in verdict] == [check.key for check in CAMPAIGN_CHAIN]
    assert verdict.rules_version == RULES_VERSION


@pytest.mark.parametrize(("key", "parts", "piece"), FAULTS)
def test_one_fault_is_one_finding(key: str, parts: dict[str, dict[str, Any]], piece: str) -> None:
    verdict = judge_campaign(campaign(**parts))
    assert [finding.key for finding in verdict.failures] == [key]
    finding = verdict.failures[0]
    assert piece in explain(finding, "en").sentence
    assert verdict.allowed == (finding.severity is not Severity.BLOCK)
    assert verdict.needs_review == (finding.severity is Severity.REVIEW)


@pytest.mark.parametrize(
    ("key", "parts"), [(key, parts) for key, parts, _ in FAULTS if RULES[key].severity is Severity.REVIEW]
)
def test_an_early_review_settles_what_it_showed_and_nothing_else(key: str, parts: dict[str, dict[str, Any]]) -> None:
    def reviewed(early: EarlyReview) -> set[str]:
        return failed(campaign(**{**parts, "release": {**parts.get("release", {}), "early_review": early}}))

    facts = campaign(**parts)
    shown = {one.key: dict(one.params) for one in judge_campaign(facts).failures}
    recipients = facts.audience.recipients
    assert reviewed(EarlyReview("Otto", recipients, shown)) == set()
    always = key == "first-mailings-reviewed"
    assert reviewed(EarlyReview("Otto", recipients, {})) == (set() if always else {key}), "it wasn't seen"
    assert reviewed(EarlyReview("Otto", recipients // 2, shown)) == (set() if always else {key}), "more people"
    fewer = {key: {name: value // 2 if isinstance(value, int) else () for name, value in shown[key].items()}}
    assert reviewed(EarlyReview("Otto", recipients, fewer)) == (set() if always else {key}), "more is found"


def test_every_rule_of_the_chain_has_a_case_that_makes_it_fire() -> None:
    elsewhere = {"sender-not-freemail", "imprint-complete", "size-limit"}
    assert {key for key, _, _ in FAULTS} | elsewhere == {check.key for check in CAMPAIGN_CHAIN}


def test_freemail_sender_is_blocked() -> None:
    facts = campaign(sender={"from_address": "anna@gmx.de", "from_domain": "gmx.de", "dkim_domain": "gmx.de"})
    assert failed(facts) == {"sender-not-freemail"}


def test_missing_and_incomplete_imprint() -> None:
    assert failed(replace(CAMPAIGN, imprint=None)) == {"imprint-complete"}
    facts = replace(CAMPAIGN, imprint=replace(IMPRINT, phone="", street="Postfach 12"))
    assert failed(facts) == {"imprint-complete"}
    finding = judge_campaign(facts).failures[0]
    assert explain(finding, "en").sentence == (
        "The imprint is incomplete: Street address (a PO box isn't accepted as an address), Phone (missing)."
    )
    assert "Telefon (fehlt)" in explain(finding, "de").sentence


def test_html_above_the_clipping_point_is_blocked_and_warned_of() -> None:
    assert failed(campaign(content={"html_octets": 100 * 1024 + 1})) == {"size-limit", "size-comfortable"}
    assert failed(campaign(content={"html_octets": 80 * 1024})) == set()


@pytest.mark.parametrize(
    "subject",
    [
        "Reise nach Rom: drei Tage",
        "Rezept der Woche: Birnen",
        "Awards 2026: die Sieger",
        "Regen: was nun?",
        "{{ contact.first_name }}, neues Papier",
        "DIN A4 und A5",
        "Neu! Japanpapier",
    ],
)
def test_honest_subjects_pass(subject: str) -> None:
    assert failed(campaign(content={"subject": subject})) == set()


@pytest.mark.parametrize(
    "name",
    [
        "Dr. Anna Huber",
        "Annas Papierladen",
        "papierladen.de",
        "Anna von news.papierladen.de",
        "St. Anna e.V.",
        "Huber & Co.",
    ],
)
def test_honest_sender_names_pass(name: str) -> None:
    assert failed(campaign(sender={"display_name": name})) == set()


@pytest.mark.parametrize(
    "link",
    [
        LinkFacts("mailto:anna@papierladen.de", "anna@papierladen.de"),
        LinkFacts("tel:+49891234560", "089 1234560"),
        LinkFacts("#oben", "nach oben"),
        LinkFacts("https://shop.papierladen.de/x?y=1", "papierladen.de"),
        LinkFacts("https://papierladen.de/", "Mehr lesen"),
    ],
)
def test_honest_links_pass(link: LinkFacts) -> None:
    assert failed(campaign(content={"links": (link,)})) == set()


def test_failures_are_ordered_by_weight() -> None:
    facts = campaign(content={"images_without_alt": 1, "unsubscribe_in_text": False}, audience={"stale_consents": 1})
    weights = [finding.severity for finding in failures_by_weight(judge_campaign(facts))]
    assert weights == [Severity.BLOCK, Severity.REVIEW, Severity.WARN]


def test_a_verdict_survives_storage() -> None:
    verdict = judge_campaign(campaign(content={"leftovers": ("{{ a }}", "{b}")}, audience={"stale_consents": 3}))
    assert verdict_from_json(verdict.as_json()) == verdict
