"""Whether a finished part offers a way to unsubscribe and names its sender (R-40, R-44), in the common European
languages. For messages of other systems; our own campaigns are judged by their template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflatrate.mail.content.facts import Anchor, CompiledContentFacts

LEAVING = re.compile(
    r"dés(?:abonn|inscri)|desabonn|desinscri|se désinscrire|ne plus recevoir|dar(?:se|te)? de baja|\bbajas?\b"
    r"|anular (?:la )?suscrip|desuscri|disiscri|cancella(?:ti|zione|re)"
    r"|(?:cancella|annulla) (?:l['’])?iscrizione|disdi(?:ci|re)|non ricevere più"
    r"|uitschr(?:ij|ev)|uitgeschreven|afmeld|afgemeld|avregistr|avprenumer|meld(?: deg| mig)? av|avslutt|framelding"
    r"|avmeld|peruut|lopeta tilaus|wypis|rezygn|odhl[aá][sš]|odjav|leiratkoz|dezabon|отпис|відпис|отказ|διαγρα[φμ]"
    r"|üyelikten|abonelikten|descadastr|remover (?:meu|seu)|não (?:deseja|receber)|cancelar (?:a )?inscri"
    r"|配信停止|登録解除|退订|退訂|取消订阅|구독 ?(?:취소|해지)|수신거부|إلغاء الاشتراك|ألغى الاشتراك",
    re.IGNORECASE,
)
"""Beginnings of words for leaving a list; English and German are elsewhere."""
# All words for leaving a list; word beginnings.
_LEAVE = re.compile(
    r"un-?sub|opt(?:ing)?[ -]?out|remove (?:me|my|yourself)|stop receiving|no longer (?:wish|want)"
    r"|leave (?:this|the) list"
    r"|(?:email|mail|subscription|communication|notification)s? (?:preferences|settings)"
    r"|manage (?:your )?(?:subscri|pref)|cancel (?:your )?subscri|abmeld|abbestell|austrag"
    r"|abonnement (?:beenden|kündigen)|newsletter (?:beenden|kündigen)|nicht mehr (?:erhalten|empfangen)"
    r"|keine (?:weiteren )?(?:e-?mails|newsletter|nachrichten)|widerruf|baja|cancelar|구독|" + LEAVING.pattern,
    re.IGNORECASE,
)
_LEAVE_URL = re.compile(
    r"unsub|opt-?out|remove|abmeld|abbestell|austrag|desabo|desinscri|desuscri|/baja|disiscri|uitschrijv|preferences"
    r"|list-?manage|%unsubscribe|\bstop\b",
    re.IGNORECASE,
)
# Addresses are looked for where a run of letters begins, once for each run.
_TARGET = re.compile(r"https?://\S+|mailto:\S+|(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_FOLLOWED = re.compile(r"https?://|mailto:|[{%*\[<$]", re.IGNORECASE)
"""What a mail program opens, or a merge tag that becomes such a thing."""
_BY_ANSWER = re.compile(r"(?:reply|respond|answer|antwort|répond|respond|rispond)\w*[^.]{0,60}", re.IGNORECASE)
_NEAR = 160

_STREET = re.compile(
    r"\b[\w.'’-]*(?:stra(?:ss|ß)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|hof),?\s+\d+\s?[a-z]?\b"
    r"|\b\d{1,5}[a-z]?,?\s+(?:bis\s+)?(?:rue|avenue|av\.|boul\.?|boulevard|bd|quai|place|chemin|allée|cours|impasse"
    r"|route)\b"
    r"|\b(?:rue|avenue|boulevard|via|viale|piazza|corso|calle|avenida|plaza|paseo|rua|ulica|ul\.)\s+[^,\n]{2,40},?\s+\d+"
    r"|\b\d{1,6}\s+(?:[NSEW]\.?\s+)?(?:[\w.'’-]+\s+){1,4}(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|way"
    r"|square|sq|court|ct|parkway|pkwy|place|pl|highway|hwy|broadway|terrace|circle|plaza|crescent)\b\.?"
    r"|\b\d{1,6}\s+broadway\b|\bpmb\s+\d+|\bsuite\s+\d+"
    r"|\b[\w'’-]+(?:straat|laan|gracht|kade|weg|plein|singel|gatan|vägen|vej|gade|gata|katu|tie)\s+\d+",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"\b(?:post(?:fach|schlie(?:ss|ß)fach|bus)|p\.?\s?o\.?\s?box|case postale|casella postale|apartado)\b"
    r"(?:\s?\d[\d ]*)?",
    re.IGNORECASE,
)
# "Am Markt 3", "An der Alster 6a", "C 4, 8": a name and a number right before postcode and town.
_NUMBERED = re.compile(
    r"[^\W\d_][^\d\n]{1,60}?\s?\d{1,3}\s?[a-zA-Z]?(?:\s?[-–/+,]\s?\d{1,3}\s?[a-z]?)*\s*[,;·|•–—/-]*\s*"
    r"(?:[A-Z]{1,3}\s?[-–]\s?)?$"
)
# Where a postcode stands for a few houses, a number or the name of a house is enough beside it.
_HOUSE = re.compile(
    r"\d|\b(?:house|mill|lane|road|street|court|square|park|farm|hall|barn|building|centre|quay|wharf|estate|close|mews"
    r"|row|hill|green|unit|floor|way|drive|gardens|terrace|place|yard)\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}-)?\d{4,5}\s+[A-ZÄÖÜÉÈÁÓÚÅØ][\w'’.-]+"  # most of Europe: number before the town
    r"|\b\d{4}\s?[A-Z]{2}\b"  # Netherlands
    r"|\b\d{2}-\d{3}\s+\w+|\b\d{3}\s\d{2}\s+\w+"  # Poland; Czechia, Slovakia, Sweden, Greece
    r"|\b\d{5}-\d{3}\b|\b[A-Z]{2,3}\s+\d{4}\b"  # Brazil; Australia
    r"|(?P<america>\b[A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?\b|\b(?:[A-Z][a-z]+\s?){1,2},?\s+\d{5}(?:-\d{4})?\b)"
    r"|(?P<canada>\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b)"
    r"|(?P<isles>\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]\d[\dW]\s?[A-Z\d]{4}\b)"  # United Kingdom; Ireland
    r"|(?P<japan>〒?\b\d{3}-\d{4}\s?[^\s\d]*[都道府県市区])"
)
# "November 24, 2026 Tuesday": a day and a year look like a house number and a postcode.
_DATED = re.compile(
    r"\b(?:jan|feb|fe[bv]r|m[aä]r|apr|a[pv]ril|ma[iyj]|jun|juin|jul|juil|aug|ao[uû]t|sep|o[ck]t|nov|de[cz]|d[eé]c|ene|gen|mag"
    r"|giu|lug|ago|set|ott|dic|mon|tue|wed|thu|fri|sat|sun)[a-zéû]*\.?\s+\d{1,2}(?:st|nd|rd|th)?\s*,?\s*$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d\b")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_PHONE = re.compile(r"(?:\+|\b00|\b0|\()\d[\d ()/.–-]{6,18}\d|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b")


@dataclass(frozen=True, slots=True)
class ImprintMarks:
    address: bool
    email: bool
    phone: bool
    only_address: bool = False
    """The address is in a country whose law asks for nothing else (16 CFR 316.2(p))."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Return keys of missing imprint lines: a postal address, and one quick way to reach the sender."""
        lacking = [] if self.address else ["address"]
        return tuple(lacking if self.email or self.phone or self.only_address else [*lacking, "email"])


