"""Compile a campaign's row. We insert the imprint and the reason for the message, never the customer."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from mailflatrate.apps.accounts.models import Account, Imprint
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign, compile_in_child
from mailflatrate.apps.campaigns.content.convert import source_format
from mailflatrate.apps.campaigns.content.link_tagging import link_tags, own_domains
from mailflatrate.apps.campaigns.coupons import pool_keys
from mailflatrate.apps.campaigns.media import on_service_host
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.campaigns.shared_blocks import resolved
from mailflatrate.apps.lists.fields import defaults
from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.locale.texts import N_, known_language, translate
from mailflatrate.mail.content.calendar_links import CalendarEvent, events_in, read_event, with_file_urls
from mailflatrate.mail.content.campaign import CompileContext, ContentSource
from mailflatrate.mail.content.poll_links import Poll, polls_in, with_answer_urls
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint as ImprintBlock
from mailflatrate.mail.html.imprint import FooterLine
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LINK_VARIABLES, LinkKind, link_prefix
from mailflatrate.mail.liquid import KNOWN_VARIABLES, LiquidTemplate
from mailflatrate.rules.fields.field_type import FieldValue
from mailflatrate.rules.imprint import imprint_from_mapping, imprint_lines
from mailflatrate.settings import load_settings

CALENDAR_PATH = "e"
NO_EDITION = 0
"""Stands for the edition in the address of a draft's calendar files, which lead nowhere yet."""
_LATER_STYLE = ("dark_logo_url", "dark_logo_width", "button_shape", "link_style")
COVERED_OPTIONS = (
    "excluded_list_ids",
    "excluded_segments",
    "excluded_mailing_ids",
    "variants",
    "translations",
    "follow_up_of",
    "follow_up_goal",
    "theme",
)
_REASON = N_(
    "You are receiving this email because you signed up for “{{ list.name }}” on {{ subscription.date }} (source: "
    "{{ subscription.source }})."
)


@dataclass(frozen=True, slots=True)
class EditionTemplates:
    subject: LiquidTemplate
    html: LiquidTemplate
    text: LiquidTemplate


def content_hash(campaign: Campaign, imprint: Imprint | None) -> str:
    """Return the SHA-256 of all that a recipient sees and of the audience; the policy tick is bound to it (R-04)."""
    campaign = resolved(campaign)
    covered = [
        campaign.mailing_id, campaign.subject, campaign.preheader, campaign.sender_id, campaign.reply_to,
        campaign.language, campaign.list_ids, campaign.conditions, campaign.content_kind, campaign.content,
        campaign.text_override, campaign.track_clicks, imprint.version if imprint else None, _style_without_host(),
    ]  # fmt: skip
    if printed := printed_defaults(campaign):
        covered.append(printed)
    if tags := link_tags(campaign):
        covered.append([sorted(tags.domains), tags.parameters])
    # An option left unset does not change the hash, so campaigns from before the option keep theirs.
    if options := {name: value for name in COVERED_OPTIONS if (value := getattr(campaign, name))}:
        covered.append(options)
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()


def printed_defaults(campaign: Campaign) -> dict[str, FieldValue]:
    campaign = resolved(campaign)
    own = (campaign.subject, campaign.preheader, campaign.content, campaign.text_override)
    written = " ".join((*own, str(campaign.variants), str(campaign.translations)))
    return {key: value for key, value in sorted(defaults().items()) if re.search(rf"\bcontact\.{key}\b", written)}


def _style_without_host() -> tuple[object, ...]:
    """Return the brand; parts that came later and are unset are left out, so that older hashes stay what they are."""
    brand = brand_style()
    style = replace(brand, logo_url=on_service_host(brand.logo_url), dark_logo_url=on_service_host(brand.dark_logo_url))
    later = {name: value for name in _LATER_STYLE if (value := getattr(style, name)) != getattr(BrandStyle(), name)}
    first = {name: value for name, value in asdict(style).items() if name not in _LATER_STYLE}
    first["imprint"] = astuple(style.imprint)
    return (*first.values(), *([later] if later else []))


def reason_text(language: str) -> str:
    return translate(_REASON, language)


def imprint_block(campaign: Campaign, imprint: Imprint, brand: BrandStyle) -> ImprintBlock:
    """Return the footer block: why the reader gets this, how to unsubscribe, and who sends it (R-40, R-44, R-51)."""
    structured = imprint_from_mapping({**imprint.fields, "country": imprint.country})
    lines = imprint_lines(structured, campaign.language)
    return ImprintBlock(
        lines=tuple(FooterLine(line.label, line.text) for line in lines if line.key != "privacy_url"),
        reason=reason_text(campaign.language),
        mailing_id=campaign.mailing_id,
        language=known_language(campaign.language),
        privacy_url=structured.privacy_url or None,
        style=brand.imprint,
    )


