"""DMARC records and the DNS tree walk (RFC 9989 4.7, 4.10; R-62)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.wire.dns.records import TagError, parse_tags
from mailflatrate.wire.dns.resolver import Resolver

# RFC 9989 4.10: from a longer name the walk jumps to its last seven labels after the first question.
_WALK_LABELS = 7


class DmarcPolicy(Enum):
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class DmarcStatus(Enum):
    """UNKNOWN: the DNS lookup failed. SEVERAL: more than one record at the domain itself, so that none counts."""

    FOUND = "found"
    MISSING = "missing"
    SEVERAL = "several"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """At `_dmarc.domain`; absent tags have the RFC's defaults. `psd`: "y" (a public suffix), "n" (an organizational
    domain by its own declaration) or "u". `problems` don't invalidate it.
    """

    domain: str
    found: str
    policy: DmarcPolicy
    subdomain_policy: DmarcPolicy
    nonexistent_policy: DmarcPolicy
    is_dkim_strict: bool = False
    is_spf_strict: bool = False
    is_test: bool = False
    psd: str = "u"
    rua: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DmarcFacts:
    """For mail from `domain`. `record` may be a parent's, `policy` is for this exact name. `organizational_domain` is
    what relaxed alignment compares. `found` is the text, `asked` are the names looked up.
    """

    domain: str
    status: DmarcStatus
    organizational_domain: str
    record: DmarcRecord | None = None
    policy: DmarcPolicy | None = None
    found: str = ""
    asked: tuple[str, ...] = ()


def parse_dmarc(domain: str, text: str) -> DmarcRecord | None:
    """Read a record; return None if the text is not one (the version comes first and is exact, RFC 9989 4.7)."""
    version, _, _ = text.partition(";")
    name, _, value = version.partition("=")
    if name.strip().lower() != "v" or value.strip() != "DMARC1":
        return None
    problems: list[str] = []
    try:
        tags = parse_tags(text)
    except TagError as problem:
        problems.append(str(problem))
        tags = {}
    policy = _policy(tags, "p", DmarcPolicy.NONE, problems)
    if "p" not in tags:
        problems.append("the tag p is missing, which counts as none")
    subdomain = _policy(tags, "sp", policy, problems)
    return DmarcRecord(
        domain=domain,
        found=text,
        policy=policy,
        subdomain_policy=subdomain,
        nonexistent_policy=_policy(tags, "np", subdomain, problems),
        is_dkim_strict=tags.get("adkim", "r").lower() == "s",
        is_spf_strict=tags.get("aspf", "r").lower() == "s",
        is_test=tags.get("t", "n").lower() == "y",
        psd=tags.get("psd", "u").lower(),
        rua=tuple(uri.strip() for uri in tags.get("rua", "").split(",") if uri.strip()),
        problems=tuple(problems),
    )


def _policy(tags: dict[str, str], tag: str, default: DmarcPolicy, problems: list[str]) -> DmarcPolicy:
    try:
        return DmarcPolicy(tags[tag].lower())
    except KeyError:
        return default
    except ValueError:
        problems.append(f"{tag}={tags[tag]} is no policy")
        return default


def find_dmarc(resolver: Resolver, domain: str) -> DmarcFacts:
    domain = domain.rstrip(".").lower()
    records: list[DmarcRecord] = []
    asked: list[str] = []
    several = ""
    for target in _walk(domain):
        answer = resolver.txt(f"_dmarc.{target}")
        asked.append(answer.name)
        if not answer.is_known:
            return DmarcFacts(domain, DmarcStatus.UNKNOWN, domain, asked=tuple(asked))
        here = [record for text in answer.values if (record := parse_dmarc(target, text)) is not None]
        if len(here) > 1 and target == domain:
            several = " | ".join(record.found for record in here)
        if len(here) != 1:  # RFC 9989 4.10: several records at one name are all discarded
            continue
        records.append(here[0])
        if here[0].psd == "n" or (here[0].psd == "y" and target != domain):
            break
    organization = _organization(domain, records)
    record = _applying(domain, organization, records)
    if record is None:
        status = DmarcStatus.SEVERAL if several else DmarcStatus.MISSING
        return DmarcFacts(domain, status, organization, found=several, asked=tuple(asked))
    policy = record.policy if record.domain == domain else record.subdomain_policy
    return DmarcFacts(domain, DmarcStatus.FOUND, organization, record, policy, record.found, tuple(asked))


def _walk(domain: str) -> list[str]:
    labels = domain.split(".")
    first = max(1, len(labels) - _WALK_LABELS)
    return [domain, *(".".join(labels[at:]) for at in range(first, len(labels)))]


def _organization(domain: str, records: list[DmarcRecord]) -> str:
    for record in records:
        if record.psd == "n":
            return record.domain
        if record.psd == "y" and record.domain != domain:
            # One label below the public suffix, on the way down to the domain asked for.
            labels = domain.split(".")
            return ".".join(labels[-len(record.domain.split(".")) - 1 :])
    return records[-1].domain if records else domain


def _applying(domain: str, organization: str, records: list[DmarcRecord]) -> DmarcRecord | None:
    by_domain = {record.domain: record for record in records}
    own = by_domain.get(domain) or by_domain.get(organization)
    if own is not None:
        return own
    return next((record for record in records if record.psd == "y"), None)


def is_aligned(resolver: Resolver, author_domain: str, other_domain: str, *, is_strict: bool) -> bool:
    """Return whether an authenticated domain (DKIM d=, Return-Path) aligns with the author's domain (RFC 9989 4.4)."""
    author, other = author_domain.rstrip(".").lower(), other_domain.rstrip(".").lower()
    if author == other:
        return True
    if is_strict:
        return False
    return find_dmarc(resolver, author).organizational_domain == find_dmarc(resolver, other).organizational_domain
