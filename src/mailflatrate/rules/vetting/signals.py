"""R-03: automatic checks of an application. They never decide; each has its evidence. None in facts means that the
check was not possible, and the signal says "not checked".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from stdnum import exceptions as stdnum
from stdnum.ch import uid as swiss
from stdnum.de import handelsregisternummer
from stdnum.eu import vat as european
from stdnum.gb import vat as british

from mailflatrate.mail.address import domain_of
from mailflatrate.rules.addresses import AddressReason, decide_address, is_freemail
from mailflatrate.rules.limits import value


class SignalOutcome(Enum):
    """The result of a signal. SERIOUS: the reviewer should read it first."""

    SERIOUS = "serious"
    CONCERN = "concern"
    GOOD = "good"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class SignalResult:
    key: str
    outcome: SignalOutcome
    word: str
    value: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class PageFacts:
    url: str
    reachable: bool | None
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DnsFacts:
    there: bool | None
    found: str = ""


@dataclass(frozen=True, slots=True)
class AgeFacts:
    domain: str
    days: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ListFacts:
    """`asked` False: none is configured. `listed` says what is on which list, `silent` names the silent ones."""

    asked: bool
    listed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VatFacts:
    """`valid` None: the register couldn't be asked, and `problem` says why. Some member states give no `name`."""

    valid: bool | None
    name: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SignalFacts:
    email: str
    record: dict[str, str]
    website: PageFacts
    imprint: PageFacts
    form: PageFacts
    mx: DnsFacts
    spf: DnsFacts
    dmarc: DnsFacts
    age: AgeFacts
    lists: ListFacts
    vat: VatFacts | None = None
    """None: the number is none of the register's member states, and there is nothing to ask."""
    closed: tuple[tuple[str, str], ...] = ()
    """(what is the same, whose account) for accounts that were closed, suspended or rejected."""


def host_of(url: str) -> str:
    return re.sub(r"^[a-z]+://", "", url.strip().lower()).partition("/")[0].partition(":")[0].removeprefix("www.")


