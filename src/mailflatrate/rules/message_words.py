"""Words for findings about any message, where a rule's own words speak of campaigns at the gate.

A text may be for one state only: `missing` where something is not there, `wrong` where it is there and wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from mailflatrate.rules.gate import Explanation, explain, params_in_words
from mailflatrate.rules.verdict import Finding, Language


class MessageText(NamedTuple):
    """What went wrong and how to fix it; an empty `fix` leaves the rule's own."""

    sentence: str
    fix: str = ""


_Pair = tuple[MessageText, MessageText]
_T = MessageText
_DNS_FIX = (
    _T("", "Publish the record in the domain's DNS."),
    _T("", "Veröffentlichen Sie den Eintrag im DNS der Domain."),
)

_TEXTS: Mapping[str, _Pair] = {
    "sender-not-freemail": (
        _T("", "Send from an address at a domain of your own."),
        _T("", "Senden Sie von einer Adresse Ihrer eigenen Domain."),
    ),
    "sender-name-honest": (
        _T("The sender name contains {found}, but the message comes from {domain}."),
        _T("Der Absendername enthält {found}, die Nachricht kommt aber von {domain}."),
    ),
    "reply-to-deliverable": (
        _T("{address} accepts no mail, so replies are lost.", "Set Reply-To to an address that somebody reads."),
        _T("{address} nimmt keine Mail an; Antworten gehen verloren.",
           "Setzen Sie Reply-To auf eine Adresse, die jemand liest."),
    ),
    "domain-aligned": (
        _T("The message is signed by {signing}, but From is at {domain}, so DMARC can't pass.",
           "Sign with a key of the domain in From as well, or send from an address at the signing domain."),
        _T("Die Nachricht ist von {signing} signiert, From liegt aber bei {domain}; so gelingt DMARC nicht.",
           "Signieren Sie auch mit einem Schlüssel der Domain aus From, oder senden Sie von der signierenden Domain."),
    ),
    "domain-aligned.missing": (
        _T("No valid signature is from {domain}, the domain in From, so DMARC can't pass.",
           "Sign with a key of the domain in From."),
        _T("Keine gültige Signatur stammt von {domain}, der Domain aus From; so gelingt DMARC nicht.",
           "Signieren Sie mit einem Schlüssel der Domain aus From."),
    ),
    "dkim-holds.missing": (
        _T("The message isn't signed with DKIM.", "Have the sending server sign with a key of the domain in From."),
        _T("Die Nachricht ist nicht mit DKIM signiert.",
           "Lassen Sie den sendenden Server mit einem Schlüssel der Domain aus From signieren."),
    ),
    "dkim-holds.wrong": (
        _T("The DKIM signature is invalid: {found}.",
           "Sign last, with the key that the DNS publishes, and change nothing afterwards."),
        _T("Die DKIM-Signatur ist ungültig: {found}."),
    ),
    "domain-spf.missing": (_T("{domain} has no SPF record.", _DNS_FIX[0].fix),
                           _T("{domain} hat keinen SPF-Eintrag.", _DNS_FIX[1].fix)),
    "domain-spf.wrong": (
        _T("The SPF record of {domain} is invalid.",
           "Keep one record with at most 10 lookups that ends in -all or ~all."),
        _T("Der SPF-Eintrag von {domain} ist ungültig.",
           "Behalten Sie einen Eintrag mit höchstens 10 Abfragen, der mit -all oder ~all endet."),
    ),
    "domain-dmarc.missing": (
        _T("{domain} has no DMARC record.", "Publish a TXT record at _dmarc, to begin with v=DMARC1; p=none."),
        _T("{domain} hat keinen DMARC-Eintrag.",
           "Veröffentlichen Sie einen TXT-Eintrag unter _dmarc, für den Anfang v=DMARC1; p=none."),
    ),
    "domain-dmarc.wrong": (
        _T("{domain} has more than one DMARC record.", "Keep one of them."),
        _T("{domain} hat mehrere DMARC-Einträge.", "Behalten Sie einen davon."),
    ),
    "domain-mx.missing": (
        _T("{domain} receives no mail: it has no MX record.", _DNS_FIX[0].fix),
        _T("{domain} empfängt keine Mail: Es gibt keinen MX-Eintrag.", _DNS_FIX[1].fix),
    ),
    "imprint-shown": (
        _T("Nothing in {parts} shows: {fields}.", "Write name, postal address and a way to reach you into both parts."),
        _T("In {parts} fehlt: {fields}.",
           "Schreiben Sie Namen, Anschrift und einen Weg, Sie zu erreichen, in beide Teile."),
    ),
    "imprint-readable": (
        _T("", "Use at least 11 px and a contrast of 4.5 to 1 for the imprint."),
        _T("", "Nehmen Sie für das Impressum mindestens 11 px und einen Kontrast von 4,5 zu 1."),
    ),
    "unsubscribe-link": (
        _T("{parts} has no unsubscribe link.", "Add a link that people recognize and that needs no sign-in."),
        _T("In {parts} fehlt ein Abmeldelink.", "Setzen Sie einen erkennbaren Link, der keine Anmeldung verlangt."),
    ),
    "merge-tags-filled": (
        _T("These placeholders were not filled in: {tags}.", "Fill them in, or give them a default."),
        _T("Diese Platzhalter sind nicht ersetzt: {tags}.", "Ersetzen Sie sie oder geben Sie eine Vorgabe."),
    ),
    "no-foreign-pixel": (
        _T("The message loads invisible images from {hosts}.",
           "Remove them, or measure opens only for people who agreed."),
        _T("Die Nachricht lädt unsichtbare Bilder von {hosts}.",
           "Entfernen Sie sie oder messen Sie Öffnungen nur bei denen, die zugestimmt haben."),
    ),
    "both-parts": (
        _T("The message has nothing in {parts}.", "Send HTML and plain text together as multipart/alternative."),
        _T("In {parts} steht nichts.", "Senden Sie HTML und Text zusammen als multipart/alternative."),
    ),
    "size-limit": (
        _T("The message has {size} KB; the limit is {limit} KB."),
        _T("Die Nachricht hat {size} KB; die Grenze liegt bei {limit} KB."),
    ),
    "header-date": (
        _T("Date can't be read: {date}."),
        _T("Date ist nicht lesbar: {date}."),
    ),
    "list-unsubscribe.missing": (
        _T("List-Unsubscribe is missing.",
           "Add List-Unsubscribe with an https URI, and List-Unsubscribe-Post: List-Unsubscribe=One-Click."),
        _T("List-Unsubscribe fehlt.",
           "Fügen Sie List-Unsubscribe mit einer https-URI und List-Unsubscribe-Post: List-Unsubscribe=One-Click ein."),
    ),
    "list-unsubscribe.wrong": (
        _T("List-Unsubscribe is there but can't be read: {problems}."),
        _T("List-Unsubscribe ist da, aber nicht lesbar: {problems}."),
    ),
    "one-click.wrong": (
        _T("One-click unsubscribe doesn't work: {problems}."),
        _T("Die Abmeldung mit einem Klick geht nicht: {problems}."),
    ),
    "list-id.missing": (_T("List-Id is missing."), _T("List-Id fehlt.")),
    "list-id.wrong": (_T("List-Id is malformed: {found}."), _T("List-Id ist fehlerhaft: {found}.")),
    "feedback-id.missing": (
        _T("Feedback-ID is missing, so Gmail can't report complaints by campaign."),
        _T("Feedback-ID fehlt; Gmail meldet Beschwerden daher nicht je Mailing."),
    ),
    "feedback-id.wrong": (
        _T("Feedback-ID isn't in the form that Gmail reads: {found}."),
        _T("Feedback-ID hat nicht die Form, die Gmail liest: {found}."),
    ),
    "mailing-id": (_T("No header field identifies the campaign."), _T("Kein Kopffeld benennt das Mailing.")),
}  # fmt: skip
_ABSENT = ("-", ("dkim.none",), ("leave.missing",), ("dns.missing",))


def state_of(finding: Finding) -> str:
    """`missing` where a field, a record or a signature is not there, else `wrong`."""
    missing = {"header-complete", "subject-present", "unsubscribe-link", "both-parts", "imprint-shown", "mailing-id"}
    params = dict(finding.params)
    spoken = (params.get(name) for name in ("found", "problems", "state", "signing"))
    return "missing" if finding.key in missing or any(value in _ABSENT for value in spoken) else "wrong"


def explain_message(finding: Finding, language: Language) -> Explanation:
    """A finding about any message in words."""
    plain = explain(finding, language)
    pair = _TEXTS.get(f"{finding.key}.{state_of(finding)}") or _TEXTS.get(finding.key)
    if pair is None or finding.passed:
        return plain
    text = pair[1] if language is Language.GERMAN else pair[0]
    sentence = plain.sentence
    if text.sentence:
        sentence = text.sentence.format_map(params_in_words(finding, language))
        sentence = sentence[:1].upper() + sentence[1:]
    return replace(plain, sentence=sentence, mend=text.fix or plain.mend)
