"""Whether a message is bulk, transactional or personal: each field is evidence with a weight, the heaviest sum wins.
Personal wins a tie, because a campaign rule between two people is always wrong.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailflatrate.mail.address import local_part_of
from mailflatrate.mail.content.body_duties import offers_leaving
from mailflatrate.mail.message.from_line import FromMailbox, read_from
from mailflatrate.mail.reading.message import ParsedMessage
from mailflatrate.rules.addresses.providers import is_freemail
from mailflatrate.rules.messages.message import MessageKind
from mailflatrate.rules.messages.transit import Transit

_BULK, _TRANSACTIONAL, _PERSONAL = MessageKind.BULK, MessageKind.TRANSACTIONAL, MessageKind.PERSONAL
Witness = tuple[MessageKind, int, str]
_MOST_TEXT = 20_000
_FEW, _MANY = 30, 50

_CLIENTS = re.compile(
    r"thunderbird|outlook|apple mail|\biphone|\bipad|\bmutt|k-?9 mail|evolution|kmail|\bpine\b|alpine|\bgnus\b|emacs"
    r"|roundcube|squirrelmail|horde|\bimp\b|sogo|zimbra|claws|sylpheed|the bat|eudora|lotus notes|hcl notes|em client"
    r"|mailbird|\bspark|airmail|git-send-email|webmail|webservice|postbox|bluemail|aquamail|fairemail|canary|proton"
    r"|tutanota|foxmail|entourage|mh-e|\bexmh|\bnmh|\bmew\b|wanderlust|becky|mail\.ru mailer|open-xchange|seamonkey"
    r"|netscape|mozilla|internet mail service|\belm\b|\btin\b|slrn|trojita|geary|balsa|himalaya|\baerc|neomutt|vivaldi"
    r"|groupwise|incredimail|windows live mail|exchange web",
    re.IGNORECASE,
)
_MAILERS = re.compile(
    r"mailchimp|phplist|cleverreach|rapidmail|mailerlite|sendinblue|brevo|hubspot|listmonk|keila|mautic|mailtrain"
    r"|campaign|newsletter|bulk|marketing|emarsys|inxmail|optivo|episerver|sendgrid|klaviyo|constant contact|acoustic"
    r"|exacttarget|salesforce|silverpop|responsys|accucast|mailman/news|optin",
    re.IGNORECASE,
)
_CAMPAIGN_FIELD = re.compile(
    r"x-(?:.*campaign.*|.*newsletter.*|.*mailing-?id|.*bulk.*|mc-user|csa-complaints|mailingid)"
)
_MACHINE_FIELD = re.compile(r"x-(?:github|gitlab|gitea|jira|bugzilla|trac|redmine|discourse|phabricator|gerrit)-.*")
_THREADED = ("in-reply-to", "references")
_OF_CLIENTS = (
    "x-ms-has-attach",
    "x-originating-ip",
    "thread-topic",
    "thread-index",
    "x-gm-message-state",
    "x-me-sender",
)
_DUTY = re.compile(
    r"(?:orders?|billing|invoices?|receipts?|security|accounts?|support|notifications?|notify|alerts?|tickets?"
    r"|bookings?|reservations?|verify|confirm(?:ation)?|shipping|tracking|payments?|system|root|cron|postmaster|admin"
    r"|rechnung(?:en)?|bestellung(?:en)?|buchung(?:en)?|termine?|konto|kundenservice|commandes?|factures?|pedidos?"
    r"|facturas?|ordini|prenotazioni|fatture|bestellingen|zamowienia|mailer-daemon)(?:[-+_.].*)?",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"(?:e?-?news(?:letters?)?|mailings?|marketing|offers?|deals|promo(?:tions?)?|angebote|aktion|campaigns?|digest)\b",
    re.IGNORECASE,
)
NO_REPLY = re.compile(
    r"(?:do[-_.]?not|don-?t|no|never|kein(?:e)?|ne[-_.]?pas|nao|non|geen)[-_.]?(?:repl(?:y|ies)|repond(?:re)?|antwort(?:en)?"
    r"|responder?|rispondere|respon[ds]a?)|nicht[-_.]?antworten|noresponder|nepasrepondre|(?:antwort|reply)[-_.]?nicht",
    re.IGNORECASE,
)
"""Local parts that ask their readers not to answer."""
_AFFAIR = re.compile(
    r"\b(?:your |my )?(?:orders?\b|invoice|receipt|payment|purchase|refund|password|verification|verify|confirm|"
    r"sign-?in|log-?in|security (?:alert|code)|one-time|passcode|shipped|delivery|delivered|package|tracking|booking|"
    r"reservation|appointment|ticket|statement|alert:|cron\b|account)"
    r"|\bcode\b|bestell|auftrag|rechnung|zahlung|mahnung|bestätig|bestaetig|pass(?:wort|wd)|kennwort|kontoauszug|"
    r"\bkonto|lieferung|versand|sendung|\bpaket|buchung|reservier|\btermin\b|quittung|\bbeleg\b|erstattung|abrechnung"
    r"|commande|facture|paiement|mot de passe|livraison|\bcolis|réservation|rendez-vous|confirmation|remboursement"
    r"|pedido|factura|\bpago\b|contraseña|código|\benvío|reserva|\bcita\b|recibo|reembolso"
    r"|\bordine\b|fattura|pagamento|\bcodice|spedizione|\bpacco|prenotazione|appuntamento|conferma|ricevuta|rimborso"
    r"|bestelling|factuur|betaling|wachtwoord|verzending|\bpakket|boeking|afspraak|bevestiging"
    r"|zamówieni|faktur|płatno|hasł|przesyłk|paczk|rezerwacj|wizyt|potwierd"
    r"|fatura|\bsenha\b|encomenda|beställning|ordrebekræftelse|bestilling|tilaus|objednáv|rendelés|číslo objedn",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"newsletter|infobrief|rundbrief|infolettre|boletín|nieuwsbrief|\bsale\b|\brabatt|\d ?% ", re.IGNORECASE
)
_IN_BROWSER = re.compile(
    r"(?:view|read|open|see)[^.\n]{0,30}(?:in (?:your|a|the) browser|online)|trouble viewing|web ?version"
    r"|im browser (?:an|öff|les)"
    r"|online-?(?:version|ansicht)|version en ligne|dans (?:votre|le) navigateur|en (?:tu|su|el) navegador"
    r"|nel (?:tuo )?browser|in (?:je|uw) browser|w przeglądarce",
    re.IGNORECASE,
)
_QUOTES = re.compile(
    r"^>|^-{3,} ?(?:forwarded|original|weitergeleitet|ursprüngliche|message transf)|^_{10,}$|\b(?:wrote|schrieb|a écrit"
    r"|escribió|ha scritto|schreef|napisał\(?a?\)?):$|^(?:begin forwarded|anfang der weitergeleiteten)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGN_OFF = re.compile(
    r"(?:sent from|von) (?:my|meinem|mijn) \w+|envoyé de mon|enviado desde mi|inviato da", re.IGNORECASE
)
_ANSWER = re.compile(r"\s*(?:re|aw|antw|sv|vs|odp|fw|fwd|wg|tr|rv|r|i|doorst)\s?(?:\[\d+\])?:", re.IGNORECASE)
_AWAY = re.compile(
    r"^auto(?:matic|mati\w+|-?reply|-?antwort|:)|out of (?:the )?office|abwesenheit|automatische antwort|automatyczna"
    r"|réponse automatique|absence du bureau|respuesta automática|risposta automatica|automatisch antwoord",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KindGuess:
    kind: MessageKind
    reasons: tuple[str, ...]


def guess_kind(message: ParsedMessage, transit: Transit) -> KindGuess:
    from_box = next((box for box in read_from(message.first("from")) if box.address), FromMailbox("", "", ""))
    witnesses = list(_all_witnesses(message, transit, from_box))
    if not witnesses and not from_box.address:
        return KindGuess(_BULK, ())
    sums = {kind: sum(weight for guess, weight, _ in witnesses if guess is kind) for kind in MessageKind}
    sums[_PERSONAL] += 1 if from_box.address else 0
    best = max((_PERSONAL, _TRANSACTIONAL, _BULK), key=sums.__getitem__)
    named = sorted((witness for witness in witnesses if witness[0] is best), key=lambda candidate: -candidate[1])
    return KindGuess(best, tuple(dict.fromkeys(name for _, _, name in named))[:4])


def _all_witnesses(message: ParsedMessage, transit: Transit, from_box: FromMailbox) -> Iterator[Witness]:
    local = local_part_of(from_box.address)
    is_system = bool(NO_REPLY.search(local) or _DUTY.fullmatch(local))
    posted = transit.through_list and not is_system
    text = f"{message.text or message.html}"[:_MOST_TEXT]
    quoted = _QUOTES.search(message.text[:_MOST_TEXT]) is not None
    yield from _list_witnesses(message, transit, posted=posted)
    yield from _machine_witnesses(message)
    client = [*_client_witnesses(message, from_box)]
    yield from client
    if is_system:
        yield _TRANSACTIONAL, 2 if _DUTY.fullmatch(local) else 1, "From"
    if NO_REPLY.search(local):
        yield _BULK, 1, "From"
    if _NEWS.match(local):
        yield _BULK, 2, "From"
    if quoted:
        yield _PERSONAL, 2, "quoted text"
    yield from _recipient_witnesses(message, from_box)
    yield from _subject_witnesses(message, in_list=posted)
    if not posted and not quoted:
        yield from _text_witnesses(message, text)
    if not client and not quoted and not posted and _is_designed(message.html):
        yield _BULK, 2, "HTML"


def _list_witnesses(message: ParsedMessage, transit: Transit, *, posted: bool) -> Iterator[Witness]:
    own = message if not posted else transit.own
    if posted:
        yield _PERSONAL, 5, "discussion list"
    elif transit.through_list:
        yield _TRANSACTIONAL, 4, "List-Post"
    if own.all("list-unsubscribe-post"):
        yield _BULK, 3, "List-Unsubscribe-Post"
    if own.all("list-unsubscribe"):
        yield _BULK, 3, "List-Unsubscribe"
    if own.all("list-id"):
        yield _BULK, 2, "List-Id"
    precedence = own.first("precedence").strip().lower()
    if precedence in ("bulk", "junk"):
        yield _BULK, 3, "Precedence"
    elif precedence == "list":
        yield _BULK, 2, "Precedence"
    if own.all("feedback-id"):
        yield _BULK, 1, "Feedback-ID"
    for field in own.fields:
        if _CAMPAIGN_FIELD.fullmatch(field.name):
            yield _BULK, 3, "-".join(word.capitalize() for word in field.name.split("-"))
            break
    if _MAILERS.search(own.first("x-mailer")):
        yield _BULK, 3, "X-Mailer"


def _machine_witnesses(message: ParsedMessage) -> Iterator[Witness]:
    automatic = message.first("auto-submitted").strip().lower()
    if automatic not in ("", "no"):
        yield _TRANSACTIONAL, 4 if message.all("list-unsubscribe") else 10, "Auto-Submitted"
    if message.all("x-auto-response-suppress"):
        yield _TRANSACTIONAL, 3, "X-Auto-Response-Suppress"
    if message.all("x-autoreply") or message.first("precedence").strip().lower() == "auto_reply":
        yield _TRANSACTIONAL, 5, "X-Autoreply"
    form = message.first("content-type").lower()
    if "disposition-notification" in form:
        yield _PERSONAL, 9, "read receipt"
    elif "multipart/report" in form:
        yield _TRANSACTIONAL, 9, "multipart/report"
    elif message.first("return-path").replace(" ", "") == "<>":
        yield _TRANSACTIONAL, 3, "Return-Path"
    if any(_MACHINE_FIELD.fullmatch(field.name) for field in message.fields):
        yield _TRANSACTIONAL, 6, "fields of a tracker"


def _client_witnesses(message: ParsedMessage, from_box: FromMailbox) -> Iterator[Witness]:
    program = f"{message.first('user-agent')} {message.first('x-mailer')}"
    if _CLIENTS.search(program) and not _MAILERS.search(program):
        yield _PERSONAL, 4, "User-Agent" if message.all("user-agent") else "X-Mailer"
    if any(message.all(name) for name in _THREADED):
        yield _PERSONAL, 3, "In-Reply-To"
    if any(message.all(name) for name in _OF_CLIENTS):
        yield _PERSONAL, 2, "fields of a mail program"
    if message.first("message-id").rstrip("> ").endswith("@mail.gmail.com"):
        yield _PERSONAL, 3, "Message-ID"
    if is_freemail(from_box.domain):
        yield _PERSONAL, 2, "From"
    if "text/calendar" in message.first("content-type").lower():
        yield _PERSONAL, 4, "calendar"


def _recipient_witnesses(message: ParsedMessage, from_box: FromMailbox) -> Iterator[Witness]:
    boxes = [box for name in ("to", "cc") for value in message.all(name) for box in read_from(value) if box.address]
    if 1 < len(boxes) <= _FEW:
        yield _PERSONAL, 2, "several recipients"
    elif len(boxes) > _MANY:
        yield _BULK, 3, "many recipients"
    elif from_box.address and not boxes:
        yield _BULK, 2, "no recipient shown"
    elif [box.address for box in boxes] == [from_box.address]:
        yield _BULK, 1, "To"


def _subject_witnesses(message: ParsedMessage, *, in_list: bool) -> Iterator[Witness]:
    subject = message.text_of("subject")
    if _AWAY.search(subject):
        yield _TRANSACTIONAL, 4, "Subject"
    elif _ANSWER.match(subject):
        yield _PERSONAL, 2, "Subject"
    if not in_list and _AFFAIR.search(subject):
        yield _TRANSACTIONAL, 3, "Subject"
    if _TOPIC.search(f"{subject} {message.text_of('from')}"):
        yield _BULK, 2, "Subject"


def _text_witnesses(message: ParsedMessage, text: str) -> Iterator[Witness]:
    if offers_leaving(message.text[:_MOST_TEXT]) or offers_leaving(_targets(message.html)):
        yield _BULK, 3, "unsubscribe link"
    if _IN_BROWSER.search(text):
        yield _BULK, 2, "web version"
    if _SIGN_OFF.search(text):
        yield _PERSONAL, 2, "sign-off"


def _is_designed(html: str) -> bool:
    lowered = html[:60_000].lower()
    links, images = lowered.count("<a "), lowered.count("<img ")
    return links > 3 or (images > 0 and (links > 0 or lowered.count("<table") > 1))


def _targets(html: str) -> str:
    return " ".join(_anchors(html))


def _anchors(html: str) -> Iterable[str]:
    return re.findall(r"<a\s[^<>]{1,2000}+>[^<]{0,200}", html[-60_000:], re.IGNORECASE)
