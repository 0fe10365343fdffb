"""One sample message, composed, signed and checked like a recipient's (RULES section N); not stored, not sent."""

import base64
from dataclasses import replace
from datetime import datetime

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.content.child_compiler import (
    CompiledCampaign,
    judge_sample_in_child,
    parts_in_child,
    work_in_child,
)
from mailflatrate.apps.campaigns.content.personalization import recipient_values
from mailflatrate.apps.campaigns.coupons import pool_keys, sample_codes
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.domains.models import DkimKey
from mailflatrate.apps.domains.queries import signing_key
from mailflatrate.apps.gate.message_composition import (
    EditionUnusable,
    campaign_stream,
    load_signers,
    service_identity,
)
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.author_mistakes import as_param, from_problem, mistake
from mailflatrate.mail.headers import HeaderError
from mailflatrate.mail.links import LINK_PURPOSES, LINK_VARIABLES, LinkKind, link_prefix
from mailflatrate.mail.message.compose import ComposeError, Composer
from mailflatrate.mail.message.edition import EditionContent, EditionPart, Recipient
from mailflatrate.mail.signing.dkim import SigningKeyError
from mailflatrate.mail.source_errors import NOWHERE, MissingValue
from mailflatrate.rules.facts import SampleFacts, SpamScore
from mailflatrate.rules.messages.message_chain import HEADER_KEYS
from mailflatrate.settings import load_settings
from mailflatrate.wire.spam_filter import ask_spam_filter

READER = "dora@reader.example"


def sampled(
    campaign: Campaign, compiled: CompiledCampaign, attributes: frozenset[str], now: datetime
) -> tuple[SampleFacts | None, SpamScore | None]:
    """With the spam filter's score, if there is one. None if sender or list are missing, which other rules report."""
    key = signing_key(campaign.sender.domain) if campaign.sender else None
    if key is None or not campaign.list_ids:
        return None, None
    work = work_of(campaign, compiled, attributes)
    try:
        message = sample_message(campaign, compiled, attributes, now)
    except EditionUnusable as problem:
        return SampleFacts(octets=0, problem=as_param(problem.error), work=work), None
    return replace(sample_facts(message, key, now), work=work), spam_score(message)


def work_of(campaign: Campaign, compiled: CompiledCampaign, attributes: frozenset[str]) -> int:
    values = _reader_values(campaign, attributes, clock.now(), "…") | dict.fromkeys(LINK_VARIABLES.values(), "#")
    return work_in_child(compiled, values)


def spam_score(message: bytes) -> SpamScore | None:
    """Ask the operator's filter (`MAILFLATRATE_SPAM_FILTER`); None if there is none, or it does not answer."""
    place = load_settings().spam_filter
    answer = ask_spam_filter(place, message) if place else None
    return None if answer is None else SpamScore(answer.score, answer.needed, answer.tests)


def sample_message(campaign: Campaign, compiled: CompiledCampaign, attributes: frozenset[str], now: datetime) -> bytes:
    """For a reader who has every value, at the aware `now`. Raises EditionUnusable, SourceRefused for too much work."""
    mailing_list = MailingList.objects.filter(id__in=campaign.list_ids).first()
    if campaign.sender is None or mailing_list is None:
        raise EditionUnusable(mistake(NOWHERE, "no-sender" if campaign.sender is None else "no-list"))
    content = _written(campaign, compiled, _reader_values(campaign, attributes, now, mailing_list.public_name))
    try:
        composer = Composer(
            content,
            campaign_stream(campaign, mailing_list),
            service_identity(load_settings()),
            key_ring(),
            load_signers(campaign.sender.domain),
        )
        return composer.compose(Recipient(1, READER, "Dora Meyer"), now).content
    except (ComposeError, HeaderError, SigningKeyError, ValueError) as problem:
        raise EditionUnusable(from_problem(problem)) from problem


def _written(campaign: Campaign, compiled: CompiledCampaign, values: dict[str, object]) -> EditionContent:
    ring, base = key_ring(), load_settings().public_url
    links = {
        name: link_prefix(base, kind) + ring.seal(LINK_PURPOSES[kind], campaign.account_id, 1)
        for kind, name in LINK_VARIABLES.items()
        if kind is not LinkKind.CLICK
    }
    written = parts_in_child(compiled, values | links)
    if written.missing:
        raise EditionUnusable(MissingValue(written.missing[0]).error)
    if written.problem is not None:
        raise EditionUnusable(written.problem)
    return EditionContent(
        EditionPart.fixed(written.subject),
        EditionPart.fixed(written.html),
        EditionPart.fixed(written.text),
        frozenset(),
    )


def _reader_values(campaign: Campaign, attributes: frozenset[str], now: datetime, list_name: str) -> dict[str, object]:
    return recipient_values(
        email=READER, first_name="Dora", last_name="Meyer", attributes=dict.fromkeys(attributes, "1"),
        account_name=current_account().name, list_name=list_name, mailing_id=campaign.mailing_id, subscribed_at=now,
        source=list_name, language=campaign.language, coupons=sample_codes(pool_keys()),
    )  # fmt: skip


def sample_facts(message: bytes, key: DkimKey, now: datetime) -> SampleFacts:
    published = base64.b64decode(key.public_record.partition("p=")[2])
    judgement = judge_sample_in_child(message, published, now)
    failed, is_signed = set(judgement.failed), judgement.is_signed
    if not is_signed:
        failed -= {"dkim-holds", "one-click-signed"}  # letter-signed says so
    return SampleFacts(
        octets=len(message),
        broken=tuple(key for key in HEADER_KEYS if key in failed),
        is_signed=is_signed,
    )
