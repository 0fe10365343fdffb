"""Tells addresses that a notice labels as recipients from contacts and its own recipient."""

import re
from collections.abc import Collection

from mailflatrate.mail.bounce_text.grammar import fold
from mailflatrate.mail.bounce_text.undelivered import says_undelivered
from mailflatrate.mail.reading import address

_BEFORE = 240
_AFTER = 80
_MAX_TEXT = 6000
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？;；]|\n[ \t>]*\n")
_CLAUSE_END = re.compile(r"[.!?,](?=\s|$)|[。！？;；、，\n]")

# A request to contact someone, as found before the address; accents are folded away.
_ASKED_BEFORE = re.compile(
    fold(
        r"(?<!unable to )(?<!not )(?<!n't )(?<!nt )(?<!failed to )(?<!trying to )(?:contact|kontakt)|"
        r"\bquestions?\b|"
        r"\b[ei]nquir|\bwrite to|"
        r"\b(?:e-?mail|mail|reach|tell|notify|inform) us\b|\bin touch\b|\bturn to\b|\bask\b|\bassistance\b|"
        r"\bhelp ?desk\b|"
        r"\bfor (?:help|support|more(?! than)|further|details|information)\b|"
        r"\bplease (?:e-?mail|mail|notify|inform|call|tell|report|reply|respond|answer|send|forward)\b|"
        r"\breport (?:this|it|the|any|abuse)\b|\bcomplain|\bif you (?:believe|think|need|feel)\b|"
        r"\badministrator at\b|"
        # German, Dutch
        r"\bwend(?:en?|et)? (?:sie|dich|u|je)\b|\bwenden\b|fragen\b|\bschreib(?:en sie|t|en)?\b|\bmelden sie|"
        r"\bhilfe\b|"
        r"\bauskunft|\bansprechpartner|\binformieren sie|\bbenachrichtigen sie|\bvragen\b|\bschrijf|"
        r"\bmail naar\b|\bhulp\b|"
        r"\brichten? (?:aan|sie|u|tot)\b|"
        # French, Spanish, Catalan, Italian, Portuguese, Romanian
        r"\badresse[rz](?:[ -]vous)?\b|\becri(?:re|vez)\b|\bnous joindre|\bjoignez|\brenseignement|\baide\b|"
        r"\bpongase|"
        r"\bponerse|\bpregunt|\bconsult|\bescrib|\bescriu|\bdirij|\bdudas?\b|\bayuda\b|\brivolg|\bcontatt|"
        r"\bdomand|\bscriv|"
        r"\bassistenza\b|\binformazioni\b|\bcontat|\bduvidas?\b|\bescrev|\bajuda\b|\bpergunt|\bintrebar|\bscrieti|"
        r"\badresati|\bajutor\b|"
        # Polish, Czech, Slovak, Slovene, Croatian, Serbian
        r"\bskontakt|\bpytan|\bzwroc|\b(?:na)?pisz|\bpomoc|\bdotaz|\bobra[tc]|\bnapis|\botaz[ko]|\bobrn|"
        r"\bpitanj|\bvprasan|"
        r"\bpisite|\bjavite|"
        # Hungarian, Finnish, Estonian, Latvian, Lithuanian, Turkish
        r"\bkerdes|\bfordul|\birjon|\bkapcsolat|\bsegitseg|\byhteytta|\bkysym|\bkirjoita|\bapua\b|\buhendust|"
        r"\bkusimus|"
        r"\bpoordu|\bkirjuta|\bsazin|\bjautajum|\brakstiet|\bversieties|\bpalidz|\bkreip|\bklausim|\bsusisiek|"
        r"\brasyk|"
        r"\bpagalb|\bsoru(?:n|lar)|\biletisim|\byazin|\bbasvur|\byardim|"
        # Danish, Norwegian, Swedish
        r"\bsporgsmal|\bsporsmal|\bfragor|\bskriv|\bhenvend|\bvand\w* dig|\bhj(?:e|a|ae)lp\b|"
        # Greek, Cyrillic
        r"επικοινων|ερωτησ|γραψτε|απευθυν|βοηθεια|обращ|обрати|вопрос|напиши|пишите|связа|связы|свяж|звертай|зверн|"
        r"питан|запитан|зв[ ’'`]?яж|свърж|въпрос|обърн|помощ|допомог|контакт|питањ|помоћ|"
        # Hebrew, Arabic, Vietnamese, Indonesian
        r"פנו|לפנות|צרו קשר|שאלות|اتصل|الاتصال|تواصل|استفسار|أسئل|راسل|lien he\b|thac mac|cau hoi|hubungi|"
        r"pertanyaan|"
        r"bantuan|"
        # Chinese, Japanese, Korean
        r"联系|聯繫|聯絡|联络|咨询|諮詢|疑问|疑問|写信|問い合わせ|問合せ|連絡|質問|サポート|문의|연락|질문|"
        # The recipient of the failure notice is not the owner of the failed mailbox.
        r"\b(?:we|was|were|been|have) (?:also )?(?:told|informed|notified)\b|\byou (?:are receiving|received|"
        r"get) this\b"
    )
)
#: The same after the address, in languages that end a sentence with the verb, and for short offers of help.
_ASKED_AFTER = re.compile(
    fold(
        r"\bwenden\b|\bkontaktier|\b(?:zu )?schreiben\b|\bzu richten\b|\bfor (?:any |all )?(?:help|assistance|"
        r"support|more|"
        r"further|questions|information|enquiries)\b|\bif you have\b|\bhappy to help\b|\b(?:bei|bij|ved|vid|for) "
        r"(?:ruck)?(?:fragen|vragen|sporgsmal|sporsmal|fragor)|\birjon|\bfordul|\byaz(?:in|iniz|abilir|arak)?\b|"
        r"\bbasvur|"
        r"\biletisim|\bulasabilir|\bbildirin|連絡|問い合わせ|問合せ|咨询|联系|聯絡|문의|연락"
    )
)
# "This notice", followed by its recipient.
_THIS_NOTICE = re.compile(
    fold(
        r"\b(?:this|the|our|that) (?:\w+ ){0,2}(?:notice|notification|report|warning|alert)s? (?:\w+ ){0,6}"
        r"(?:to|for|at)[^\w]*$|\bsent (?:\w+ )?(?:this|a|the) (?:\w+ )?(?:notice|notification|report|copy)|"
        r"\bcopy of this\b|"
        r"\bdies\w* (?:benachrichtigung|mitteilung|hinweis|meldung|bericht|warnung)|\b(?:cet avis|"
        r"cette notification|"
        r"ce rapport)\b|\b(?:este aviso|esta notificacion|este informe)\b|\b(?:questo avviso|questa notifica|"
        r"questo "
        r"rapporto)\b|\besta notificacao\b|\bdeze (?:melding|kennisgeving|notificatie)|\b(?:to|"
        r"niniejsze) powiadomienie|"
        r"\bt(?:oto|ato|ento) (?:oznam|upozorn|hlasen)|\b(?:ezt? az) ertesit|\baceasta notificare|\bacest aviz|"
        r"\bden(?:na|ne) (?:avisering|notis|underrattelse|notifikation|underretning|varsel)|\btama ilmoitus|"
        r"\bsee teade|"
        r"\bsis pazinojums|\bsis pranesimas|\bbu bildirim|αυτη η ειδοποιηση|(?:это|данное|това) уведомление|"
        r"\bова обавештење|\bова обавестување|це сповіщення|това известие|[本此]通知|この通知|이 알림|본 통지"
    )
)
# "Your message to": what follows is the message's recipient, whatever else the sentence asks.
_YOUR_MESSAGE_TO = re.compile(
    fold(
        r"(?:\b(?:your|ihrer?|deiner?|votre|ton|su|tu|suo|vostro|sua|seu|uw|je|twoj\w*|vas\w{0,2}|din|ditt|teie|"
        r"jusu|"
        r"ваш\w{0,2}|вашето|sizin)[^\w]+(?:\w+[^\w]+){0,2}?(?:e-?mails?|mail|message|letter|nachricht|mensaje|"
        r"correo|messaggio|"
        r"mensagem|bericht|wiadomosc\w*|zprav\w*|sprav\w*|uzenet\w*|mesaj\w*|meddelande\w*|meddelelse\w*|"
        r"melding\w*|"
        r"besked\w*|viesti\w*|сообщени\w*|письм\w*|лист\w*|повідомлення|съобщение\w*)|\byou (?:sent|wrote|"
        r"mailed|addressed))"
        r"(?:[^\w]+\w+){0,3}[^\w]*$"
    )
)
_LABEL_STEMS = (
    "recipients?|addressee|empfänger|adressat|destinat|ontvanger|geadresseerd|odbiorc|příjemc|príjemc|adresát|"
    "címzett|"
    "mottagar|modtager|mottaker|vastaanottaj|saaja|saņēmēj|gavėj|alıcı|παραλήπτ|получател|адресат|одержувач|"
    "отримувач|"
    "primatelj|primalac|prejemnik|naslovnik|прималац|примач|נמען|المستلم|người nhận|penerima|收件人|收件者|收信人|宛先|"
    "受信者|あて先|수신자|수신인|받는 사람|받는사람"
)
_OTHER_STEMS = "address|adres|mailbox|postfach|postvak|user|benutzer|utilisateur|usuario|utente|gebruiker|mailadres"
_LABEL = (
    r"^[ \t>*|-]{{0,6}}(?:[^\W\d_][\w’'-]{{0,30}}[ \t]){{0,3}}?(?:[^\W\d_][\w’'-]{{0,30}})?(?:{stems})[\w-]{{0,30}}"
    r"(?:\([a-z]{{1,3}}\))?[ \t]{{0,3}}[:：][ \t]*"
    r"([^\n]{{0,1000}}(?:\n[ \t]*\n?[ \t]{{0,8}}[^\s@:]{{1,128}}@[^\s:]{{1,255}}[ \t]*(?=\n|$)){{0,40}})"
)
_LABELS = tuple(re.compile(_LABEL.format(stems=stems), re.I | re.M) for stems in (_LABEL_STEMS, _OTHER_STEMS))


