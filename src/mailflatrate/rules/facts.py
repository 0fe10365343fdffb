"""The facts that rules judge; each app builds its own in its `facts.py`. Times are aware and in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.campaigns.linked_pages import LinkVisitFacts
from mailflatrate.rules.early_review import EarlyReview
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.names.brands import Brands, shipped_brands


@dataclass(frozen=True, slots=True)
class CouponFacts:
    name: str
    free: int
    needed: int


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The current state of the account. `*_accepted` is the version the customer accepted, empty if none."""

    status: AccountStatus
    activated_at: datetime | None
    activated_by: str
    terms_current: str
    terms_accepted: str
    policy_current: str
    policy_accepted: str
    dpa_current: str
    dpa_accepted: str
    campaigns_sent: int = 0
    own_limit: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What the account sent before (R-06, R-07). `now` None: not checked. `new_domain`: no earlier campaign came from
    it. `new_lists`: lists with imported addresses that got none. `usual`: the median reached by its kind, if any.
    """

    now: datetime | None = None
    last_campaign_at: datetime | None = None
    sent_last_day: int = 0
    usual: int | None = None
    new_domain: bool = False
    new_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The tick "this campaign complies with the anti-spam policy" (R-04), which applies to one content only."""

    content_hash: str
    acknowledged_hash: str
    acknowledged_policy: str
    reviewed_by: str = ""
    early_review: EarlyReview | None = None
    supervised: bool = False
    """True for the first campaigns of an account, and after a pause: they wait for a reviewer (R-06, R-90)."""
    four_eyes: bool = False
    second_release_by: str = ""
    """Who released this content if `four_eyes` asks for a second person, not its requester or author; or empty."""


class DnsState(Enum):
    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class DnsRecordFacts:
    state: DnsState
    expected: str = ""
    found: str = ""

    @property
    def ok(self) -> bool:
        return self.state is DnsState.OK


@dataclass(frozen=True, slots=True)
class SenderFacts:
    from_address: str
    from_domain: str
    display_name: str
    address_verified_at: datetime | None
    domain_verified_at: datetime | None
    dkim: DnsRecordFacts
    spf: DnsRecordFacts
    dmarc: DnsRecordFacts
    mx: DnsRecordFacts
    dkim_domain: str
    """`d=` of the signature that will be made; empty without a key."""
    return_path_domain: str
    passes_dmarc: bool = False
    """A message of another system that its receiver found aligned, by its own word."""
    reply_to: str = ""
    """Empty when replies go to From."""
    reply_to_deliverable: bool = True
    reply_to_verified: bool = True
    """The mailbox that receives the replies agreed to it; True without a Reply-To."""
    own_domains: frozenset[str] = frozenset()
    """Every domain that the account has verified, for names that mention one (R-45)."""
    brands: Brands = field(default_factory=shipped_brands, repr=False)


@dataclass(frozen=True, slots=True)
class FromFacts:
    """The sender in a From field (R-45): `name` decoded, `domain` an A-label in lower case, `mailboxes` a count."""

    name: str
    address: str
    domain: str
    mailboxes: int = 1
    own_domains: frozenset[str] = frozenset()
    brands: Brands = field(default_factory=shipped_brands, repr=False)


