"""Judges other systems' messages by the gate's own rules (`mailflatrate lint`)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mailflatrate.locale.texts import ENGLISH
from mailflatrate.mail.content.body_duties import ImprintMarks, imprint_marks, offers_leaving, offers_leaving_html
from mailflatrate.mail.content.facts import CompiledContentFacts as SeenContent
from mailflatrate.mail.content.facts import lint_parts
from mailflatrate.mail.content.merge_tags import find_merge_tags
from mailflatrate.mail.html.applied_styles import with_styles_applied
from mailflatrate.mail.html.tokens import TokenKind, tokenise
from mailflatrate.mail.message.from_line import FromMailbox, read_from
from mailflatrate.mail.message.unsubscribe import judge_list_unsubscribe
from mailflatrate.mail.reading.message import ParsedMessage, read_message
from mailflatrate.mail.signing.dkim_verify import DkimStatus, KeyFinder, KeyUnreachable, verify_signatures
from mailflatrate.rules.checks.links_finished import is_example
from mailflatrate.rules.facts import ContentFacts, DnsRecordFacts, DnsState, FromFacts, LinkFacts, SenderFacts
from mailflatrate.rules.gate.judge import RULES_VERSION, Explanation, explain, judge_from
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.messages.message import MessageFacts, MessageKind, Signature
from mailflatrate.rules.messages.message_chain import Profile, rules_for
from mailflatrate.rules.messages.message_kind import KindGuess, guess_kind
from mailflatrate.rules.messages.transit import Transit, read_transit
from mailflatrate.rules.names.brands import Brands, shipped_brands
from mailflatrate.rules.names.domains import same_house
from mailflatrate.rules.phrases import find_categories, find_orders
from mailflatrate.rules.verdict import Finding, Severity, Verdict

UNASKED = DnsRecordFacts(DnsState.UNCHECKED)


@dataclass(frozen=True, slots=True)
class LooseFrom:
    from_line: FromFacts
    imprint: ImprintRecord | None = None


@dataclass(frozen=True, slots=True)
class DomainLookups:
    spf: DnsRecordFacts = UNASKED
    dmarc: DnsRecordFacts = UNASKED
    mx: DnsRecordFacts = UNASKED
    reply_to_deliverable: bool = True


def no_key(_selector: str, _domain: str) -> bytes | None:
    raise KeyUnreachable


def no_lookups(_from_domain: str, _return_path: str, _reply_to: str) -> DomainLookups:
    return DomainLookups()


def rewrote_nothing(_url: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class LintLookups:
    """`key_bits`, from the key finder: (selector, domain) -> bits. `rewrote`: an edition of ours replaced another link,
    whose text was compared before, so it is not a mismatch (R-49); only if a signature rules out a later change.
    """

    find_key: KeyFinder = no_key
    lookup: Callable[[str, str, str], DomainLookups] = no_lookups
    brands: Brands = field(default_factory=shipped_brands)
    rewrote: Callable[[str], bool] = rewrote_nothing
    key_bits: dict[tuple[str, str], int] = field(default_factory=dict)


def from_facts(value: str, brands: Brands) -> FromFacts:
    mailboxes = [mailbox for mailbox in read_from(value) if mailbox.address] or list(read_from(value))
    last = mailboxes[-1] if mailboxes else FromMailbox("", "", "")
    name = " ".join(dict.fromkeys(mailbox.name for mailbox in mailboxes if mailbox.name))
    return FromFacts(name, last.address, last.domain, len(mailboxes), brands=brands)


def lint_from_line(value: str, brands: Brands) -> dict[str, object]:
    facts = from_facts(value, brands)
    verdict = judge_from(LooseFrom(facts))
    return {
        "name": facts.name,
        "address": facts.address,
        "findings": [finding_as_json(failure, explain(failure, ENGLISH)) for failure in verdict.failures],
        "verdict": weight_word(verdict.failures),
    }


def message_facts(raw: bytes, outside: LintLookups, *, now: datetime, kind: MessageKind | None = None) -> MessageFacts:
    """Never raises for a message's content; `now` aware, UTC. Without a `kind`, it is derived from the message."""
    message = read_message(raw)
    from_line = from_facts(message.first("from"), outside.brands)
    verdicts = verify_signatures(raw, outside.find_key, at=_moment(message, now))
    transit = read_transit(message, verdicts, from_line.domain)
    signatures = tuple(
        Signature(
            verdict,
            outside.key_bits.get((verdict.selector, verdict.domain), 0),
            transit.vouches_for(verdict),
            transit.explains(verdict),
        )
        for verdict in verdicts
    )
    guess = KindGuess(kind, ()) if kind else guess_kind(message, transit)
    rewrote = rewrote_nothing if _is_changed(signatures) else outside.rewrote
    return MessageFacts(
        message=message,
        transit=transit,
        kind=guess.kind,
        kind_reasons=guess.reasons,
        from_line=from_line,
        content=_content(message, guess.kind, rewrote, _houses(message, signatures)),
        sender=_sender(message, from_line, signatures, transit, outside),
        signatures=signatures,
        unsubscribe=judge_list_unsubscribe(
            transit.own.all("list-unsubscribe"), transit.own.all("list-unsubscribe-post")
        ),
    )


