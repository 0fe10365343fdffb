"""Decides about an address, in one function for every path into a list (R-17 to R-24)."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from mailflatrate.locale.texts import ENGLISH, N_, translate
from mailflatrate.mail.address import Address, AddressError, AddressFault, parse
from mailflatrate.rules.addresses.domains import judge_domain, mixes_scripts, reads_as_latin
from mailflatrate.rules.addresses.providers import suggest_domain
from mailflatrate.rules.addresses.role_words import HELD, REFUSED
from mailflatrate.rules.addresses.roles import role_tier


class AddressVerdict(Enum):
    """HOLD waits for a reviewer (an import) or the person (a form)."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    HOLD = "hold"


class AddressReason(Enum):
    SYNTAX = "syntax"
    TOO_LONG = "too_long"
    NOT_MAILABLE = "not_mailable"
    RESERVED_DOMAIN = "reserved_domain"
    DOMAIN_UNKNOWN = "domain_unknown"
    DOMAIN_TAKES_NO_MAIL = "domain_takes_no_mail"
    NOT_IDNA = "not_idna"
    LOOKALIKE = "lookalike"
    NEEDS_SMTPUTF8 = "needs_smtputf8"
    ROLE = "role"
    MAYBE_ROLE = "maybe_role"
    DISPOSABLE = "disposable"
    OWN_ADDRESS = "own_address"
    TYPO = "typo"


@dataclass(frozen=True, slots=True)
class ResolverFacts:
    """None: not queried, or the DNS did not answer. `null_mx`: MX 0 "." (RFC 7505). `smtputf8`: the exchanger offered
    it (RFC 6531).
    """

    resolves: bool | None = None
    null_mx: bool = False
    smtputf8: bool | None = None


class AddressDecision(NamedTuple):
    """`rule` and `reason` are None for a plain accept; an accept with R-24 has a suggestion, to confirm with the
    person, never to be used without that. `address` and `canonical` are "" if the text is not an address.
    """

    text: str
    verdict: AddressVerdict
    rule: str | None
    reason: AddressReason | None
    suggestion: str | None
    address: str
    canonical: str

    @property
    def accepted(self) -> bool:
        return self.verdict is AddressVerdict.ACCEPT

    def as_json(self) -> dict[str, str | None]:
        return {
            "address": self.text,
            "verdict": self.verdict.value,
            "rule": self.rule,
            "reason": None if self.reason is None else reason_sentence(self.reason, ENGLISH),
            "suggestion": self.suggestion,
        }


_RULE_OF_REASON = {
    AddressReason.SYNTAX: "R-17",
    AddressReason.TOO_LONG: "R-17",
    AddressReason.NOT_MAILABLE: "R-18",
    AddressReason.RESERVED_DOMAIN: "R-18",
    AddressReason.DOMAIN_UNKNOWN: "R-18",
    AddressReason.DOMAIN_TAKES_NO_MAIL: "R-18",
    AddressReason.NOT_IDNA: "R-19",
    AddressReason.LOOKALIKE: "R-19",
    AddressReason.NEEDS_SMTPUTF8: "R-19",
    AddressReason.ROLE: "R-21",
    AddressReason.MAYBE_ROLE: "R-21",
    AddressReason.DISPOSABLE: "R-22",
    AddressReason.OWN_ADDRESS: "R-23",
    AddressReason.TYPO: "R-24",
}
_REASON_OF_FAULT = {
    AddressFault.LOCAL_TOO_LONG: AddressReason.TOO_LONG,
    AddressFault.DOMAIN_TOO_LONG: AddressReason.TOO_LONG,
    AddressFault.ADDRESS_TOO_LONG: AddressReason.TOO_LONG,
    AddressFault.NO_DOT: AddressReason.NOT_MAILABLE,
    AddressFault.NOT_IDNA: AddressReason.NOT_IDNA,
}
_SENTENCES: dict[AddressReason, str] = {
    AddressReason.SYNTAX: N_("This isn't a complete email address."),
    AddressReason.TOO_LONG: N_("The address is too long. At most 64 bytes are allowed before the @, and 254 in total."),
    AddressReason.NOT_MAILABLE: N_("The part after the @ isn't a domain that can receive email."),
    AddressReason.RESERVED_DOMAIN: N_("This domain is reserved for examples and private networks."),
    AddressReason.DOMAIN_UNKNOWN: N_("The domain doesn't exist or has no mail server."),
    AddressReason.DOMAIN_TAKES_NO_MAIL: N_("The domain states that it doesn't accept email."),
    AddressReason.NOT_IDNA: N_("The domain contains characters that aren't allowed in domain names."),
    AddressReason.LOOKALIKE: N_("The address mixes alphabets, so it could be mistaken for another one."),
    AddressReason.NEEDS_SMTPUTF8: N_("The mail server of this domain doesn't accept letters like these before the @."),
    AddressReason.ROLE: N_("This is a role address, not a personal one. Use a personal address."),
    AddressReason.MAYBE_ROLE: N_("This may be a role address rather than a personal one. Our team needs to review it."),
    AddressReason.DISPOSABLE: N_("This is a disposable address. Use one that you'll keep."),
    AddressReason.OWN_ADDRESS: N_(
        "This address belongs to our service or to the sender, so email to it would go in circles."
    ),
    AddressReason.TYPO: N_("The domain seems to contain a typo. Compare it with the suggestion."),
}


