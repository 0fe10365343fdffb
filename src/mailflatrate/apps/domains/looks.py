"""Looking a record up and comparing it with what should be there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailflatrate.apps.domains.models import CheckKind
from mailflatrate.apps.domains.records import DnsRecord, service_spf_host
from mailflatrate.rules.facts import DnsState
from mailflatrate.wire.dns import DnsAnswer, Resolver

Values = Sequence[str]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found. `found` is shown beside the expected record."""

    state: DnsState
    found: str

    @property
    def passed(self) -> bool:
        """True where nothing is left to do."""
        return self.state is DnsState.OK


def look_at(record: DnsRecord, resolver: Resolver) -> Look:
    """Ask the DNS for one record and judge it."""
    if record.kind is CheckKind.DKIM:
        return _judge(resolver.txt(record.host), lambda values: any(_same_key(v, record.value) for v in values))
    if record.kind is CheckKind.SPF:
        return _judge(resolver.txt(record.host), _spf_names_us)
    if record.kind is CheckKind.MX:
        return _judge(resolver.mx(record.host), lambda values: record.value.partition(" ")[2] in _hosts(values))
    return _dmarc(record, resolver)


def _judge(answer: DnsAnswer, matches: Callable[[Values], bool]) -> Look:
    if not answer.is_known:
        return Look(DnsState.UNREACHABLE, "")
    if answer.is_void or not answer.values:
        return Look(DnsState.MISSING, "")
    return Look(DnsState.OK if matches(answer.values) else DnsState.WRONG, "\n".join(answer.values))


def _same_key(found: str, expected: str) -> bool:
    """The same public key, however the tags are spaced (RFC 6376 section 3.6.1)."""
    key = re.compile(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]+)")
    ours, theirs = key.search(expected), key.search(found)
    if ours is None or theirs is None:
        return False
    return "".join(ours.group(1).split()) == "".join(theirs.group(1).split())


def _spf_names_us(values: Values) -> bool:
    """Exactly one SPF record (RFC 7208 section 4.5), and it includes the operator's hosts."""
    records = [value.lower().split() for value in values if value.lower().startswith("v=spf1")]
    return len(records) == 1 and f"include:{service_spf_host()}" in [term.lstrip("+") for term in records[0]]


def _hosts(values: Values) -> list[str]:
    return [value.partition(" ")[2].rstrip(".").lower() for value in values]


def _dmarc(record: DnsRecord, resolver: Resolver) -> Look:
    """A policy at the domain or a parent: the tree walk of RFC 9989. Which policy is the customer's choice (R-62)."""
    name = record.host.removeprefix("_dmarc.")
    last = Look(DnsState.MISSING, "")
    while "." in name:
        last = _judge(resolver.txt(f"_dmarc.{name}"), lambda values: sum(map(_is_dmarc, values)) == 1)
        if last.state in (DnsState.OK, DnsState.WRONG, DnsState.UNREACHABLE):
            return last
        name = name.partition(".")[2]
    return last


def _is_dmarc(value: str) -> bool:
    tags = [tag.strip().replace(" ", "") for tag in value.split(";")]
    return tags[0] == "v=DMARC1" and any(tag in ("p=none", "p=quarantine", "p=reject") for tag in tags)