def plain_number(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def plain_phone(text: str) -> str:
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")


def signals(facts: SignalFacts) -> Iterator[SignalResult]:
    yield _closed(facts)
    yield _address(facts.email)
    yield _same_domain(facts)
    yield _page("website", facts.website)
    yield _page("imprint", facts.imprint)
    yield _matches(facts)
    yield _page("form", facts.form)
    yield _age(facts.age)
    yield _lists(facts.lists)
    yield _dns("mx", facts.mx)
    yield _dns("spf", facts.spf)
    yield _dns("dmarc", facts.dmarc)
    yield _vat(facts.record.get("vat_id", ""))
    if facts.vat is not None:
        yield _vat_register(facts.vat, facts.record.get("vat_id", ""), facts.record.get("legal_name", ""))
    yield _register(facts.record.get("register_number", ""), facts.record.get("country", ""))


def _closed(facts: SignalFacts) -> SignalResult:
    if not facts.closed:
        return SignalResult("closed_account", SignalOutcome.GOOD, "none")
    evidence = "; ".join(f"{what}: {whose}" for what, whose in facts.closed)
    return SignalResult("closed_account", SignalOutcome.SERIOUS, "same", str(len(facts.closed)), evidence)


def _address(email: str) -> SignalResult:
    domain = domain_of(email)
    reason = decide_address(email, allow_reserved=frozenset({domain.rpartition(".")[2]})).reason
    if reason is AddressReason.DISPOSABLE:
        return SignalResult("address", SignalOutcome.SERIOUS, "disposable", email)
    if reason in (AddressReason.ROLE, AddressReason.MAYBE_ROLE):
        return SignalResult("address", SignalOutcome.CONCERN, "role", email)
    if is_freemail(domain):
        return SignalResult("address", SignalOutcome.CONCERN, "freemail", email)
    return SignalResult("address", SignalOutcome.GOOD, "own", email)


def _same_domain(facts: SignalFacts) -> SignalResult:
    mine, site = domain_of(facts.email), host_of(facts.record.get("website", ""))
    same = bool(site) and (mine == site or mine.endswith(f".{site}") or site.endswith(f".{mine}"))
    return SignalResult(
        "same_domain", SignalOutcome.GOOD if same else SignalOutcome.CONCERN, "same" if same else "other", site, mine
    )


def _page(key: str, page: PageFacts) -> SignalResult:
    if page.reachable is None:
        return SignalResult(key, SignalOutcome.NOT_CHECKED, "unknown", page.problem, page.url)
    if not page.reachable:
        return SignalResult(key, SignalOutcome.CONCERN, "missing", page.problem, page.url)
    return SignalResult(key, SignalOutcome.GOOD, "there", evidence=page.url)


def _matches(facts: SignalFacts) -> SignalResult:
    if not facts.imprint.reachable:
        return SignalResult("imprint_matches", SignalOutcome.NOT_CHECKED, "unknown")
    seen = _squeeze(facts.imprint.text)
    keys = ("legal_name", "street", "postcode", "city", "responsible_person", "vat_id", "register_number")
    written = {key: facts.record.get(key, "") for key in keys}
    absent = [key for key, entry in written.items() if entry and not _stands_in(key, entry, seen)]
    if not absent:
        return SignalResult("imprint_matches", SignalOutcome.GOOD, "all", evidence=facts.imprint.url)
    evidence = "; ".join(f"{key}: {written[key]}" for key in absent)
    outcome = SignalOutcome.SERIOUS if "legal_name" in absent and "street" in absent else SignalOutcome.CONCERN
    return SignalResult("imprint_matches", outcome, "some", str(len(absent)), evidence)


def _stands_in(key: str, entry: str, seen: str) -> bool:
    if key in ("vat_id", "register_number"):
        digits = re.findall(r"\d{3,}", plain_number(entry) if key == "vat_id" else entry)
        packed = re.sub(r"\s", "", seen)
        return not digits or digits[-1] in packed
    return _squeeze(entry) in seen


def _squeeze(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("straße", "str.").replace("strasse", "str.")
    return " ".join(plain.split())


def _age(age: AgeFacts) -> SignalResult:
    if age.days is None:
        return SignalResult("domain_age", SignalOutcome.NOT_CHECKED, "unknown", age.problem, age.domain)
    if age.days < value("domain_new_days"):
        return SignalResult("domain_age", SignalOutcome.SERIOUS, "new", str(age.days), age.domain)
    if age.days < value("domain_young_days"):
        return SignalResult("domain_age", SignalOutcome.CONCERN, "young", str(age.days), age.domain)
    return SignalResult("domain_age", SignalOutcome.GOOD, "old", str(age.days // 365), age.domain)


def _lists(lists: ListFacts) -> SignalResult:
    if lists.listed:
        return SignalResult("blocklists", SignalOutcome.SERIOUS, "listed", evidence="; ".join(lists.listed))
    if not lists.asked:
        return SignalResult("blocklists", SignalOutcome.NOT_CHECKED, "off")
    if lists.silent:
        return SignalResult("blocklists", SignalOutcome.NOT_CHECKED, "unknown", evidence="; ".join(lists.silent))
    return SignalResult("blocklists", SignalOutcome.GOOD, "none")


def _dns(key: str, dns: DnsFacts) -> SignalResult:
    if dns.there is None:
        return SignalResult(key, SignalOutcome.NOT_CHECKED, "unknown", evidence=dns.found)
    return SignalResult(
        key,
        SignalOutcome.GOOD if dns.there else SignalOutcome.CONCERN,
        "there" if dns.there else "missing",
        dns.found,
    )


def _vat(text: str) -> SignalResult:
    packed = plain_number(text)
    if not re.fullmatch(r"[A-Z]{2,3}[0-9A-Z+*]{5,14}", packed) or not any(char.isdigit() for char in packed):
        return SignalResult("vat", SignalOutcome.CONCERN, "none", text)
    module = {"CH": swiss, "GB": british}.get(packed[:2], european)
    number = re.sub(r"(MWST|TVA|IVA)$", "", packed)
    try:
        module.validate(number.removeprefix("GB") if module is british else number)
    except stdnum.ValidationError:
        return SignalResult("vat", SignalOutcome.CONCERN, "malformed", text)
    return SignalResult("vat", SignalOutcome.GOOD, "well_formed", text)


def _vat_register(vat: VatFacts, number: str, legal_name: str) -> SignalResult:
    if vat.valid is None:
        return SignalResult("vat_register", SignalOutcome.NOT_CHECKED, "unknown", vat.problem, number)
    if not vat.valid:
        return SignalResult("vat_register", SignalOutcome.SERIOUS, "invalid", number)
    if vat.name and not _same_company(vat.name, legal_name):
        return SignalResult("vat_register", SignalOutcome.CONCERN, "other", vat.name, legal_name)
    return SignalResult("vat_register", SignalOutcome.GOOD, "valid", number, vat.name)


def _same_company(name: str, other: str) -> bool:
    left, right = _words(name), _words(other)
    return bool(left and right) and len(left & right) * 2 >= min(len(left), len(right))


def _words(name: str) -> frozenset[str]:
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return frozenset(re.findall(r"[^\W_]{3,}", plain.replace("ß", "ss")))


_GERMAN_REGISTER = re.compile(r"\b(HRA|HRB|GnR|PR|VR)\s*(\d{1,6})\b", re.IGNORECASE)


def _register(text: str, country: str) -> SignalResult:
    if not any(char.isdigit() for char in text):
        return SignalResult("register", SignalOutcome.CONCERN, "none", text)
    if country.upper() != "DE":
        return SignalResult("register", SignalOutcome.GOOD, "number", text)
    number = _GERMAN_REGISTER.search(text)
    court = re.sub(
        r"(?i)\b(amtsgericht|registergericht|handelsregister|vereinsregister|ag)\b|[,:;]",
        " ",
        text[: number.start()] if number else "",
    ).strip()
    if number is None or not court:
        return SignalResult("register", SignalOutcome.CONCERN, "malformed", text)
    try:
        handelsregisternummer.validate(f"{court} {number[1].upper().replace('GNR', 'GnR')} {number[2]}")
    except stdnum.ValidationError:
        return SignalResult("register", SignalOutcome.CONCERN, "malformed", text)
    return SignalResult("register", SignalOutcome.GOOD, "well_formed", text)