def offers_leaving(text: str) -> bool:
    """Never raises."""
    for match in _LEAVE.finditer(text):
        around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if _TARGET.search(around) or _BY_ANSWER.search(around):
            return True
    return any(_LEAVE_URL.search(match.group()) for match in _TARGET.finditer(text))


def offers_leaving_html(seen: CompiledContentFacts) -> bool:
    """Judge links by text, target or the text around them; one that readers can't see or follow does not count."""
    anchors = seen.anchors
    ends = [0, *(anchor.end for anchor in anchors)]
    starts = [*(anchor.start for anchor in anchors[1:]), len(seen.outline)]
    return any(
        _FOLLOWED.match(anchor.href) and _leads_out(anchor, seen.outline, before, behind)
        for anchor, before, behind in zip(anchors, ends, starts, strict=False)
    )


def _leads_out(anchor: Anchor, seen: str, before: int, behind: int) -> bool:
    """Words from `before` to `behind` count if they belong to no other link."""
    if _LEAVE_URL.search(anchor.href) or _LEAVE.search(" ".join(seen[anchor.start : anchor.end].split())):
        return True
    around = seen[max(before, anchor.start - _NEAR // 2) : min(behind, anchor.end + _NEAR // 2)]
    return _LEAVE.search(" ".join(around.split())) is not None


def imprint_marks(visible: str) -> ImprintMarks:
    """Never raises."""
    text = " ".join(visible.replace("\u00a0", " ").split())
    places = {match.lastgroup for match in _POSTCODE.finditer(text) if _is_address(text, match)}
    reached = _PHONE.search(text) is not None or ("canada" in places and _TARGET.search(text) is not None)
    return ImprintMarks(
        address=bool(places),
        email=_MAIL.search(text) is not None,
        phone=reached,
        only_address="america" in places,
    )


def _is_address(text: str, town: re.Match[str]) -> bool:
    """A street near a postcode and its town counts, or a PO box where that is an address."""
    near = text[max(0, town.start() - 120) : town.start()]
    if town.lastgroup in ("america", "canada") and _BOX.search(near):
        return True
    before = _BOX.sub(" ", near)
    if _YEAR.match(town.group()) and _DATED.search(before):
        return False
    if _STREET.search(before) or _STREET.search(_BOX.sub(" ", text[max(0, town.start() - 120) : town.end() + 60])):
        return True
    if town.lastgroup in ("canada", "isles", "japan"):
        return town.lastgroup == "japan" or _HOUSE.search(before[-80:]) is not None
    return town.lastgroup is None and _NUMBERED.search(before) is not None