def judge_message(facts: MessageFacts, profile: Profile = Profile.ALL, *, offline: bool = True) -> Verdict:
    rules = rules_for(profile, facts.kind, offline=offline)
    return Verdict(RULES_VERSION, tuple(rule.judge(facts) for rule in rules))


def _moment(message: ParsedMessage, now: datetime) -> datetime:
    for written in (message.first("received").rpartition(";")[2], message.first("date")):
        try:
            moment = parsedate_to_datetime(written.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if moment.tzinfo is not None:
            return min(now, moment.astimezone(UTC)) if 1990 < moment.year < 9000 else now
    return now


def _sender(
    message: ParsedMessage,
    from_line: FromFacts,
    signatures: tuple[Signature, ...],
    transit: Transit,
    outside: LintLookups,
) -> SenderFacts:
    holding = [signature.verdict.domain for signature in signatures if signature.holds]
    aligned = [domain for domain in holding if same_house(domain, from_line.domain)]
    return_path = next((box.domain for box in read_from(message.first("return-path"))), "")
    reply_to = next((box.address for box in read_from(message.first("reply-to"))), "")
    broken_later = any(
        signature.is_transit_broken and same_house(signature.verdict.domain, from_line.domain)
        for signature in signatures
    )
    records = outside.lookup(from_line.domain, return_path, reply_to)
    return SenderFacts(
        from_address=from_line.address,
        from_domain=from_line.domain,
        display_name=from_line.name,
        address_verified_at=None,
        domain_verified_at=None,
        dkim=UNASKED,
        spf=records.spf,
        dmarc=records.dmarc,
        mx=records.mx,
        dkim_domain=(aligned or holding or [""])[0],
        return_path_domain=return_path,
        passes_dmarc=broken_later or transit.passes_dmarc(from_line.domain),
        reply_to=reply_to,
        reply_to_deliverable=records.reply_to_deliverable,
        brands=outside.brands,
    )


def _content(
    message: ParsedMessage, kind: MessageKind, rewrote: Callable[[str], bool], houses: frozenset[str]
) -> ContentFacts:
    """`houses` are domains of sender and sending service: their pixels are not a third party's (R-111)."""
    html, text = message.html, message.text
    sizes = (len(html.encode(errors="replace")), len(text.encode(errors="replace")))
    seen = lint_parts(with_styles_applied(html), text, sizes=sizes)
    imprint = imprint_marks(seen.visible_text)
    bulk = kind is MessageKind.BULK
    words = f"{message.text_of('subject')}\n{seen.preheader}\n{seen.visible_text}\n{text}"
    return ContentFacts(
        subject=message.text_of("subject"),
        preheader=seen.preheader,
        html_octets=seen.html_bytes,
        text_octets=seen.text_bytes if text.strip() else 0,
        total_octets=message.total_octets,
        unsubscribe_in_html=not (html and bulk) or offers_leaving_html(seen),
        unsubscribe_in_text=not (text and bulk) or offers_leaving(text),
        reason_in_html=True,
        reason_in_text=True,
        imprint_missing_html=imprint.missing if html else (),
        imprint_missing_text=imprint_marks(text).missing if text else (),
        leftovers=tuple(dict.fromkeys((*find_merge_tags(_headed(message)), *seen.merge_tags))),
        attachments=message.attachments,
        active_elements=tuple(sorted(seen.forbidden_elements)),
        links=_links(html, text, seen, rewrote),
        images_without_alt=len(seen.images_without_alt),
        hidden=tuple(hidden.text for hidden in seen.hidden_text),
        imprint_faint=_faint(seen, imprint),
        images=seen.image_count,
        visible_chars=seen.visible_chars,
        html_words=seen.html_words,
        shared_words=seen.shared_words,
        pixels=tuple(host for host in seen.pixels if not any(same_house(host, own) for own in houses)),
        dark_traps=seen.dark_traps,
        categories=find_categories(words),
        machine_orders=find_orders(f"{words}\n{seen.unseen}"),
        is_plain=bool(text) and not html and "multipart/" not in message.first("content-type").lower(),
        is_example=any(is_example(box.domain) for box in read_from(message.first("from"))),
        in_thread=bool(message.first("in-reply-to") or message.first("references")),
    )


def _houses(message: ParsedMessage, signatures: tuple[Signature, ...]) -> frozenset[str]:
    written = [box.domain for name in ("from", "return-path") for box in read_from(message.first(name))]
    leaving = re.findall(r"<https?://([\w.-]+)", message.first("list-unsubscribe").lower())
    return frozenset(
        filter(None, (*written, *leaving, *(signature.verdict.domain for signature in signatures if signature.holds)))
    )


def _faint(seen: SeenContent, imprint: ImprintMarks) -> tuple[str, ...]:
    unread = imprint_marks(seen.legible_text).missing
    return tuple(f"field.{line}" for line in unread if line not in imprint.missing)


def _headed(message: ParsedMessage) -> str:
    return "\n".join(message.text_of(name) for name in ("subject", "from", "reply-to", "to", "list-unsubscribe"))


def _is_changed(signatures: tuple[Signature, ...]) -> bool:
    broken = (DkimStatus.BODY_CHANGED, DkimStatus.HEADER_CHANGED, DkimStatus.MALFORMED)
    return not signatures or any(signature.verdict.status in broken for signature in signatures)


_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def _links(html: str, text: str, seen: SeenContent, rewrote: Callable[[str], bool]) -> tuple[LinkFacts, ...]:
    named = [LinkFacts(link.target, "" if rewrote(link.target) else link.shown) for link in seen.link_texts]
    urls = {link.url for link in named}
    targets = dict.fromkeys(
        (token.attributes.get("href") or "").strip()
        for token in tokenise(html)
        if token.kind is TokenKind.START and token.name in ("a", "area")
    )
    targets |= dict.fromkeys(url.rstrip(".,;:!?)]}'*_") for url in _URL.findall(text))
    return (*named, *(LinkFacts(target) for target in targets if target and target not in urls))


def where(finding: Finding) -> str:
    place, _, name = finding.anchor.partition(".")
    if place == "header":
        return _FIELD_NAMES.get(name, "-".join(word.capitalize() for word in name.split("-")))
    if place == "domain":
        return "DNS"
    return _PLACES.get(finding.anchor, "Body")


_FIELD_NAMES = {
    "message-id": "Message-ID",
    "dkim-signature": "DKIM-Signature",
    "feedback-id": "Feedback-ID",
    "x-mailing-id": "X-Mailing-ID",
    "cfbl-address": "CFBL-Address",
    "x-csa-complaints": "X-CSA-Complaints",
}
_PLACES = {"campaign.subject": "Subject", "campaign.sender": "From", "campaign.sender_name": "From"}


def finding_as_json(finding: Finding, words: Explanation) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "key": finding.key,
        "severity": finding.severity.value,
        "message": words.sentence,
        "fix": words.fix,
        "where": where(finding),
        "source": words.source,
    }


def weight_word(findings: Iterable[Finding]) -> str:
    weights = {finding.severity for finding in findings}
    return next((severity.value for severity in Severity if severity in weights), "pass")
