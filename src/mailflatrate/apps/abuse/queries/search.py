"""Search by anything at hand: a reference, a mailing ID, a token or a header, an address, a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from django.db.models import Q

from mailflatrate.apps.abuse.models import Case, Report
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.queries import find_delivery
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.apps.transactional.models import TemplateVersion, TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.base.ids import address_key, key_ring
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.identifiers.mailing_id import find_in_text, parse_mailing_id
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN, TokenClaims, TokenPurpose

MOST = 20
_REFERENCE = re.compile(r"(?<![0-9A-Za-z])([0-9A-TV-Za-tv-z]{3})[\s-]?([0-9A-TV-Za-tv-z]{4})(?![0-9A-Za-z-])")
_SLIPS = str.maketrans("OIL", "011")
_TOKEN = re.compile(TOKEN_PATTERN)
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Search results by kind; each list has at most `MOST` entries. `how` tells how the query was interpreted."""

    how: str
    cases: Sequence[Case] = ()
    campaigns: Sequence[Campaign] = ()
    people: Sequence[Contact] = ()
    accounts: Sequence[Account] = ()
    mails: Sequence[RawMail] = ()
    suppressions: Sequence[Suppression] = ()
    versions: Sequence[TemplateVersion] = ()
    messages: Sequence[TransactionalMessage] = ()

    @property
    def only_case(self) -> Case | None:
        others = (*self.campaigns, *self.people, *self.accounts, *self.mails, *self.suppressions, *self.versions)
        return self.cases[0] if len(self.cases) == 1 and not others else None


def search(text: str) -> SearchResults:
    text = text.strip()
    if not text:
        return SearchResults("")
    for attempt in (_by_token, _by_mailing_id, _by_reference, _by_address, _by_ip):
        answer = attempt(text)
        if answer is not None:
            return answer
    return _by_name(text)


def _cases(condition: Q) -> list[Case]:
    rows = Case.objects.filter(condition, merged_into__isnull=True).select_related("account", "campaign")
    return list(rows.order_by("-id").distinct()[:MOST])


def _by_token(text: str) -> SearchResults | None:
    for token in dict.fromkeys(match.lower() for match in _TOKEN.findall(text)):
        identity = key_ring().identify(token)
        if identity is not None:
            return _of_token(*identity)
    return None


def _of_token(purpose: TokenPurpose, claims: TokenClaims) -> SearchResults:
    if purpose is TokenPurpose.CASE:
        return SearchResults("token", cases=_cases(Q(reports__id=claims.delivery_id)))
    if purpose is TokenPurpose.CLICK:
        rows = Campaign.objects.select_related("account").filter(
            editions__id=claims.delivery_id, account_id=claims.account_id
        )
        return _of_campaigns("token", list(rows))
    if purpose is TokenPurpose.MAILBOX:
        return SearchResults("token", accounts=list(Account.objects.filter(id=claims.account_id)))
    with tenancy.account(claims.account_id):
        delivery = find_delivery(claims.account_id, claims.delivery_id)
    if delivery is None:
        return SearchResults("token")
    if delivery.transactional_id is not None:
        return _of_messages("token", Q(id=delivery.transactional_id, account_id=claims.account_id))
    people = Contact.objects.filter(id=delivery.contact_id or 0, account_id=claims.account_id)
    campaigns = list(Campaign.objects.select_related("account").filter(id=delivery.campaign_id or 0))
    return _of_campaigns("token", campaigns, people=list(people))


def _of_messages(how: str, condition: Q) -> SearchResults:
    rows = TransactionalMessage.objects.select_related("version__template", "account").filter(condition)
    messages = list(rows.order_by("-id")[:MOST])
    versions = list({row.version_id: row.version for row in messages}.values())
    accounts = list(Account.objects.filter(id__in={row.account_id for row in messages}))
    return SearchResults(how, accounts=accounts, versions=versions, messages=messages)


