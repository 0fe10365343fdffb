"""Texts of findings about any message, where a rule's own text refers to campaigns: `missing` if something is absent,
`wrong` if it is present and wrong.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.gate.judge import Explanation, explain, params_in_words
from mailflatrate.rules.verdict import Finding


class MessageText(NamedTuple):
    sentence: str
    fix: str = ""


_PUBLISH = N_("Publish the record in the domain's DNS.")

_TEXTS: Mapping[str, MessageText] = {
    "sender-not-freemail": MessageText("", "Send from an address at your own domain."),
    "sender-name-honest": MessageText("The sender name contains {found}, but the message comes from {domain}."),
    "reply-to-deliverable": MessageText(
        "The reply-to address {address} doesn't accept email, so replies are lost.",
        "Set Reply-To to an address that someone reads.",
    ),
    "domain-aligned": MessageText(
        "The message is signed by {signing}, but From is at {domain}, so DMARC can't pass.",
        "Also sign with a key of the From domain, or send from an address at the signing domain.",
    ),
    "domain-aligned.missing": MessageText(
        "No valid signature is from {domain}, the From domain, so DMARC can't pass.",
        "Sign with a key of the From domain.",
    ),
    "dkim-holds.missing": MessageText(
        "The message isn't signed with DKIM.", "Have the sending server sign with a key of the From domain."
    ),
    "dkim-holds.wrong": MessageText(
        "The DKIM signature is invalid: {found}.",
        "Sign as the last step with the key published in DNS, and change nothing afterward.",
    ),
    "domain-spf.missing": MessageText("{domain} has no SPF record.", _PUBLISH),
    "domain-spf.wrong": MessageText(
        "The SPF record of {domain} is invalid.",
        "Keep a single record with at most 10 lookups that ends in -all or ~all.",
    ),
    "domain-dmarc.missing": MessageText(
        "{domain} has no DMARC record.", "Publish a TXT record at _dmarc, starting with v=DMARC1; p=none."
    ),
    "domain-dmarc.wrong": MessageText("{domain} has more than one DMARC record.", "Keep only one of them."),
    "domain-mx.missing": MessageText("The domain {domain} can't receive email because it has no MX record.", _PUBLISH),
    "imprint-shown": MessageText(
        "Missing from {parts}: {fields}.",
        "Include your name, your postal address and a way to reach you in both parts.",
    ),
    "imprint-readable": MessageText("", "Use at least 11 px and a contrast of 4.5:1 for the imprint."),
    "unsubscribe-link": MessageText(
        "There's no unsubscribe link in {parts}.", "Add a recognizable link that doesn't require signing in."
    ),
    "merge-tags-filled": MessageText(
        "These placeholders weren't filled in: {tags}.", "Fill them in, or give them a default."
    ),
    "no-foreign-pixel": MessageText(
        "The message loads invisible images from {hosts}.", "Remove them, or measure opens only for people who agreed."
    ),
    "both-parts": MessageText(
        "There's no content in {parts}.", "Send HTML and plain text together as multipart/alternative."
    ),
    "size-limit": MessageText("The message is {size} KB. The limit is {limit} KB."),
    "header-date": MessageText("Date can't be read: {date}."),
    "list-unsubscribe.missing": MessageText(
        "List-Unsubscribe is missing.",
        "Add List-Unsubscribe with an https URI, and List-Unsubscribe-Post: List-Unsubscribe=One-Click.",
    ),
    "list-unsubscribe.wrong": MessageText("List-Unsubscribe is present but can't be read: {problems}."),
    "one-click.wrong": MessageText("One-click unsubscribe doesn't work: {problems}."),
    "list-id.missing": MessageText("List-Id is missing."),
    "list-id.wrong": MessageText("List-Id is malformed: {found}."),
    "feedback-id.missing": MessageText("Feedback-ID is missing, so Gmail can't report complaints by campaign."),
    "feedback-id.wrong": MessageText("Feedback-ID isn't in the format Gmail reads: {found}."),
    "mailing-id": MessageText("No header field identifies the campaign."),
}
_ABSENT = ("-", ("dkim.none",), ("leave.missing",), ("dns.missing",))


def state_of(finding: Finding) -> str:
    missing = {"header-complete", "subject-present", "unsubscribe-link", "both-parts", "imprint-shown", "mailing-id"}
    params = dict(finding.params)
    spoken = (params.get(name) for name in ("found", "problems", "state", "signing"))
    return "missing" if finding.key in missing or any(value in _ABSENT for value in spoken) else "wrong"


def explain_message(finding: Finding, language: str) -> Explanation:
    plain = explain(finding, language)
    message = _TEXTS.get(f"{finding.key}.{state_of(finding)}") or _TEXTS.get(finding.key)
    if message is None or finding.passed:
        return plain
    sentence = plain.sentence
    if message.sentence:
        sentence = translate(message.sentence, language).format_map(params_in_words(finding, language))
        sentence = sentence[:1].upper() + sentence[1:]
    return replace(plain, sentence=sentence, fix=translate(message.fix, language) or plain.fix)
