"""Column titles and file names that indicate who may not be mailed, in English and German."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mailflatrate.mail.content.body_duties import LEAVING
from mailflatrate.rules.prior_status.status_words import PriorStatus, plain


class StatusField(StrEnum):
    """Values are fields of a mapping. STATE has a status word, or yes or no to email. In the others an empty cell means
    that nothing happened; a time, yes, number or text means that it did.
    """

    STATE = "state"
    UNSUBSCRIBED_AT = "unsubscribed_at"
    UNSUBSCRIBE_REASON = "unsubscribe_reason"
    BOUNCED_AT = "bounced_at"
    BOUNCE_REASON = "bounce_reason"
    BOUNCE_COUNT = "bounce_count"
    COMPLAINED_AT = "complained_at"
    COMPLAINT_REASON = "complaint_reason"
    BLOCKED_AT = "blocked_at"
    BLOCK_REASON = "block_reason"


@dataclass(frozen=True, slots=True)
class StatusTitle:
    """`certain` False: the column's values have to confirm it (`Status`, `Aktiv`, `State`)."""

    field: StatusField
    certain: bool


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TIMED = {
    PriorStatus.UNSUBSCRIBED: StatusField.UNSUBSCRIBED_AT,
    PriorStatus.BOUNCED: StatusField.BOUNCED_AT,
    PriorStatus.COMPLAINED: StatusField.COMPLAINED_AT,
    PriorStatus.BLOCKED: StatusField.BLOCKED_AT,
}
_REASONS = {
    PriorStatus.UNSUBSCRIBED: StatusField.UNSUBSCRIBE_REASON,
    PriorStatus.BOUNCED: StatusField.BOUNCE_REASON,
    PriorStatus.COMPLAINED: StatusField.COMPLAINT_REASON,
    PriorStatus.BLOCKED: StatusField.BLOCK_REASON,
}
# Compact spelling, so that `Opt-Out`, `opt_out` and `OptOut` are one.
_STEMS: tuple[tuple[PriorStatus, re.Pattern[str]], ...] = (
    (
        PriorStatus.COMPLAINED,
        re.compile(r"complain|spam|abuse|beschwer|junk|missbrauch|feedbackloop|^fbl|unerwuenscht"),
    ),
    (
        PriorStatus.BOUNCED,
        re.compile(
            r"bounc|undeliver|unzustellbar|unreachable|unerreichbar|cleaned|^clean(?:time|date|at|campaign|reason)|"
            r"bereinig|ruecklaeufer|zustellfehler|mailfehler|deliveryfail|faileddeliver"
        ),
    ),
    (
        PriorStatus.UNSUBSCRIBED,
        re.compile(
            r"unsub|optout|optedout|optsout|abmeld|abgemeldet|abbestell|austrag|ausgetragen|signoff|signedoff|widerruf|"
            r"widerspr|^leftat|^dateleft|objection|objected|^leftlist"
        ),
    ),
    (
        PriorStatus.BLOCKED,
        re.compile(
            r"blacklist|blocklist|denylist|suppress|^dnc|dnc$|dncemail|dncreason|donot(?:contact|e?mail|send|market|bulk)|"
            r"dontmail|nomail|robinson|noemail|keinewerbung|keinemail|keinnewsletter|werbe?verbot|werbestopp|werbesperre|"
            r"nicht(?:kontaktieren|anschreiben|mailen)|nomarketing|nonewsletter|mailsperre|sperrliste|sperrgrund"
        ),
    ),
)
# Words that may be about an order, a login or a contract as well: certain only where nothing else is in the title.
_BROAD: tuple[tuple[PriorStatus, re.Pattern[str]], ...] = (
    (PriorStatus.BOUNCED, re.compile(r"invalid|ungueltig")),
    (
        PriorStatus.UNSUBSCRIBED,
        re.compile(
            r"removed|removal|deleted|deletion|geloescht|loeschung|loeschdatum|withdrawn|withdrawal|revoked|revocation|"
            r"cancell?ed|cancellation|gekuendigt|kuendigung|archived|archiviert|entfernt|declined|refused|abgelehnt|"
            r"austritt|deactivat|deaktiv"
        ),
    ),
    (
        PriorStatus.BLOCKED,
        re.compile(
            r"deactive|disabled|inactive|inaktiv|banned|blocked|blockiert|gesperrt|sperr|excluded|ausgeschlossen|"
            r"suspended|unterdrueckt|verstorben|deceased"
        ),
    ),
)
# A negated title: `Do not allow bulk emails`, `Nicht anschreiben`, `Kein Newsletter-Versand`.
_NEGATED = re.compile(
    r"\b(?:do not|do n t|don ?t|does not|not|nicht|kein\w*)"
    r"(?: (?:allow|send|receive|want|any|bulk|mass|e|further|more|mehr|per|via|for|by|to|weiterer?|weiteren))*"
    r" (?:(?:e|bulk|mass|massen)? ?mails?|emails?|mailings?|newsletters?|bulk\w*|marketing|"
    r"werb\w*|contact\w*|kontakt\w*|send\w*|subscri\w*|abonn\w*|allow\w*|erlaub\w*|zulass\w*|consent\w*|einwillig\w*|permi\w*|disturb|anschreiben|"
    r"angemeldet|mailable|market)\b"
)
_NEGATION = re.compile(r"^(?:do not|don ?t|does not|not|nicht|kein\w*|exclude\w*|ausschl\w*)\b|\b(?:exclude\w*) from\b")
_PLAIN_COMPANY = _words(
    "e is ist at on am um date time datum zeit zeitpunkt timestamp the of this user subscriber contact kontakt "
    "member mitglied empfaenger abonnent person profile email mail mails emails newsletter status state reason "
    "grund list liste from by von since seit der die das address adresse account has was wurde global globally "
    "did manually marketing flag ja nein and und in to for fuer an utc"
)
_TIMES = _words("timestamp time date datum zeit zeitpunkt at am on since seit")
_ABOUT_CONSENT = _words(
    "method methode source quelle ip text version form formular detail details id page name url language sprache "
    "location wording hash agent browser country number nummer nr plan tarif"
)
_OTHER_CHANNELS = _words(
    "sms whatsapp whats push phone mobile mobil handy telefon telephone tel call calls fax viber messenger facebook "
    "postal mms voice anruf briefpost telegram line wechat webpush ads"
)
_NO_EVENTS = _words("rate ratio quote score percent prozent url link href hash token key template")
_REASON_TOKENS = _words(
    "reason reasons grund gruende ursache comment comments kommentar campaign kampagne title message nachricht "
    "text note notes notiz description beschreibung diagnostic detail details code feedback source"
)
_COUNT_TOKENS = _words("count counts anzahl zahl number num total summe bounces zaehler")
_CERTAIN_STATE = re.compile(
    r"optstatus|(?:email|mail|newsletter|subscri\w*|abo|abonnenten|empfaenger|opt|optin|anmelde|mailing|list|listen|"
    r"consent|kontakt|contact|delivery|deliver|marketing|verification|member|membership)(?:marketing)?(?:status|state|zustand)$|"
    r"emailmarketing|marketingconsent|emailconsent|canreceive|emailpermission|emailpermissionstatus|^subscribed$|"
    r"issubscribed|^confirmed$|isconfirmed|emailconfirmed|mailable|consentstatus|doubleoptin$|^doi$|^optin$|"
    r"newsletteroptin|emailoptin|emailable|^emailallowed$|acceptsmarketing|acceptsemailmarketing|optedin$"
)
_STATE = re.compile(
    r"status|state$|zustand|consent|einwillig|zustimm|erlaub|permission|optin|^doi$|doubleoptin|newsletter|subscri|"
    r"abonniert|angemeldet|confirm|bestaetigt|verified|verifiziert|^(?:is)?activ|^(?:ist)?aktiv|aktiviert$|enabled|"
    r"allow|marketing|mailable|kontaktierbar|^delivery|werbung|^gdpr|dsgvo|receives?mail|emailempfang|bulke?mail|"
    r"(?:mail|newsletter)preference|^abo$|permi(?:t|ssion)"
)
_TELLING_TOKENS = _words("status state zustand statuscode statusid")
_COUNTS = re.compile(r"^(?:subscription|membership|abo)$|(?:state|code)$|status|zustand")
_LAST_CHANGE = re.compile(
    r"(?:date|time)?(?:last)?(?:status|state|zustand)?(?:stamp|updated?|modified|modification|changed?|changes|geaendert|"
    r"aenderung|aktualisiert|letzteaenderung|zuletztgeaendert|lastupdate|lastchange)(?:at|on|am|time|date|datum|timestamp|"
    r"zeit|zeitpunkt|utc)?|(?:aenderungs|aktualisierungs|modifikations|modification|update|change)(?:datum|zeit|zeitpunkt|date|"
    r"time|timestamp)|(?:letzte|datumder(?:letzten)?)(?:status)?aenderung(?:am)?|status(?:geaendert|aenderung)(?:am|sdatum)?|"
    r"zuletzt(?:geaendert|aktualisiert|bearbeitet)(?:am)?"
)
_PAPER_MAIL = re.compile(r"\b(?:direct|postal|snail|paper|physical) mail(?:ing)?s?\b|\bonline (?:advertising|ads)\b")
_CONFIRMS = re.compile(r"confirm|bestaetig|verif|doubleopt|^doi|activated|aktiviert|optedin")
_ACTIVE = re.compile(r"activ|aktiv|enabled|allowed|erlaub")


