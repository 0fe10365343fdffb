"""Detects, in many languages, a negation close to "deliver"."""

import re

from mailflatrate.mail.bounce_text.grammar import fold, read_sentences
from mailflatrate.mail.bounce_text.normal import normalise
from mailflatrate.mail.reading.values import BounceReason

_MAX_TEXT = 1500
_REFUSALS = frozenset(
    {BounceReason.USERUNKNOWN, BounceReason.HOSTUNKNOWN, BounceReason.MAILBOXFULL, BounceReason.SUSPEND}
)
_ADDRESS = re.compile(r"[^\s<>]{1,128}@[\w.-]{1,255}\w")

#: Negation and verb of each language, joined by at most a few words; folded as the text is.
_SAID = (
    r"\b(?:not|cannot|\w{{2,6}}n['’]t)\b{gap}(?:deliver|reach|sent\b|relayed|forwarded|transmitted|transferred)|"
    r"\bunable to (?:deliver|reach|send|relay|forward|transmit)|"
    r"\bundeliver|\bdeliver\w*{gap}\bfail|"
    r"\bfail\w*{gap}\bdeliver",
    r"\bnicht\b{gap}(?:zugest|zustell|zuzustell|ausgelief|ubermitt|versend|versand)",
    r"\bniet\b{gap}(?:bezorg|aflever|afgelever|verzond|verstuur|overgebr|doorgestuurd)|\bonbestelbaar|"
    r"bezorgen mislukt",
    r"\b(?:pas|plus)\b{gap}(?:remis|livre|distribu|achemin|delivr|transmis|envoye|parven)|\bnon (?:remis|"
    r"distribu|livre)",
    r"\bno\b{gap}(?:entreg|envia|lliur)|\bmensaje devuelto",
    r"\bnon\b{gap}(?:recapit|consegn|inviat|inoltrat)|mancat[ao] (?:consegna|recapito)",
    r"\bnao\b{gap}(?:entreg|envia)",
    r"\bnu\b{gap}(?:livr|transmis|trimis|expedi)|\bnelivrat",
    r"\bikke\b{gap}(?:lever|aflever|utlever|sendes|sendt|fremsend)|\blever\w*{gap}\bikke\b",
    r"\b(?:inte|ej)\b{gap}(?:lever|skicka|vidarebeford)|\blever\w*{gap}\b(?:inte|ej)\b|\bolever",
    r"\bei\b{gap}(?:toimit|valit|lahet|perill)|toimitus epaonnist|\bei\b{gap}(?:kohale|edasta|toimeta)",
    r"\b(?:nav|netika|nevar\w*)\b{gap}(?:piegad|nogad|nosut)|\b(?:ne\w{{2,8}}|nebuvo)\b{gap}pristat|\bnepristat",
    r"\bnie\b{gap}(?:dostarcz|dorecz|wysl)|\bniedostarcz|\bniedorecz",
    r"\bne\w{{2,9}}\b{gap}doruc|\bnedoruc",
    r"\bni\b{gap}(?:dostav|poslan)|\b(?:nije|nismo|nisu|nije\w*)\b{gap}(?:isporuc|dostav|uruc)|\bneisporuc|"
    r"\bnedostav",
    r"\bnem\b{gap}(?:kezbesit|tovabbit|elkuld)|kezbesithetetlen|kezbesitesi hiba",
    r"(?:edil|ilet|ulast|gonder|ulas)\w{{0,6}}(?:eme|ama)\w{{1,8}}|teslim edilme",
    r"\bδεν\b{gap}(?:παραδο|παραδω|παραδιδ|σταλ|αποσταλ|εσταλ)|αποτυχια παραδοσ",
    r"\b(?:не|није|ни)\b{gap}(?:достав|отправлен|надіслан|изпратен|вруч|испоруч)|недостав",
    r"(?:לא|אי אפשר){gap}(?:נמסר|נשלח|למסור|לשלוח)|(?:لم|تعذر|لا){gap}(?:تسليم|توصيل|ارسال)",
    r"\bkhong\b{gap}(?:gui|chuyen|phan phoi|giao)|\btidak\b{gap}(?:terkirim|dikirim|disampaikan|terkirim)",
    r"(?:配信|配送|配達|届け|送信|送達)(?:[^。\n]{{0,12}})(?:できません|ませんで|失敗|不能|されません|できなかった)",
    r"(?:无法|未能|無法|没有|沒有|未被|不能).{{0,12}}(?:送达|投递|送達|投遞|发送|傳送|传递|寄送)|(?:投递|发送|傳送)失败",
    r"(?:전달|전송|배달|발송|배송)[^.\n]{{0,12}}(?:못|않|실패|수 없)",
)
_UNDELIVERED = re.compile(
    "|".join(
        fold(phrase.format(gap=r"\b[^.!?\n]{0,40}?\b" if "\\b" in phrase else "[^.!?\n]{0,40}?")) for phrase in _SAID
    )
)


