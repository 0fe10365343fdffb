"""Classifies what is neither bounce nor complaint. Auto-replies follow RFC 3834 with non-standard headers; a "moved,
new address" text changes nothing (R-73).
"""

import re

from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import MimePart
from mailflatrate.mail.reading.values import ReturnedMessageKind

#: The subject or first line of an unsubscribe mail must be one of these words, alone: R-43's exact keywords.
UNSUBSCRIBE_KEYWORDS = frozenset(
    {
        "unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me", "remove", "remove me",
        "please remove me", "opt out", "opt-out", "optout", "stop", "stop mail", "cancel",
        "cancel subscription", "signoff",
        "abmelden", "abmeldung", "abbestellen", "bitte abmelden", "bitte abbestellen", "austragen", "bitte austragen",
        "newsletter abmelden", "newsletter abbestellen", "newsletter abmeldung", "kündigen", "stornieren", "widerruf",
        "keine mails mehr", "keine werbung", "keine werbung mehr", "löschen", "bitte löschen", "unsubscribe newsletter",
    }
)  # fmt: skip

_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fwd?|wg|antw|sv|vs|tr|r)\s*(?:\[\d+\])?:\s*)+", re.I)
_TRIM = re.compile(r"^[\s\"'*_.!<>()\[\]-]+|[\s\"'*_.!?<>()\[\]-]+$")

