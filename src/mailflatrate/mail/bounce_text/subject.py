"""What a sentence that sounds like a dead address refers to, and which closed accounts stay closed."""

import re

_GONE = r"(?:non[- ]?exist\w*|unknown|invalid|bad|dead|inactive|wrong|undeliverable)"
_MANY = r"(?:users|recipients|addresses|mailboxes|accounts|e-?mails)"
_DEAD_MANY = re.compile(
    rf"\b{_GONE} (?:e-?mail |\w+ )?{_MANY}\b|\b{_MANY} (?:(?:that|who|which|on \w+|here) ){{0,2}}(?:do not|dont|"
    rf"don't|did not|never) exist"
)
#: Someone who wrote to many dead addresses is a sender; the sentence is not about the mailbox at hand.
_OF_SENDER = re.compile(
    r"\byou(?: have|'ve| are|r (?:ip|server|host|network|domain|system|mta|address|account))\b|\bblock|\bbann|"
    r"\bsen(?:t|d|ding|ds)\b|\bmail(?:ed|ing)\b|\b(?:rate|number|percentage|ratio|amount|volume) of\b|\btoo many\b|"
    r"\bhigh\b|\bexcess|\battack|\bsenders\b|\blisted\b|\brepeated|\breputation\b"
)
_HARVEST = re.compile(r"\bharvest(?:ing)?\b|\bdictionary attack|\bnamespace mining")
#: A domain mentioned in the message, not the one it was sent to.
_DOMAIN = r"(?:domain|domaene|domein|domini|domen|домен)\w*"
_CONTENT = (
    r"(?:link(?:s|ed)?|urls?|uris?|hyperlinks?|web ?sites?|web ?pages?|message body|content|"
    r"nachrichtentext|lien|enlace|collegamento)"
)
_LINKED_DOMAIN = re.compile(
    rf"\b{_CONTENT}\b.{{0,60}}?\b(?:{_DOMAIN}|hosts?\b)|\b{_DOMAIN}\b.{{0,30}}?\b(?:linked|mentioned|referenced)\b|"
    rf"\b{_DOMAIN}\b.{{0,40}}?\b(?:in|of|im|dans|en|nel) (?:\w+ ){{0,3}}{_CONTENT}\b"
)
_LAPSED_DOMAIN = re.compile(
    rf"(?<!your )(?<!sender )(?<!sending )(?<!from )\b{_DOMAIN}(?: name| registration)?(?: hostname| addr)?"
    r"(?: registration| name)? (?:(?:has|have|is|was|had|been|ist|a|ha|est|seit|is) ){0,2}"
    r"(?:expired|lapsed|abgelaufen|expire|caducad\w+|scadut\w+|expirad\w+|expirou|verlopen|wygasl\w+|истек\w*|"
    r"udlobet|utgatt|"
    r"loytynyt)\b|"
    rf"\b{_DOMAIN}(?: name)?(?: hostname)? (?:has|have|had|with|and has) no (?:longer )?(?:valid |any |more )?"
    r"(?:dns|mx|name ?servers?|zone)\b"
)
_PASSING = re.compile(
    r"\btempor|\bsuspend|\blocked|\bhold\b|\bfrozen|\bcurrently\b|\buntil\b|\binbound\b|\bpayment|\bquota|"
    r"\bretry|\blater\b|"
    r"\bgesperrt|\bbloque|\bbloccat|\bbloquead|\bvorubergehend|\bzawieszon|\bpozastaven|\bprovisoir|\bверемен|"
    r"\bвремен"
)
_DISABLED = re.compile(
    r"\bdisabled|\binactive|\bnot active|\bno longer activ|\bdeshabilit|\binhabilit|\bdisabilit|\bdesabilit|"
    r"\binaktiv|"
    r"\binatti|\binactiv|\binativ|\buitgeschakeld|\bstillgelegt|\bnieaktywn|\bneaktivn|\bотключ|\bdevre disi|停用|禁用"
)
#: Words for an end, without any code: deactivated, closed, or a provider's own sentence for good.
_ENDED = re.compile(
    r"deactivat|deaktiv|desactiv|disattivat|desativad|deactiveerd|dezactivat|απενεργοποι|"
    r"\bno longer (?:accepts|accepting|receives|receiving)\b|tried to reach is (?:disabled|inactive)|"
    r"\bdisabled or discontinued\b|mailbox is disabled \(554\.30\)"
)


def is_about_many(text: str) -> bool:
    return _HARVEST.search(text) is not None or (
        _DEAD_MANY.search(text) is not None and _OF_SENDER.search(text) is not None
    )


def is_about_content(folded: str) -> bool:
    return _LINKED_DOMAIN.search(folded) is not None


def is_lapsed_domain(folded: str) -> bool:
    return _LAPSED_DOMAIN.search(folded) is not None


def is_closed_for_good(folded: str, plain: str, status: str) -> bool:
    """A disabled account stays so if the text says so or a mailbox code is next to "disabled"."""
    if status.startswith("4") or _PASSING.search(folded):
        return False
    if _ENDED.search(plain) or _ENDED.search(folded):
        return True
    return status == "5.2.1" and _DISABLED.search(folded) is not None