def labelled_recipients(text: str) -> list[tuple[str, int]]:
    """Return the addresses in lines that begin with a label for a recipient, with their positions."""
    for label in _LABELS:
        recipients: dict[str, tuple[str, int]] = {}
        for match in label.finditer(text[:_MAX_TEXT]):
            for address_match in address.ADDRESS.finditer(match[1]):
                mailbox = address_match[0].rstrip(".").strip("'")
                recipients.setdefault(mailbox.lower(), (mailbox, match.start()))
        if recipients:
            return list(recipients.values())
    return []


def only_contacts(text: str, mailboxes: Collection[str]) -> frozenset[str]:
    """`mailboxes` are in lower case."""
    places = [(match.start(), match.end(), match[0]) for match in address.ADDRESS.finditer(text[:_MAX_TEXT])]
    offered: set[str] = set()
    meant: set[str] = set()
    for index, (start, end, written) in enumerate(places):
        mailbox = written.rstrip(".").strip("'").lower()
        if mailbox not in mailboxes or mailbox in meant:
            continue
        last = places[index - 1][1] if index else 0
        following = places[index + 1][0] if index + 1 < len(places) else len(text)
        is_contact = _is_contact(_before(text, last, start), _after(text, end, following))
        (offered if is_contact else meant).add(mailbox)
    return frozenset(offered - meant)


def _before(text: str, last: int, at: int) -> str:
    window = text[max(last, at - _BEFORE) : at]
    lead = window.rstrip(" \t\r\n>*-<[('\"")
    ends = [match.end() for match in _SENTENCE_END.finditer(lead if lead.endswith((":", "：")) else window)]
    return window[ends[-1] :] if ends else window


def _after(text: str, at: int, following: int) -> str:
    window = text[at : min(following, at + _AFTER)]
    end = _CLAUSE_END.search(window)
    return window[: end.start()] if end else window


def _is_contact(before: str, after: str) -> bool:
    folded = " ".join(fold(before).split())
    if _YOUR_MESSAGE_TO.search(folded):
        return False
    asked = list(_ASKED_BEFORE.finditer(folded))
    if asked and not says_undelivered(folded[asked[-1].end() :]):
        return True
    if _ASKED_AFTER.search(fold(after)):
        return True
    return _THIS_NOTICE.search(folded) is not None and not says_undelivered(f"{before} {after}")