def decide_address(
    text: str,
    *,
    resolver_facts: ResolverFacts | None = None,
    own_domains: Collection[str] = (),
    own_addresses: Collection[str] = (),
    allow_reserved: Collection[str] = (),
) -> AddressDecision:
    """Never raises; needs no network and no database. `own_domains` of the service's infrastructure count with
    sub-domains. `own_addresses` are canonical keys, such as the account's From (R-23). `allow_reserved` endings or
    domains serve the operator's closed demonstration network.
    """
    try:
        address = parse(text)
    except AddressError as error:
        reason = _REASON_OF_FAULT.get(error.fault, AddressReason.SYNTAX)
        return _decision(text, AddressVerdict.REFUSE, reason, None, _repaired(text))
    domain = judge_domain(address.domain)
    tier = role_tier(address.local, address.domain)
    if (
        tier is None
        and domain.plain
        and resolver_facts is None
        and not own_domains
        and not own_addresses
        and address.local.isascii()
    ):
        return AddressDecision(text, AddressVerdict.ACCEPT, None, None, None, address.text, address.canonical)
    if domain.reserved and not {address.domain, address.domain.rpartition(".")[2]}.intersection(allow_reserved):
        return _decision(text, AddressVerdict.REFUSE, AddressReason.RESERVED_DOMAIN, address)
    disposable = domain.disposable and domain.suggestion is None
    refusal = _refusal(address, tier, disposable, resolver_facts, own_domains, own_addresses)
    if refusal is not None:
        return _decision(text, AddressVerdict.REFUSE, refusal, address)
    suggestion = None if domain.suggestion is None else f"{address.local}@{domain.suggestion}"
    if tier == HELD:
        return _decision(text, AddressVerdict.HOLD, AddressReason.MAYBE_ROLE, address, suggestion)
    if domain.lookalike or _local_poses(address):
        return _decision(text, AddressVerdict.HOLD, AddressReason.LOOKALIKE, address, suggestion)
    if suggestion is not None:
        # Catch-all typo domains such as `gmial.com` are on the disposable lists; the contact only mistyped.
        verdict = AddressVerdict.HOLD if domain.disposable else AddressVerdict.ACCEPT
        return _decision(text, verdict, AddressReason.TYPO, address, suggestion)
    return _decision(text, AddressVerdict.ACCEPT, None, address)


def check_lines(lines: Iterable[str]) -> Iterator[dict[str, str | None]]:
    """Judge addresses, one per line, offline; empty lines are skipped. The core of `mailflatrate address check`."""
    for line in lines:
        text = line.rstrip("\r\n")
        if text.strip():
            yield decide_address(text).as_json()


def reason_sentence(reason: AddressReason, language: str) -> str:
    return translate(_SENTENCES[reason], language)


def _refusal(
    address: Address,
    tier: int | None,
    disposable: bool,
    resolver: ResolverFacts | None,
    own_domains: Collection[str],
    own_addresses: Collection[str],
) -> AddressReason | None:
    if address.canonical in own_addresses or _is_own(address.domain, own_domains):
        return AddressReason.OWN_ADDRESS
    if tier == REFUSED:
        return AddressReason.ROLE
    if disposable:
        return AddressReason.DISPOSABLE
    if resolver is None:
        return None
    if resolver.null_mx:
        return AddressReason.DOMAIN_TAKES_NO_MAIL
    if resolver.resolves is False:
        return AddressReason.DOMAIN_UNKNOWN
    if resolver.smtputf8 is False and address.needs_smtputf8:
        return AddressReason.NEEDS_SMTPUTF8
    return None


# Keys beside the period that are hit by mistake, and spellings that hide an address from machines.
_SLIPS = str.maketrans({",": ".", ";": ".", " ": None, "\u00a0": None, "<": None, ">": None, '"': None})
_MAX_REPAIRED_CHARACTERS = 320


def _repaired(text: str) -> str | None:
    """Return the address probably meant by an invalid text, to suggest to the person (R-24); or None."""
    if len(text) > _MAX_REPAIRED_CHARACTERS:
        return None
    words = re.sub(r"^\s*mailto:|\s*[\[(]\s*(?:at|ät)\s*[\])]\s*", lambda m: "" if ":" in m[0] else "@", text.lower())
    meant = re.sub(r"\.{2,}", ".", words.translate(_SLIPS)).strip(".:/\\'")
    meant = re.sub(r"\.*@+\.*", "@", meant)
    if meant.count("@") != 1:
        return None
    local, _, domain = meant.partition("@")
    provider = suggest_domain(domain)
    if meant == text and provider is None:
        return None
    try:
        address = parse(f"{local}@{provider or domain}")
    except AddressError:
        return None
    return address.text


def _local_poses(address: Address) -> bool:
    if address.local.isascii():
        return False
    return mixes_scripts(address.local) or ("xn--" not in address.domain and reads_as_latin(address.local))


def _is_own(domain: str, own_domains: Collection[str]) -> bool:
    return domain in own_domains or any(domain.endswith(f".{own}") for own in own_domains)


def _decision(
    text: str,
    verdict: AddressVerdict,
    reason: AddressReason | None,
    address: Address | None,
    suggestion: str | None = None,
) -> AddressDecision:
    rule = None if reason is None else _RULE_OF_REASON[reason]
    if address is None:
        return AddressDecision(text, verdict, rule, reason, suggestion, "", "")
    return AddressDecision(text, verdict, rule, reason, suggestion, address.text, address.canonical)