def is_other_channel(title: str) -> bool:
    """Opting out of texting, calls or postal mail isn't opting out of email."""
    tokens = frozenset(_PAPER_MAIL.sub("postal", plain(title)).split())
    return bool(tokens & _OTHER_CHANNELS) and tokens.isdisjoint(("email", "mail", "newsletter"))


@lru_cache(maxsize=4_096)
def read_title(title: str) -> StatusTitle | None:
    spaced = _title(title)
    tokens, compact = frozenset(spaced.split()), spaced.replace(" ", "")
    if tokens & _NO_EVENTS or is_other_channel(title):
        return None
    if LEAVING.search(title):
        return StatusTitle(_event_field(PriorStatus.UNSUBSCRIBED, tokens, compact), False)
    if not compact:
        return None
    if compact.endswith(("url", "link", "page", "seite")):
        return None
    for certain, stems in ((True, _STEMS), (False, _BROAD)):
        for status, stem in stems:
            if stem.search(compact):
                alone = all(token in _PLAIN_COMPANY or stem.search(token) for token in tokens)
                return StatusTitle(_event_field(status, tokens, compact), certain or alone)
    if _NEGATED.search(spaced):
        return StatusTitle(StatusField.BLOCKED_AT, True)
    if _NEGATION.search(spaced):
        return StatusTitle(StatusField.BLOCKED_AT, False)
    if tokens & _TELLING_TOKENS and not tokens & _TIMES and not _CERTAIN_STATE.search(compact):
        return StatusTitle(StatusField.STATE, False)
    if tokens & _ABOUT_CONSENT or tokens & _TIMES:
        return None
    if _CERTAIN_STATE.search(compact):
        return StatusTitle(StatusField.STATE, True)
    return StatusTitle(StatusField.STATE, False) if _STATE.search(compact) else None