_AUTO_SUBJECT = re.compile(
    r"^\W{0,20}(?:(?:re|aw|sv|vs)\s{0,9}:)?\W{0,20}(?:auto(?:matic|mated|matisch\w*)?[\s_-]*"
    r"(?:reply|response|antwort|responder|generated reply)|auto[\s:-]|out[\s_-]of[\s_-](?:the[\s_-])?office|"
    r"ooo\b|on (?:vacation|leave|holiday)|vacation|"
    r"away from|i am away|i'm away|"
    r"abwesenheit\w*|abwesend|urlaub|(?:ich bin )?(?:nicht im büro|außer haus|ausser haus)|"
    r"automatische\s|automatisch\s|"
    r"réponse automatique|absence du bureau|absent|respuesta automática|fuera de (?:la )?oficina|risposta automatica|"
    r"fuori sede|resposta automática|automatyczna odpowied|automaattinen|automatiskt svar|autosvar|automatisk svar|"
    r"automatische afwezigheid|automatisch antwoord|afwezig|автоответ|自動応答|自動返信|不在|自动回复|自動回覆|"
    r"odpowiedź automatyczna|nieobecność|automatická odpověď|automatická odpoveď|automatikus válasz|otomatik yanıt|"
    r"răspuns automat|αυτόματη απάντηση|автоматична відповідь|автоматический ответ|자동 ?(?:회신|응답)|부재중|"
    r"samodejni odgovor|automatski odgovor|автоматичен отговор|fraværende|borta från|poissa|frånvar|"
    r"your (?:message|e-?mail) (?:has been )?received|thank you for (?:your|contacting)|"
    r"we (?:have )?received your|ticket received)|"
    r"\bis out of the office\b|\bist (?:außer haus|nicht im büro)\b|\bestá fuera de la oficina\b|"
    r"\bautomatic reply\b|\bout of office\b|\bauto[- ]?reply\b|automātisk|automatiska atbilde|automatyczna odpowied",
    re.I,
)
_ADDRESS = re.compile(r"[\w.+=/-]{1,64}@[\w.-]{1,255}")
_CHALLENGE = re.compile(
    r"(?:account|mailbox|address|inbox|e-?mail) is protected by|challenge[- ]response|sender verification|"
    r"verify (?:that )?(?:your|you(?:'re| are))(?: e-?mail)? .{0,60}?(?:human|address|sender|deliver)|"
    r"(?:confirm|approve|authenticate)\w* (?:your|the|this) "
    r"(?:message|e-?mail|address|identity)[^.]{0,80}(?:deliver|allow|guest|whitelist)|"
    r"whitelist\w* request|added to (?:the recipient's|my) (?:allowed|approved|guest)|boxbe|spamarrest|bluebottle|"
    r"has not yet been approved|waiting for your (?:confirmation|verification)|"
    r"click (?:on )?the (?:following )?link[^.]{0,80}"
    r"(?:allowed list|to (?:deliver|release|be delivered))|"
    r"to (?:ensure|complete) delivery of (?:your|this) (?:e-?mail|message)|"
    r"unknown sender[^.]{0,60}(?:confirm|verify)|"
    r"only (?:from|allow\w* \w+ from) senders (?:that )?i have approved|pas\.earthlink\.net/wam/addme|"
    r"to (?:release|deliver|free) (?:your|this|the) (?:e-?mail|message)[^.]{0,60}(?:send|reply|answer|click|visit)|"
    r"(?:being held|held in a queue) because[^.]{0,120}(?:not (?:been )?verified|whitelist|approved)|"
    r"bestätigen sie[^.]{0,80}(?:adresse|e-mail|nachricht)[^.]{0,60}zugestellt|"
    r"bestätigen sie[^.]{0,80}(?:ein mensch|absender|ihre adresse|ihre identität)|"
    r"(?:antworten|klicken|bestätigen) sie[^.]{0,120}(?:nachricht|mail)\b[^.]{0,60}"
    r"(?:zugestellt|zustell|zuzustell|freizu|freigegeben|freigeschaltet|weitergeleitet)|"
    r"um ihre (?:nachricht|e-?mail)[^.]{0,40}(?:zuzustellen|freizugeben|freizuschalten)[^.]{0,80}"
    r"(?:klick|bestätig|antwort)|"
    r"pour que votre (?:message|e-?mail)[^.]{0,40}(?:soit )?(?:remis|délivré)",
    re.I | re.S,
)
#: The least that a challenge says: what the sender has to do.
_ASKS = re.compile(
    r"confirm|verif|approv|authenticat|whitelist|white list|allow(?:ed)? list|guest list|click|repl(?:y|ying) to this|"
    r"just (?:hit )?reply|bestätig|freischalt|zulassen|valid(?:er|ez|ar)|autori[sz]|conferm|potwierd|подтверд|確認|"
    r"确认",
    re.I,
)
_CHALLENGE_SENDER = re.compile(
    r"@(?:[\w-]+\.)*(?:boxbe|spamarrest|bluebottle|knowspam|mailblocks|choicemail|vanquish|sendio|uol-antispam)\.|"
    r"antispam(?:bol|uol)",
    re.I,
)
#: BoxTrapper (cPanel) and the servers that copy it ask with a token in the subject.
_CHALLENGE_SUBJECT = re.compile(r"\bverify#[\w-]{8,}|\bconfirm#[\w-]{8,}", re.I)
_CHALLENGE_HEADERS = (
    "x-bluebottle-request",
    "x-boxbe",
    "x-spamarrest",
    "x-tmda-fingerprint",
    "x-challenge",
    "x-trusted-delivery",
)
_REPORT_NAME = re.compile(r"!\d{6,12}!\d{6,12}|^[^!/]+![^!/]+!\d+", re.I)
_DMARC_SUBJECT = re.compile(r"report domain:.*submitter:|dmarc aggregate report", re.I)
_REPORTED = re.compile(r"source[- ]ip|received from|\bfrom ip\b|reported[- ]domain|\bdomain:|\d+\.\d+\.\d+\.\d+", re.I)
_FAILURE_REPORT = re.compile(
    r"\b(?:dmarc|spf|dkim|arf|authentication)[\w/ -]{0,40}(?:failure|forensic) report|"
    r"\b(?:failure|forensic) report[^.\n]{0,40}\bdmarc|failed the (?:published )?dmarc (?:policy|check)|"
    r"dmarc (?:failure|forensic|ruf)\b|"
    r"this is an? (?:[\w/-]+ ){0,4}(?:authentication|dmarc)[ -](?:[\w/-]+ ){0,2}report",
    re.I,
)
_REPLY_SUBJECT = re.compile(r"^\s*(?:re|aw|antw|sv|vs|rif|ré|odp|ynt)\s*(?:\[\d+\])?\s*:", re.I)


def classify_reply(message: MimePart) -> ReturnedMessageKind:
    if is_receipt(message):
        return ReturnedMessageKind.RECEIPT
    if is_machine_report(message):
        return ReturnedMessageKind.REPORT
    if is_challenge(message):
        return ReturnedMessageKind.CHALLENGE
    if is_auto_reply(message):
        return ReturnedMessageKind.AUTO_REPLY
    if is_unsubscribe(message):
        return ReturnedMessageKind.UNSUBSCRIBE
    if is_reply(message):
        return ReturnedMessageKind.REPLY
    return ReturnedMessageKind.OTHER


def is_receipt(message: MimePart) -> bool:
    if message.params.get("report-type", "").lower() == "disposition-notification":
        return True
    return any(part.media_type == "message/disposition-notification" for part in message.walk())