@dataclass(frozen=True, slots=True)
class LinkFacts:
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """`subject` and `preheader` as written. Sizes in octets before tracking. `imprint_missing_*` are keys of lines;
    `lacking_values` have no value for `people_lacking_values` recipients.
    """

    subject: str
    preheader: str
    html_octets: int
    text_octets: int
    total_octets: int
    unsubscribe_in_html: bool
    unsubscribe_in_text: bool
    reason_in_html: bool
    reason_in_text: bool
    imprint_missing_html: tuple[str, ...] = ()
    imprint_missing_text: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    lacking_values: tuple[str, ...] = ()
    people_lacking_values: int = 0
    images_without_source: int = 0
    attachments: tuple[str, ...] = ()
    active_elements: tuple[str, ...] = ()
    links: tuple[LinkFacts, ...] = ()
    images_without_alt: int = 0
    hidden: tuple[str, ...] = ()
    imprint_faint: tuple[str, ...] = ()
    """Imprint lines that are there but too small or too pale to be read (R-44)."""
    images: int = 0
    visible_chars: int = 0
    html_words: int = 0
    shared_words: int = 100
    """How many percent of the HTML part's words the text part has as well."""
    pixels: tuple[str, ...] = ()
    """Hosts of pictures that nobody can see."""
    dark_traps: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Words of trades that a person has to look at, as `category: words` (R-05)."""
    machine_orders: tuple[str, ...] = ()
    """Sentences addressed to the reader's assistant (R-48)."""
    ai_pictures_unlabelled: tuple[str, ...] = ()
    """Names of pictures that the media library says AI made, and whose making nothing in the content tells (R-53)."""
    has_headings: bool = True
    unsupported_css: tuple[str, ...] = ()
    oversized_images: tuple[str, ...] = ()
    """Images that Outlook would show too wide: wider than a message, or without any width."""
    visits: tuple[LinkVisitFacts, ...] = ()
    """What was found behind the links, each once; for campaigns of this service."""
    is_plain: bool = False
    """A message of another system that is plain text on purpose, without any other part."""
    is_example: bool = False
    """A message of another system from a domain kept for examples: its links are examples, too (RFC 2606)."""
    in_thread: bool = False
    """The message answers an earlier one (In-Reply-To, References), so that a reply prefix is honest."""


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    lists: tuple[str, ...]
    lists_without_origin: tuple[str, ...] = ()
    """Names of lists that were rejected, or where nobody may be mailed before a reviewer approved the origin (R-10)."""
    lists_importing: tuple[str, ...] = ()
    recipients: int = 0
    stale_consents: int = 0
    """Recipients without contact for more than 12 months (R-13)."""
    recipient_countries: frozenset[str] = frozenset()
    language: str = "en"
    lists_in_other_language: tuple[str, ...] = ()
    """Names of lists that have another one than any of the campaign's texts (R-51)."""
    unwritten_languages: tuple[tuple[str, int], ...] = ()
    """Languages that recipients of a campaign in several chose and that it has no text in, with how many they are."""
    untranslated: tuple[str, ...] = ()
    people_each: int | None = None
    """How many each variant of a test would get, about; None: nothing is tested, or the test is under way (R-110)."""
    coupons: tuple[CouponFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """Composed, signed and judged like any finished message. `broken` are keys of blocking header and signature rules;
    `problem` says why it could not be composed at all.
    """

    octets: int
    broken: tuple[str, ...] = ()
    is_signed: bool = False
    """The signature holds against the key that the domain publishes."""
    problem: str = ""
    work: int = 0
    """What filling in all parts for this reader costs, in the units of `mail.liquid.work_limit`."""


@dataclass(frozen=True, slots=True)
class SpamScore:
    score: float
    needed: float
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    account: AccountFacts
    release: ReleaseFacts
    sender: SenderFacts
    imprint: ImprintRecord | None
    content: ContentFacts
    audience: AudienceFacts
    history: HistoryFacts = field(default_factory=HistoryFacts)
    sample: SampleFacts | None = None
    """None if no message could be tried, because something is missing that another rule reports."""
    spam: SpamScore | None = None
    """None where no spam filter is configured, or where it did not answer."""

    @property
    def recipient_countries(self) -> frozenset[str]:
        return self.audience.recipient_countries

    @property
    def from_line(self) -> FromFacts:
        sender = self.sender
        return FromFacts(
            sender.display_name,
            sender.from_address,
            sender.from_domain,
            own_domains=sender.own_domains,
            brands=sender.brands,
        )


class HasAccount(Protocol):
    @property
    def account(self) -> AccountFacts: ...


class HasImprint(Protocol):
    @property
    def imprint(self) -> ImprintRecord | None: ...

    @property
    def recipient_countries(self) -> frozenset[str]: ...


class HasContent(Protocol):
    @property
    def content(self) -> ContentFacts: ...


class HasSender(Protocol):
    @property
    def sender(self) -> SenderFacts: ...


class HasFrom(Protocol):
    @property
    def from_line(self) -> FromFacts: ...

    @property
    def imprint(self) -> ImprintRecord | None: ...


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    recipient_is_user: bool
    """The address belongs to a user or an applicant of the account; notices go nowhere else."""
    address_dead: bool
    advertising: bool = field(default=False)
    answers_request: bool = field(default=False)
    """It asks a person to confirm a request about their own data, made from a message they received (R-94)."""
    asks_mailbox: bool = field(default=False)
    """It asks whether a mailbox is the account's, which the account named a moment ago (R-46)."""
    gets_tests: bool = field(default=False)
    """A test to someone who signed in to the account or to its confirmed mailbox (R-46), neither of them suppressed."""


@dataclass(frozen=True, slots=True)
class ContractFacts:
    account: AccountFacts
    imprint: ImprintRecord | None
    is_enabled: bool
    is_reviewed: bool
    """A reviewer found exactly this version of the template free of advertising."""
    from_line: FromFacts
    sender_proved: bool
    stream_apart: bool  # a subdomain from which no campaign was sent
    reference: str
    address_refused_by: str
    """Rule id of the address decision, empty when accepted."""
    is_suppressed: bool
    is_misdirected: bool
    messages_last_day: int
    volume_reached: int
    """The daily limit of mailboxes that the account has reached (R-35's curve); -1 while it hasn't."""
    recipient_countries: frozenset[str] = frozenset()