def source_of(campaign: Campaign) -> ContentSource:
    return ContentSource(
        kind=source_format(campaign.content_kind),
        body=resolved(campaign).content,
        subject=campaign.subject,
        preheader=campaign.preheader,
        text=campaign.text_override or None,
        sent_on=_sent_on(campaign),
        theme=campaign.theme,
    )


def _sent_on(campaign: Campaign) -> date | None:
    """The day countdowns count from, in the campaign's zone: planned or today. None for a message of an automation."""
    if campaign.automation_id is not None:
        return None
    moment = campaign.local_at or campaign.scheduled_at or clock.now()
    return moment.astimezone(ZoneInfo(campaign.time_zone)).date()


def calendar_events(campaign: Campaign) -> tuple[str, ...]:
    """The events that the campaign offers as calendar files, by number from 0 (`mail.content.calendar_links`)."""
    return events_in((resolved(campaign).content, campaign.text_override))


def read_events(campaign: Campaign) -> tuple[CalendarEvent, ...]:
    return tuple(map(read_event, calendar_events(campaign)))


def read_polls(campaign: Campaign) -> tuple[Poll, ...]:
    """Return the questions that the campaign's readers can answer, by number from 0 (`mail.content.poll_links`)."""
    return polls_in((resolved(campaign).content, campaign.text_override))


def _with_own_urls(campaign: Campaign, edition_id: int) -> ContentSource:
    source, events, polls = source_of(campaign), calendar_events(campaign), read_polls(campaign)

    def url(number: int) -> str:
        return calendar_url(campaign.account_id, edition_id, number)

    def written(text: str) -> str:
        return with_answer_urls(with_file_urls(text, events, url), polls, LINK_VARIABLES[LinkKind.POLL])

    return replace(source, body=written(source.body), text=None if source.text is None else written(source.text))


def calendar_url(account_id: int, edition_id: int, number: int) -> str:
    return f"{_calendar_prefix()}{key_ring().seal(TokenPurpose.CALENDAR, account_id, edition_id, number)}/event.ics"


def _calendar_prefix() -> str:
    return f"{load_settings().public_url}/{CALENDAR_PATH}/"


def is_calendar_url(url: str) -> bool:
    """Return whether a link leads to one of our calendar files, which no rule for the author's own links is about."""
    return url.startswith(_calendar_prefix())


def known_variables(attributes: frozenset[str], pools: Iterable[str]) -> frozenset[str]:
    return KNOWN_VARIABLES | {f"contact.{name}" for name in attributes} | {f"coupon.{key}" for key in pools}


def compile_campaign(
    campaign: Campaign, imprint: Imprint, *, edition_id: int | None, attributes: frozenset[str]
) -> CompiledCampaign:
    """Without an edition, links stay as written, as rules check them. Raises SourceRefused with all errors by line."""
    brand = brand_style()
    context = CompileContext(
        imprint=imprint_block(campaign, imprint, brand),
        known_variables=known_variables(attributes, pool_keys()),
        link_url=_link_url(campaign.account_id, edition_id)
        if campaign.track_clicks and edition_id is not None
        else None,
        brand=brand,
        language=campaign.language,
        tags=link_tags(campaign),
        own_hosts=frozenset(own_domains()),
    )
    return compile_in_child(_with_own_urls(campaign, edition_id or NO_EDITION), context)


def _link_url(account_id: int, edition_id: int) -> Callable[[int, str], str]:
    return lambda number, _target: click_url(account_id, edition_id, number)


def click_url(account_id: int, edition_id: int, number: int) -> str:
    """Return the redirector's URL for a link: it names no contact, so it is the same for every recipient (R-108)."""
    token = key_ring().seal(TokenPurpose.CLICK, account_id, edition_id, number)
    return link_prefix(load_settings().public_url, LinkKind.CLICK) + token


@lru_cache(maxsize=64)
def _parsed(
    edition_id: int,
    subject: str,
    html: str,
    text: str,
    attributes: frozenset[str],
    pools: frozenset[str],
    own: frozenset[str],
) -> EditionTemplates:
    parse = partial(LiquidTemplate.parse, known_variables=known_variables(attributes, pools), own_hosts=own)
    return EditionTemplates(
        subject=parse(subject, autoescape=False, single_line=True),
        html=parse(html, autoescape=True),
        text=parse(text, autoescape=False),
    )


def own_hosts_of(edition: Edition) -> frozenset[str]:
    """Return the account's domains when an edition was frozen, where its recipients' values may lead."""
    return frozenset(edition.facts.get("own_hosts", ()))


def templates_of(edition: Edition) -> EditionTemplates:
    """Checked when it was compiled, so nothing is refused here."""
    attributes, pools = frozenset(edition.facts["attributes"]), frozenset(edition.facts.get("coupons", ()))
    own = own_hosts_of(edition)
    return _parsed(edition.id, edition.subject, edition.html, edition.text, attributes, pools, own)


def account_language(account: Account) -> str:
    return account.language
