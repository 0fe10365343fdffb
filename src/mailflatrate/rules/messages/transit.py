"""Separates the fields that a message's sender wrote from those added in transit. Servers add fields at the top (RFC
5321 section 4.4), so the sender's topmost signature marks where its part begins; discussion lists add some at the end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailflatrate.mail.reading.auth_results import AuthResult, authserv_id, read_received_spf, read_results
from mailflatrate.mail.reading.message import HeaderField, ParsedMessage
from mailflatrate.mail.signing.dkim_verify import DkimStatus, DkimVerdict
from mailflatrate.rules.names.domains import same_house

# Fields that only relays, filters, receivers and mailboxes write.
_RECEIVERS = re.compile(
    r"x-spam\b.*|x-virus.*|authentication-results.*|arc-.*|received|received-spf|return-path|delivered-to"
    r"|x-original-to|x-original-recipient|envelope-to|x-envelope.*|x-received|x-forefront.*|x-ms-exchange.*"
    r"|x-microsoft-antispam.*|x-gm-.*|x-google-smtp.*|x-rspam.*|x-amavis.*|x-mailscanner.*|x-.*-mailscanner.*"
    r"|x-barracuda.*|x-proofpoint.*|x-ironport.*|x-pmx.*|x-sophos.*|x-antiabuse|x-dspam.*|x-bogosity|x-greylist"
    r"|x-authentication-warning|x-getmail.*|x-mozilla.*|x-uidl?|x-keywords|x-status|status|x-apparently-to|old-.*"
)
_LISTS = re.compile(
    r"list-.*|sender|errors-to|precedence|x-beenthere|x-mailman.*|x-list-.*|mailing-list|x-mailing-list|x-ml-.*"
    r"|x-google-group.*|x-loop|reply-to|archived-at"
)
_LIST_MARKS = re.compile(r"x-beenthere|x-mailman-version|mailing-list|x-mailing-list|x-ml-name|x-google-group-id")
_ORIGIN = frozenset({"from", "to", "subject", "date", "message-id", "mime-version"})
_BY = re.compile(r"\bby\s+([\w.-]+)", re.IGNORECASE)
_BROKEN = (DkimStatus.BODY_CHANGED, DkimStatus.HEADER_CHANGED)
# A receiver that saw a valid signature is right even if it is no longer valid: text was added, the key was withdrawn.
_OUTLIVED = (*_BROKEN, DkimStatus.KEY_MISSING, DkimStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Transit:
    """`own` has only the sender's fields. `results` are the receiver's, trusted because the same organization wrote a
    Received field above the sender's part. `relayed`: ARC fields, what an intermediary claims.
    """

    own: ParsedMessage
    through_list: bool
    results: tuple[AuthResult, ...] = ()
    relayed: tuple[AuthResult, ...] = ()

    def vouches_for(self, verdict: DkimVerdict) -> bool:
        return verdict.status in _OUTLIVED and any(
            auth_result.method == "dkim"
            and auth_result.result == "pass"
            and auth_result.domain == verdict.domain
            and auth_result.selector in ("", verdict.selector)
            for auth_result in self.results
        )

    def explains(self, verdict: DkimVerdict) -> bool:
        if verdict.status not in _BROKEN:
            return False
        held = any(
            (auth_result.method, auth_result.result, auth_result.domain) == ("dkim", "pass", verdict.domain)
            for auth_result in self.relayed
        )
        return self.through_list or held

    def passes_dmarc(self, from_domain: str) -> bool:
        return any(
            auth_result.result == "pass"
            and auth_result.method in ("dmarc", "spf")
            and same_house(auth_result.domain, from_domain)
            for auth_result in self.results
        )


def read_transit(message: ParsedMessage, signatures: Sequence[DkimVerdict], from_domain: str) -> Transit:
    """Split a message at the topmost signature of its sender. Never raises."""
    start, signed = _sender_start(message, signatures, from_domain)
    through_list = is_discussion_list(message)
    below = {field.name for field in message.fields[start:]}
    own = [
        field
        for at, field in enumerate(message.fields)
        if (at >= start or (field.name in signed and field.name not in below))
        and not _RECEIVERS.fullmatch(field.name)
        and not (through_list and field.name not in signed and _LISTS.fullmatch(field.name))
    ]
    above = _above(message, start)
    return Transit(message.narrowed(own), through_list, _believed(above), _relayed(above))


def is_discussion_list(message: ParsedMessage) -> bool:
    posts = message.first("list-post").strip().lower()
    if "mailto:" in posts and not posts.startswith("no"):
        return True
    return any(_LIST_MARKS.fullmatch(field.name) for field in message.fields)


def _sender_start(
    message: ParsedMessage, signatures: Sequence[DkimVerdict], from_domain: str
) -> tuple[int, frozenset[str]]:
    places = [at for at, field in enumerate(message.fields) if field.name == "dkim-signature"]
    for at, verdict in zip(places, signatures, strict=False):
        if from_domain and verdict.domain and same_house(verdict.domain, from_domain):
            return at, frozenset(verdict.signed_fields)
    after_trace = max((at + 1 for at, field in enumerate(message.fields) if field.name == "received"), default=0)
    for at, verdict in zip(places, signatures, strict=False):
        if at >= after_trace:
            return at, frozenset(verdict.signed_fields)
    return after_trace, frozenset()


def _above(message: ParsedMessage, start: int) -> tuple[HeaderField, ...]:
    """Without a signature they may reach down to the first of From, To, Subject and so on."""
    first = next((at for at, field in enumerate(message.fields) if field.name in _ORIGIN), len(message.fields))
    is_signed = start < len(message.fields) and message.fields[start].name == "dkim-signature"
    return message.fields[: start if is_signed else max(start, first)]


def _believed(above: Sequence[HeaderField]) -> tuple[AuthResult, ...]:
    hosts = [match[1].lower() for field in above if field.name == "received" for match in _BY.finditer(field.value)]
    named = []
    for field in above:
        if field.name != "authentication-results":
            continue
        server = authserv_id(field.value)
        by_name = server and any(same_house(server, host) for host in hosts)
        if by_name or (not server and any(same_house(host, "outlook.com") for host in hosts)):
            named.append(field.value)
    spf = [field.value for field in above if field.name == "received-spf"] if hosts else []
    return (*read_results(named), *read_received_spf(spf[:1]))


def _relayed(above: Sequence[HeaderField]) -> tuple[AuthResult, ...]:
    first = next((at for at, field in enumerate(above) if field.name == "received"), len(above))
    return read_results([field.value for field in above[first:] if field.name == "arc-authentication-results"])