def is_machine_report(message: MimePart) -> bool:
    if message.params.get("report-type", "").lower() == "tlsrpt" or "tls-report-domain" in message.headers:
        return True
    subject = message.headers.text("subject")
    for part in message.walk():
        if part.media_type.startswith("application/tlsrpt"):
            return True
        if part.media_type in (
            "application/zip",
            "application/gzip",
            "application/x-zip-compressed",
            "application/x-gzip",
            "application/octet-stream",
            "application/xml",
            "text/xml",
            "application/x-zip",
            "application/gzip-compressed",
        ):
            name = part.filename
            if _REPORT_NAME.search(name) or (_DMARC_SUBJECT.search(subject) and name):
                return True
    return False


def is_failure_report(message: MimePart) -> bool:
    subject = message.headers.text("subject")
    text = notice_text(message)[:2000]
    lower = f"{subject}\n{text}".lower()
    if not any(word in lower for word in ("dmarc", "authentication fail", "authentication-fail", "forensic")):
        return False
    if is_reply(message) or "list-id" in message.headers:
        return False
    if _FAILURE_REPORT.search(subject):
        return True
    match = _FAILURE_REPORT.search(text)
    # A report says what it is at once, and the source or the domain that it is about.
    return match is not None and match.start() < 600 and _REPORTED.search(text) is not None


def is_challenge_service(message: MimePart) -> bool:
    """Recognize Boxbe, TMDA and the like, if the text asks for something: mail of their users has their mark, too."""
    headers = message.headers
    if _CHALLENGE_SUBJECT.search(headers.raw("subject")) or _CHALLENGE_SENDER.search(headers.raw("from")):
        return _ASKS.search(_opening(message)) is not None
    if any(name in headers for name in _CHALLENGE_HEADERS) or headers.raw("x-delivery-agent").startswith("TMDA"):
        text = _opening(message)
        if asks_for_proof(text):
            return True
        by_machine = is_auto_submitted(message) or headers.raw("return-path") == "<>"
        return by_machine and _ASKS.search(text) is not None
    return False


def asks_for_proof(text: str) -> bool:
    """Return whether the text asks senders to prove that they are human, or to release their own message."""
    return _CHALLENGE.search(_ADDRESS.sub("addr", text[:4000])) is not None


def _opening(message: MimePart) -> str:
    return f"{message.headers.text('subject')}\n{notice_text(message)[:4000]}"


def is_challenge(message: MimePart) -> bool:
    if is_challenge_service(message):
        return True
    if message.headers.raw("list-id"):
        return False
    answers = (
        "in-reply-to" in message.headers
        or is_auto_submitted(message)
        or _REPLY_SUBJECT.match(message.headers.text("subject"))
    )
    return bool(answers) and asks_for_proof(notice_text(message))


def is_auto_submitted(message: MimePart) -> bool:
    value = message.headers.raw("auto-submitted").lower().partition(";")[0].strip()
    return bool(value) and value != "no"


def is_auto_reply(message: MimePart) -> bool:
    headers = message.headers
    submitted = headers.raw("auto-submitted").lower()
    if submitted.startswith("auto-replied") or "vacation" in submitted:
        return True
    if "list-id" in headers or "list-unsubscribe" in headers:
        return False
    if any(
        name in headers
        for name in ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply", "x-auto-response")
    ):
        return True
    if headers.raw("precedence").lower() == "auto_reply" or headers.raw("x-precedence").lower() == "auto_reply":
        return True
    if headers.raw("x-auto-response-suppress") and headers.raw("in-reply-to"):
        return True
    if headers.raw("delivered-to").lower().startswith("autoresponder"):
        return True
    return _AUTO_SUBJECT.search(headers.text("subject")) is not None and not _is_bulk(message)


def _is_bulk(message: MimePart) -> bool:
    return message.headers.raw("precedence").lower() in ("bulk", "list") and "in-reply-to" not in message.headers


def is_unsubscribe(message: MimePart) -> bool:
    """Return whether the whole subject, or the whole first line of the reply, is one of the exact keywords."""
    if message.headers.raw("x-apple-unsubscribe").lower() == "true":
        return True
    subject = _PREFIX.sub("", message.headers.text("subject"))
    if _keyword(subject):
        return True
    if "list-id" in message.headers or "list-unsubscribe" in message.headers:
        return False
    for line in notice_text(message)[:2000].splitlines():
        if line.strip():
            return _keyword(line)
    return False


def _keyword(text: str) -> bool:
    return len(text) < 60 and " ".join(_TRIM.sub("", text).lower().split()) in UNSUBSCRIBE_KEYWORDS


def is_reply(message: MimePart) -> bool:
    if "list-id" in message.headers or "list-unsubscribe" in message.headers or is_auto_submitted(message):
        return False
    if "in-reply-to" in message.headers or "references" in message.headers:
        return True
    return _REPLY_SUBJECT.match(message.headers.text("subject")) is not None