def _of_campaigns(how: str, campaigns: list[Campaign], people: Sequence[Contact] = ()) -> SearchResults:
    ids = [row.id for row in campaigns]
    accounts = list(Account.objects.filter(id__in=[row.account_id for row in campaigns]))
    return SearchResults(
        how, cases=_cases(Q(campaign_id__in=ids)), campaigns=campaigns, people=people, accounts=accounts
    )


def _by_mailing_id(text: str) -> SearchResults | None:
    whole = parse_mailing_id(text)
    mailing_ids = [whole] if whole else list(find_in_text(text[:4000]))
    rows = (
        list(Campaign.objects.select_related("account").filter(mailing_id__in=mailing_ids)[:MOST])
        if mailing_ids
        else []
    )
    if rows:
        return _of_campaigns("mailing_id", rows)
    reviewed = TemplateVersion.objects.select_related("template", "account").filter(mailing_id__in=mailing_ids)
    versions = list(reviewed.order_by("id")[:MOST])
    accounts = list(Account.objects.filter(id__in={row.account_id for row in versions}))
    return SearchResults("mailing_id", accounts=accounts, versions=versions) if versions else None


def _by_reference(text: str) -> SearchResults | None:
    match = _REFERENCE.search(text)
    if match is None:
        return None
    reference = f"{match[1]}-{match[2]}".upper().translate(_SLIPS)
    rows = _cases(Q(reference=reference)) or list(Case.objects.filter(reference=reference))
    return SearchResults("reference", cases=rows) if rows else None


def _by_address(text: str) -> SearchResults | None:
    match = _ADDRESS.search(text)
    if match is None:
        return None
    address = match.group().rstrip(".").lower()
    key = address_key(address)
    if key is None:
        return None
    people = Contact.objects.filter(address_key=key).select_related("account")
    suppressed = Suppression.objects.filter(address_key=key).select_related("account").order_by("-id")
    mails = RawMail.objects.defer("raw").filter(Q(envelope_from__iexact=address) | Q(reading__sender=address))
    domains = SenderDomain.objects.filter(name=domain_of(address)).values_list("account_id", flat=True)
    return SearchResults(
        "address",
        cases=_cases(Q(reports__reporter_key=key) | Q(reports__address_key=key)),
        people=list(people.order_by("id")[:MOST]),
        accounts=list(Account.objects.filter(id__in=list(domains))[:MOST]),
        mails=list(mails.order_by("-id")[:MOST]),
        suppressions=list(suppressed[:MOST]),
        messages=_of_messages("address", Q(address_key=key)).messages,
    )


def _by_ip(text: str) -> SearchResults | None:
    try:
        ip = str(ip_address(text))
    except ValueError:
        return None
    mails = RawMail.objects.defer("raw").filter(peer=ip).order_by("-id")
    return SearchResults("ip", cases=_cases(Q(reports__ip=ip)), mails=list(mails[:MOST]))


def _by_name(text: str) -> SearchResults:
    domains = SenderDomain.objects.filter(name__icontains=text).values_list("account_id", flat=True)
    accounts = Account.objects.filter(Q(name__icontains=text) | Q(id__in=list(domains)), is_house=False)
    campaigns = (
        Campaign.objects.select_related("account")
        .filter(Q(name__icontains=text) | Q(subject__icontains=text))
        .exclude(state="draft")
    )
    in_words = Report.objects.filter(Q(text__icontains=text) | Q(reporter_name__icontains=text))
    ids = list(in_words.order_by("-id").values_list("case_id", flat=True)[:MOST])
    matches = list(accounts.order_by("name")[:MOST])
    of_accounts = Q(account_id__in=[row.id for row in matches])
    return SearchResults(
        "name",
        cases=_cases(Q(subject__icontains=text) | Q(id__in=ids) | of_accounts),
        campaigns=list(campaigns.order_by("-id")[:MOST]),
        accounts=matches,
    )