_LATE = (
    r"(?:\bdelay|\bverzoger|\bretard(?:e|é)|\bretrasad|\bin ritardo|\britardat|\batrasad|\bvertraagd|\bopozni|"
    r"\bzpozd|\boneskor|"
    r"\bkesik|\bkesleltet|\bintarzi|\bforsen|\bforsink|\bviivast|\bgecik|καθυστερ|задерж|затрим|забав|延迟|延遲|遅延|遅れ|지연)"
)
_MAIL = (
    r"(?:\bmessage|\be?-?mail|\bnachricht|\bmensaje|\bcorreo|\bmessaggio|\bmensagem|\bbericht|\bwiadomosc|"
    r"\bzprav|\bsprav|"
    r"\buzenet|\bmesaj|\bmeddel|\bmelding|\bbesked|\bviesti|\bileti|μηνυμα|сообщени|письм|лист|повідомлен|"
    r"съобщен|邮件|郵件|"
    r"メール|메일|\bdelivery)"
)
_LATE_MAIL = re.compile(fold(rf"{_MAIL}[^.!?\n]{{0,60}}?{_LATE}|\bwarning message only\b"))
_WAITS = re.compile(
    fold(
        rf"{_LATE}|\bnot yet\b|\bstill trying\b|\bkeep trying\b|\bcontinue to try\b|\bbe retried\b|"
        rf"\bwarning message only\b|"
        r"\battempts will continue\b|\bnoch nicht\b|\bversuchen es weiter|\bpas encore\b|\breessa|\bancora\b|"
        r"\briprover|"
        r"\baun no\b|\btodavia no\b|\bseguiremos|\bainda nao\b|\bnog niet\b|\bblijven [^.]{0,12}proberen|"
        r"\bjeszcze nie\b|"
        r"\bponawia|\bzatim\b|\bdosud\b|\bzatial\b|\bmeg nem\b|\binca nu\b|\bannu inte\b|\bendnu ikke\b|"
        r"\benna ikke\b|"
        r"\bviela ei\b|\bei viela\b|\bhenuz\b|ακομη|еще не|пока не|\bще не|все още не|尚未|还未|まだ|아직"
    )
)


def says_undelivered(text: str) -> bool:
    return _UNDELIVERED.search(_sentences(text)) is not None


def says_waiting(text: str) -> bool:
    folded = _sentences(text)
    late = _LATE_MAIL.search(folded) is not None
    return late or (_WAITS.search(folded) is not None and _UNDELIVERED.search(folded) is not None)


def tells_of_delivery(text: str) -> bool:
    return says_undelivered(text) or says_waiting(text) or tells_refusal(text)


def tells_refusal(text: str) -> bool:
    return not _REFUSALS.isdisjoint(read_sentences(normalise(text[:_MAX_TEXT]).words).reasons)


def _sentences(text: str) -> str:
    return " ".join(fold(_ADDRESS.sub("addr", text[:_MAX_TEXT])).split())
