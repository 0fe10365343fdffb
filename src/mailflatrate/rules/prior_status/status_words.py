"""Status words in the exports of email systems, compared without case, accents and punctuation (`NEVER_SUBSCRIBED`,
`neverSubscribed`): English and German; for leaving a list, other languages too. Stems match other spellings.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache

from mailflatrate.mail.content.body_duties import LEAVING


class PriorStatus(Enum):
    YES = "subscribed"
    OPEN = "unconfirmed"
    """Not confirmed yet, or mail failed for a while: neither mailable nor suppressed."""
    NEVER = "never_subscribed"
    """Never asked for mail and never refused it: neither mailable nor suppressed."""
    UNKNOWN = "unknown"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    COMPLAINED = "complained"


NO = (PriorStatus.COMPLAINED, PriorStatus.BOUNCED, PriorStatus.BLOCKED, PriorStatus.UNSUBSCRIBED)
"""The strongest first, in the order of suppression."""

MAX_WORD_CHARACTERS = 400
"""A longer cell is a note; its beginning is read."""

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_REST = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    lowered = unicodedata.normalize("NFC", _CAMEL.sub(" ", text)).lower().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return _REST.sub(" ", ascii_only).strip()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRUE_WORDS = _words(
    "1 yes y ja j true t wahr on an x oui si checked set vrai verdadero sim tak ano ok evet igen kyllae"
)
FALSE_WORDS = _words(
    "0 no n nein false f falsch off aus non unchecked unset faux falso nee nej nao ne ko hayr hayir nem ei"
)
_TRUE_SIGNS = frozenset(["✓", "✔", "☑", "✅", "☒", "√", "●", "+", "*", "👍", "🟢", "是", "да"])
_FALSE_SIGNS = frozenset(["✗", "✘", "☐", "❌", "○", "👎", "🔴", "⛔", "🚫", "†", "否", "нет"])
_POLITE = re.compile(r" (?:danke|gerne?|bitte|thanks|thank you|please|merci|gracias|grazie|bedankt|graag)$")
_SPELLED_OUT = re.compile(r"[a-z](?: [a-z]){1,4}")
_NOTHING = _words(
    "none null nil nan na undefined void empty leer keine keiner keins never nie niemals nichts ka unknown date "
    "0000 00000000 ohne"
)
# A time that no event has: what databases write for "never".
_ZERO_TIME = re.compile(
    r"(?:0000|0001|1970|1900|1899)[-/.](?:00|01|12)[-/.](?:00|01|30|31)|(?:00|01)\.(?:00|01)\.(?:0000|0001|1970)"
)

# Cells that are exactly this (compact spelling).
_TABLE: dict[PriorStatus, str] = {
    PriorStatus.YES: "subscribed active aktiv aktive aktiver confirmed bestaetigt enabled optedin optin doubleoptin "
    "singleoptin doi soi angemeldet abonniert abonnent abonnentin subscriber eingetragen aktiviert activated verified "
    "verifiziert granted erteilt zugestimmt eingewilligt explicit mailable contactable kontaktierbar erlaubt allowed "
    "signedup allow allows allowing erlauben erlaube zulassen zugelassen permitted abonne abonnee inscrit inscrite "
    "suscrito suscrita iscritto iscritta inscrito inscrita ingeschreven aangemeld zapisany tilmeldt prihlasen "
    "feliratkozott actif active activo activa attivo attiva ativo aktywny",
    PriorStatus.NEVER: "neversubscribed nonsubscribed nonsubscriber nonsubscribers nichtabonnent nichtabonnenten "
    "nieabonniert nieangemeldet neveractivated nieaktiviert neveroptedin transactional transactionalonly",
    PriorStatus.OPEN: "pending unconfirmed unbestaetigt nichtbestaetigt notconfirmed awaiting waiting wartend "
    "ausstehend offen open new neu unverified notverified nichtverifiziert softbounce softbounced soft weich requested "
    "temporary temporaer transient "
    "angefragt invited eingeladen paused pausiert snoozed notyetconfirmed expired abgelaufen",
    PriorStatus.UNSUBSCRIBED: "unsubscribed unsubscribe unsub unsubs optout optedout abgemeldet ausgetragen abbestellt "
    "notsubscribed unsubscriber unsubscribers removed deleted geloescht entfernt gone left signedoff "
    "withdrawn widerrufen revoked gekuendigt cancelled canceled archived archiviert nichtabonniert nichtangemeldet "
    "nooptin notoptedin denied declined abgelehnt refused rejected byuser nolongersubscribed nichtmehrangemeldet "
    "userrequest deactivated deaktiviert",
    PriorStatus.BOUNCED: "bounced bounce bounces hardbounce hardbounced gebounct gebounced gebouncte hard cleaned "
    "bereinigt unreachable nichterreichbar unerreichbar undeliverable unzustellbar nichtzustellbar invalid ungueltig "
    "invalidemail dead tot bybounces mailerdaemon permanent dauerhaft hart rejectedbyserver nonexistent notexisting "
    "failed mailboxnotfound unknownuser userunknown",
    PriorStatus.COMPLAINED: "complained complaint complaints spam spamcomplaint spamreport abuse abused abusecomplaint "
    "junk unerwuenscht beschwerde beschwert spambeschwerde spammeldung markedasspam reportedspam reported fbl "
    "feedbackloop missbrauch spamtrap",
    PriorStatus.BLOCKED: "blocked blocklisted blocklist blacklisted blacklist gesperrt sperrliste blockiert suppressed "
    "unterdrueckt disabled inactive inaktiv dnc donotcontact donotmail donotemail nomail "
    "banned excluded ausgeschlossen manual robinson bymoderator byadmin suspended abusive quarantined denylisted "
    "denylist globalunsubscribe nichtkontaktieren werbesperre mailsperre disallowed forbidden verboten",
}
_EXACT = {word: status for status, words in _TABLE.items() for word in words.split()}
_MAILMAN = {"b": PriorStatus.BOUNCED, "u": PriorStatus.UNSUBSCRIBED, "a": PriorStatus.BLOCKED, "?": PriorStatus.BLOCKED}
_MAILMAN_CELL = re.compile(r"(?:no ?mail|disabled)?\s*\[([bua?])\]", re.IGNORECASE)
"""Mailman marks a member whose delivery is off: by bounces, by the member, by the administrator, or unknown."""
_NUMBERS = {
    "0": PriorStatus.OPEN,
    "1": PriorStatus.YES,
    "2": PriorStatus.UNSUBSCRIBED,
    "3": PriorStatus.BOUNCED,
    "4": PriorStatus.COMPLAINED,
}
"""ActiveCampaign and Mailtrain count their states alike."""

_SOFT = re.compile(
    r"(?:soft|weich\w*|temp\w*|transient|voruebergehend\w*) ?(?:e[rsnm]? )?(?:bounc\w*|rueckl\w+)|\bsoftb\w*"
)
_NEVER = re.compile(
    r"\b(?:never|nie|niemals) (?:been )?(?:subscri\w*|activat\w*|aktiviert|angemeldet|abonniert|opted in|signed up)|"
    r"\bnon ?subscrib\w*"
)
_DENIES_YES = re.compile(
    r"\b(?:not|never|non|nicht|nie|no|kein\w*|ohne|un)(?: (?:mehr|longer|currently|yet|email|e mail))* ?"
    r"(?:subscri\w*|angemeldet|abonn\w*|active|aktiv|enabled|allow\w*|erlaub\w*|permitted|permit|opted in|"
    r"zulass\w*|zugelassen|gestatte\w*|send\w*|receiv\w*|empfang\w*|"
    r"opt in|optin|subs|consent\w*|einwilligung|eingewilligt|zugestimmt|zustimmung|interested|interess\w*|mailable|"
    r"contactable|mail|email|e mail|mails|emails|newsletter|werbung|contact|kontakt|marketing|permission|erwuenscht)\b|"
    r"\bdo ?n(?:o|')? ?t (?:bulk |mass )?(?:e ?)?(?:mail|contact|send|disturb|market)|"
    r"\bnicht (?:mehr )?(?:an)?(?:schreiben|kontaktieren|senden)|"
    r"\bstop\b|\bkeine? (?:e )?mails?\b"
)
_DENIES_NO = re.compile(
    r"\b(?:not|never|non|nicht|nie|no|kein\w*|ohne)(?: (?:hard|spam|email|e mail|been))* "
    r"(?:un ?subs?\w*|abgemeldet|abmeldung\w*|opt\w* ?out|bounc\w*|gebounc\w*|complain\w*|beschwer\w*|block\w*|"
    r"black ?list\w*|gesperrt|sperre|suppress\w*|disabled|deactivated|deaktiviert|spam|removed|deleted|geloescht|"
    r"cleaned|archived|archiviert|banned)\b"
)
_UNCONFIRMED = re.compile(
    r"unconfirm|unbestaetig|unverif|pending|await|wartet|wartend|ausstehend|\bwaiting\b|"
    r"\bopt ?in (?:sent|gesendet)\b|"
    r"\b(?:not|nicht|noch nicht|never)(?: yet)? (?:confirm|bestaetig|verif|activat|aktivier)\w*|"
    r"\bconfirmation (?:sent|required)|\bpaus"
)
_STEMS: tuple[tuple[PriorStatus, re.Pattern[str]], ...] = (
    (
        PriorStatus.COMPLAINED,
        re.compile(r"complain|\bspam|\babuse|beschwer|\bjunk|missbrauch|\bfbl\b|feedback ?loop|unerwuenscht"),
    ),
    (
        PriorStatus.BOUNCED,
        re.compile(
            r"bounc|undeliver|unzustellbar|nicht (?:mehr )?(?:zustell|erreich)\w*|unreachable|unerreichbar|cleaned|"
            r"bereinigt|\binvalid|ungueltig|\bdead\b|does not exist|no such user|user unknown|unknown user|hard fail|"
            r"mailbox (?:not found|unavailable|disabled)|ruecklaeufer|existiert nicht"
        ),
    ),
    (
        PriorStatus.UNSUBSCRIBED,
        re.compile(
            r"un ?subscri|\bunsub|opt\w*[ -]?out|abgemeldet|abmeld|austrag|ausgetragen|abbestell|remov|delet|geloesch|"
            r"loesch|entfern|withdr[ae]w|widerruf|widerspruch|revok|kuendig|cancel|signed ?off|archiv|denied|declin|"
            r"abgelehnt|refus|reject|objection|object(?:ed|s)\b|\bby user\b|opting out|de ?activated|deaktiviert"
        ),
    ),
    (
        PriorStatus.BLOCKED,
        re.compile(
            r"block|black ?list|deny ?list|gesperrt|sperr|suppress|unterdrueck|\bdnc\b|no ?mail\b|disabled|"
            r"\bby (?:moderator|admin|owner)|de ?activ|deaktiv|inactiv|inaktiv|\bbann|exclu|ausgeschlossen|ausschluss|"
            r"robinson|suspend|forbid|verboten"
        ),
    ),
)
_YES_TOKENS = _words(
    "subscribed subscriber active aktiv confirmed bestaetigt enabled optedin optin abonniert angemeldet doi "
    "verified verifiziert aktiviert activated granted erteilt eingetragen"
)
_FILLERS = _words(
    "email e mail marketing status is ist newsletter member contact user double single opted opt in and und via "
    "per the der die das by explicit consent einwilligung delivery ja yes"
)


def is_nothing(text: str) -> bool:
    word = plain(text).replace(" ", "")
    if _MAILMAN_CELL.fullmatch(text.strip()):
        return False
    if not word:
        return not any(sign.isalnum() for sign in text)
    return word in _NOTHING or not word.strip("0") or _ZERO_TIME.match(text.strip()) is not None


def read_flag(text: str) -> bool | None:
    word = text.strip().lower().rstrip("\ufe0f")
    if word in _TRUE_SIGNS:
        return True
    if word in _FALSE_SIGNS:
        return False
    word = _POLITE.sub("", plain(word))
    if _SPELLED_OUT.fullmatch(word):
        word = word.replace(" ", "")
    if word in TRUE_WORDS or word in ("1 0", "1 00", "100 0"):
        return True
    return False if word in FALSE_WORDS or word in ("0 0", "0 00") else None


def is_flag(text: str) -> bool:
    return read_flag(text) is not None


@lru_cache(maxsize=16_384)
def read_status(text: str) -> PriorStatus:
    """Return the status that a word means; UNKNOWN for an unknown word. A bare yes or no means nothing here."""
    spaced = plain(text[:MAX_WORD_CHARACTERS])
    compact = spaced.replace(" ", "")
    if compact in _NUMBERS:
        return _NUMBERS[compact]
    if compact in _EXACT:
        return _EXACT[compact]
    mailman = _MAILMAN_CELL.fullmatch(text.strip())
    if mailman:
        return _MAILMAN[mailman[1].lower()]
    affirmed, denials = _DENIES_NO.subn(" ", spaced)
    affirmed, soft = _SOFT.subn(" ", affirmed)
    for status, stem in _STEMS:
        if stem.search(affirmed):
            return status
    if LEAVING.search(text[:MAX_WORD_CHARACTERS]):
        return PriorStatus.UNSUBSCRIBED
    if _NEVER.search(affirmed):
        return PriorStatus.NEVER
    if _DENIES_YES.search(affirmed):
        return PriorStatus.UNSUBSCRIBED
    if soft or _UNCONFIRMED.search(affirmed):
        return PriorStatus.OPEN
    if denials:
        return PriorStatus.UNKNOWN
    tokens = frozenset(spaced.split())
    if tokens and tokens <= _YES_TOKENS | _FILLERS and not tokens.isdisjoint(_YES_TOKENS | {"opt", "opted"}):
        return PriorStatus.YES
    return PriorStatus.UNKNOWN


def is_soft_bounce(text: str) -> bool:
    return _SOFT.search(plain(text[:MAX_WORD_CHARACTERS])) is not None


def denies_no(text: str) -> bool:
    rest, denials = _DENIES_NO.subn(" ", plain(text[:MAX_WORD_CHARACTERS]))
    return denials > 0 and _FILLERS.issuperset(rest.split())


# Words that are a status wherever they stand alone; `active`, `new` or `removed` may be about anything.
_TELLING = _words(
    "subscribed unsubscribed unsubscribe unsub optout optedout optin optedin doubleoptin abgemeldet ausgetragen "
    "abbestellt neversubscribed notsubscribed bounced bounce hardbounce hardbounced softbounce softbounced "
    "gebounct gebounced cleaned undeliverable unzustellbar complained complaint spamcomplaint spambeschwerde "
    "spammeldung markedasspam unerwuenscht blocklisted blacklisted blocklist blacklist gesperrt suppressed dnc "
    "donotcontact donotmail donotemail nomail unconfirmed unbestaetigt neversubscribed deaktiviert deactivated "
    "widerrufen globalunsubscribe werbesperre keinewerbung keinnewsletter nonewsletter nomarketing spamtrap "
    "keinkontakt nichtkontaktieren nocontact abonniert stop stopp raus nicht bittenicht verstorben deceased"
)
_TELLING_STEM = re.compile(
    r"un ?subscri|abgemeldet|abbestell|ausgetragen|bounc|black ?list|block ?list|opt(?:ed)? ?out|complain|suppress|"
    r"\bdo ?n(?:o|')? ?t (?:bulk |mass )?(?:e ?)?(?:mail|contact|allow|send|market)|\bnicht (?:erlaub|zulass|zugelass)|"
    r"no ?mail\b|unzustellbar|undeliverable|spam ?(?:compl|beschw|meld|report)|"
    r"nicht (?:mehr )?(?:anschreiben|kontaktieren)|kein newsletter|keine (?:werbung|mails?|e mails?)"
)
_TELLING_WORDS = 4
"""A longer text is about something: "complained about the delivery"."""
_PIECES = re.compile(r"[,;:|/\n]+")


@lru_cache(maxsize=16_384)
def is_status_word(text: str) -> bool:
    if len(text) > MAX_WORD_CHARACTERS:
        return False
    return any(map(_tells, (text, *_PIECES.split(text))))


def _tells(piece: str) -> bool:
    words = plain(piece)
    if words.replace(" ", "") in _TELLING:
        return True
    if len(words.split()) > _TELLING_WORDS or len(piece.split()) > _TELLING_WORDS:
        return False
    return _TELLING_STEM.search(words) is not None or LEAVING.search(piece) is not None
