"""The consent as a person reads it, and the notice of GDPR Art. 13 beside it (R-27, R-93)."""

from __future__ import annotations

import re

from mailflatrate.rules.forms.content import FormTexts
from mailflatrate.rules.imprint import Imprint, imprint_lines
from mailflatrate.rules.verdict import Language

PLACES: tuple[str, ...] = ("company", "topics", "frequency")
"""What `{...}` in a wording may name."""
_PLACE = re.compile(r"\{([^{}]*)\}")


def wording_of(texts: FormTexts, company: str) -> str:
    """The wording with its places filled, on one line; an unknown place stays as it was written."""
    values = {"company": company, "topics": texts.topics, "frequency": texts.frequency}
    filled = _PLACE.sub(lambda match: values.get(match.group(1).strip(), match.group()), texts.wording)
    return " ".join(filled.split())


def places_in(wording: str) -> frozenset[str]:
    """The names that stand in braces."""
    return frozenset(match.strip() for match in _PLACE.findall(wording))


def privacy_notice(imprint: Imprint, service_name: str, language: Language) -> tuple[str, ...]:
    """What has to be said where data is collected, in short paragraphs; the privacy page says the rest."""
    make = _german if language is Language.GERMAN else _english
    lines = {line.key: line.text for line in imprint_lines(imprint, language)}
    contact = ", ".join(filter(None, (imprint.email, imprint.phone)))
    return make(f"{lines.get('legal_name', '')}, {lines.get('address', '')}", contact, service_name)


def _english(controller: str, contact: str, service: str) -> tuple[str, ...]:
    return (
        f"Controller: {controller}. Contact: {contact}.",
        "Purpose and basis: we send you what you consent to (GDPR Art. 6(1)(a)), and keep the time, IP address and "
        "browser of your sign-up and of its confirmation as proof (Art. 7(1)).",
        f"Recipient: {service} processes the data on our behalf (Art. 28). Nobody else gets it.",
        "Duration: without your confirmation we erase your sign-up after 14 days at the latest; with it we keep your "
        "data until you withdraw, and the proof until the end of the third year after the last mailing.",
        "Your rights: you may withdraw at any time without any disadvantage, see, correct, erase or take away your "
        "data, restrict its use, object, and complain to a data protection authority.",
    )


def _german(controller: str, contact: str, service: str) -> tuple[str, ...]:
    return (
        f"Verantwortlich: {controller}. Kontakt: {contact}.",
        "Zweck und Grundlage: Wir schicken Ihnen, worin Sie einwilligen (Art. 6 Abs. 1 lit. a DSGVO), und bewahren "
        "Zeitpunkt, IP-Adresse und Browser Ihrer Anmeldung und der Bestätigung als Nachweis auf (Art. 7 Abs. 1).",
        f"Empfänger: {service} verarbeitet die Daten in unserem Auftrag (Art. 28). Sonst erhält sie niemand.",
        "Dauer: Ohne Ihre Bestätigung löschen wir die Anmeldung nach spätestens 14 Tagen. Mit ihr bleiben Ihre Daten "
        "bis zum Widerruf gespeichert und der Nachweis bis zum Ende des dritten Jahres nach dem letzten Mailing.",
        "Ihre Rechte: Sie können jederzeit und ohne Nachteil widerrufen, Ihre Daten einsehen, berichtigen, löschen "
        "oder mitnehmen lassen, die Nutzung einschränken, widersprechen und sich bei einer Aufsichtsbehörde "
        "beschweren.",
    )