def _event_field(status: PriorStatus, tokens: frozenset[str], compact: str) -> StatusField:
    counted = tokens & _COUNT_TOKENS or compact.endswith(("count", "anzahl", "bounces"))
    if status is PriorStatus.BOUNCED and counted:
        return StatusField.BOUNCE_COUNT
    reason = tokens & _REASON_TOKENS or compact.endswith(("reason", "grund", "comment", "campaign"))
    return (_REASONS if reason else _TIMED)[status]


def reason_of(field: StatusField) -> StatusField:
    return next((_REASONS[status] for status, timed in _TIMED.items() if timed is field), field)


def _title(title: str) -> str:
    return " ".join(word for word in plain(title).split() if not word.isdecimal())


@lru_cache(maxsize=4_096)
def stands_alone(title: str) -> bool:
    spaced = _title(title)
    return all(token in _PLAIN_COMPANY or _STATE.match(token) for token in spaced.split()) or bool(
        _STATE.fullmatch(spaced.replace(" ", ""))
    )


@lru_cache(maxsize=4_096)
def counts_states(title: str) -> bool:
    """Cells are codes of a status (`status`: 2, `Status`: U) and not yes or no (`opt_in`: 1)."""
    spaced = _title(title)
    return bool(_COUNTS.search(spaced.replace(" ", ""))) or not _TELLING_TOKENS.isdisjoint(spaced.split())


@lru_cache(maxsize=4_096)
def is_last_change(title: str) -> bool:
    return _LAST_CHANGE.fullmatch(_title(title).replace(" ", "").removesuffix("utc")) is not None


@lru_cache(maxsize=4_096)
def no_means(title: str) -> PriorStatus:
    compact = _title(title).replace(" ", "")
    if _CONFIRMS.search(compact):
        return PriorStatus.OPEN
    return PriorStatus.BLOCKED if _ACTIVE.search(compact) else PriorStatus.UNSUBSCRIBED


def is_opt_in(title: str) -> bool:
    """Return True for an opt-in, whose digits are 1 for yes and 2 for no (Brevo)."""
    compact = _title(title).replace(" ", "")
    return "optin" in compact or "doi" in compact


def is_soft(title: str) -> bool:
    return "soft" in plain(title) or "weich" in plain(title)


def is_hard(title: str) -> bool:
    return "hard" in plain(title) or "permanent" in plain(title)


def is_do_not_contact(title: str) -> bool:
    """Return True for Mautic's do-not-contact column, with digits 1 unsubscribed, 2 bounced, 3 by hand."""
    compact = plain(title).replace(" ", "")
    return "dnc" in compact or "donotcontact" in compact


_FILE_STEMS = (*_STEMS, *_BROAD, (PriorStatus.BLOCKED, re.compile(r"negativliste|ausschlussliste|nichtmehr")))
_MIXED = _words(
    "and und all alle without ohne not nicht no non minus except excl exkl active aktiv aktive subscribed "
    "subscribers abonnenten confirmed bestaetigt cleanup with mit to"
)


def file_status(name: str) -> tuple[PriorStatus, bool] | None:
    """`unsubscribed_members_export_1.csv`: (UNSUBSCRIBED, True); `contacts_without_bounces.csv`: (BOUNCED, False)."""
    spaced = plain(name.rpartition(".")[0] or name)
    compact = spaced.replace(" ", "")
    for status, stem in _FILE_STEMS:
        if stem.search(compact):
            return status, _MIXED.isdisjoint(spaced.split()) and "cleaned" not in compact.removeprefix("cleaned")
    return None
