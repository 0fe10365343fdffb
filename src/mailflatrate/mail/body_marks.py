"""Whether a finished part offers a way out and says who sends it, in any language of our neighbours (R-40, R-44).

For messages of other systems, of which nothing is known but the text. Our own mailings are judged by their template.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from mailflatrate.mail.html.tokens import Kind, tokenise

# How lists are left in the languages of Europe and a few others; word beginnings, compared in lower case.
_LEAVE = re.compile(
    r"un-?sub|opt(?:ing)?[ -]?out|remove (?:me|my|yourself)|stop receiving|no longer (?:wish|want)"
    r"|leave (?:this|the) list"
    r"|(?:email|mail|subscription|communication|notification)s? (?:preferences|settings)"
    r"|manage (?:your )?(?:subscri|pref)|cancel (?:your )?subscri|abmeld|abbestell|austrag"
    r"|abonnement (?:beenden|kündigen)|newsletter (?:beenden|kündigen)|nicht mehr (?:erhalten|empfangen)"
    r"|keine (?:weiteren )?(?:e-?mails|newsletter|nachrichten)|widerruf|dés(?:abonn|inscri)|desabonn|desinscri"
    r"|se désinscrire|ne plus recevoir|darse de baja|darte de baja|cancelar|dar(?:se)? de baja|baja"
    r"|anular (?:la )?suscrip|desuscri|disiscri|cancella(?:ti|zione|re)|annulla l'iscrizione|non ricevere più"
    r"|uitschrijv|afmeld|avregistr|avprenumer|meld(?: deg| mig)? av|avslutt|framelding|peruuta|lopeta tilaus"
    r"|wypis|rezygn|odhl[aá]s|odjav|leiratkoz|dezabon|отпис|відпис|отказ|διαγραφ|üyelikten|abonelikten"
    r"|descadastr|remover (?:meu|seu)|não (?:deseja|receber)|cancelar (?:a )?inscri|配信停止|登録解除|退订|退訂"
    r"|取消订阅|구독|수신거부",
    re.IGNORECASE,
)
_LEAVE_URL = re.compile(
    r"unsub|opt-?out|remove|abmeld|abbestell|austrag|desabo|desinscri|desuscri|/baja|disiscri|uitschrijv|preferences"
    r"|list-?manage|%unsubscribe|\bstop\b",
    re.IGNORECASE,
)
_TARGET = re.compile(r"https?://\S+|mailto:\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BY_ANSWER = re.compile(r"(?:reply|respond|answer|antwort|répond|respond|rispond)\w*[^.]{0,60}", re.IGNORECASE)
_NEAR = 160

_STREET = re.compile(
    r"\b[\w.'’-]*(?:stra(?:ss|ß)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|hof),?\s+\d+\s?[a-z]?\b"
    r"|\b\d{1,5}[a-z]?,?\s+(?:bis\s+)?(?:rue|avenue|av\.|boulevard|bd|quai|place|chemin|allée|cours|impasse|route)\b"
    r"|\b(?:rue|avenue|boulevard|via|viale|piazza|corso|calle|avenida|plaza|paseo|rua|ulica|ul\.)\s+[^,\n]{2,40},?\s+\d+"
    r"|\b\d{1,6}\s+(?:[NSEW]\.?\s+)?(?:[\w.'’-]+\s+){1,4}(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|way"
    r"|square|sq|court|ct|parkway|pkwy|place|pl|highway|hwy|broadway|terrace|circle|plaza|crescent)\b\.?"
    r"|\b\d{1,6}\s+broadway\b|\bp\.?\s?o\.?\s?box\s+\d+|\bpostfach\s+\d+|\bpmb\s+\d+|\bsuite\s+\d+"
    r"|\b[\w'’-]+(?:straat|laan|gracht|kade|weg|plein|singel|gatan|vägen|vej|gade|gata|katu|tie)\s+\d+",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}-)?\d{4,5}\s+[A-ZÄÖÜÉÈÁÓÚÅØ][\w'’.-]+"  # most of Europe: number before the town
    r"|\b\d{4}\s?[A-Z]{2}\b"  # Netherlands
    r"|\b\d{2}-\d{3}\s+\w+|\b\d{3}\s\d{2}\s+\w+"  # Poland; Czechia, Slovakia, Sweden, Greece
    r"|\b[A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?\b|\b(?:[A-Z][a-z]+\s?){1,2},?\s+\d{5}(?:-\d{4})?\b"  # USA
    r"|\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b"  # Canada
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"  # United Kingdom
    r"|\b\d{5}-\d{3}\b|\b[A-Z]{2,3}\s+\d{4}\b"  # Brazil; Australia
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?:\+|\b00|\b0|\()\d[\d ()/.–-]{6,18}\d|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b")


@dataclass(frozen=True, slots=True)
class ImprintMarks:
    """What of an imprint can be recognised in a text."""

    address: bool
    email: bool
    phone: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of imprint lines that no reader finds: a postal address, and one quick way to reach the sender."""
        lacking = [] if self.address else ["address"]
        return tuple(lacking if self.email or self.phone else [*lacking, "email"])


def offers_leaving(text: str) -> bool:
    """Whether a text part names a way out beside an address to follow, or asks for an answer. Never raises."""
    for match in _LEAVE.finditer(text):
        around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if _TARGET.search(around) or _BY_ANSWER.search(around):
            return True
    return any(_LEAVE_URL.search(match.group()) for match in _TARGET.finditer(text))


def offers_leaving_html(source: str) -> bool:
    """Whether an HTML part has a link that leads out of the list, by its words, its target or the words around it."""
    texts: list[str] = []
    links: list[tuple[str, int, int]] = []
    open_link: tuple[str, int] | None = None
    length = 0
    for token in tokenise(source):
        if token.kind is Kind.TEXT:
            texts.append(html.unescape(token.text))
            length += len(texts[-1])
        elif token.name == "img" and token.kind is Kind.START:
            alt = token.attributes.get("alt") or ""
            texts.append(alt)
            length += len(alt)
        elif token.name in ("a", "area") and token.kind is Kind.START:
            open_link = (html.unescape(token.attributes.get("href") or ""), length)
            if token.name == "area":
                links.append((open_link[0], length, length))
        elif token.name == "a" and token.kind is Kind.END and open_link is not None:
            links.append((*open_link, length))
            open_link = None
    if open_link is not None:
        links.append((*open_link, length))
    seen = "".join(texts)
    return any(href and _leads_out(href, seen, start, end) for href, start, end in links)


def _leads_out(href: str, seen: str, start: int, end: int) -> bool:
    if _LEAVE_URL.search(href) or _LEAVE.search(" ".join(seen[start:end].split())):
        return True
    around = " ".join(seen[max(0, start - _NEAR // 2) : end + _NEAR // 2].split())
    return _LEAVE.search(around) is not None


def imprint_marks(visible: str) -> ImprintMarks:
    """What of an imprint a reader finds in the visible text. Never raises."""
    text = " ".join(visible.replace("\u00a0", " ").split())
    towns = [match.span() for match in _POSTCODE.finditer(text)]
    near = any(_STREET.search(text, max(0, start - 120), min(len(text), end + 60)) is not None for start, end in towns)
    return ImprintMarks(near, _MAIL.search(text) is not None, _PHONE.search(text) is not None)
