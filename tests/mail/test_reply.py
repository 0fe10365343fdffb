"""What people and their machines answer, told apart by header first and words last.

Inline forwards in the forms and languages of the clients, written by us; replies are told from them.
"""

import pytest

from mailflatrate.mail.reading.body import html_to_text
from mailflatrate.mail.reading.forward import find_forward, is_forward_subject, is_reply_subject, strip_prefixes
from mailflatrate.mail.reading.mime import parse
from mailflatrate.mail.reading.reply import UNSUBSCRIBE_KEYWORDS, classify_reply
from mailflatrate.mail.reading.values import ReturnedMessageKind

HEAD = "From: Dora <dora@empfang.example>\nTo: anna@muster.example\n"


def kind_of(header: str, body: str = "") -> ReturnedMessageKind:
    return classify_reply(parse(f"{HEAD}{header}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n".encode()))


@pytest.mark.parametrize("keyword", sorted(UNSUBSCRIBE_KEYWORDS))
def test_keyword_alone_unsubscribes_in_subject_and_in_body(keyword: str) -> None:
    assert kind_of(f"Subject: {keyword.upper()}!") is ReturnedMessageKind.UNSUBSCRIBE
    assert kind_of(f"Subject: Re: AW: {keyword}") is ReturnedMessageKind.UNSUBSCRIBE
    assert kind_of("Subject: Re: Neues", f"{keyword.capitalize()}.\n\n> Guten Tag") is ReturnedMessageKind.UNSUBSCRIBE


@pytest.mark.parametrize(
    "text",
    [
        "How do I unsubscribe?",
        "Please do not unsubscribe me",
        "stop by on Friday",
        "Bitte nicht abmelden",
        "remove the second item",
    ],
)
def test_keyword_within_a_sentence_does_not(text: str) -> None:
    assert kind_of(f"Subject: {text}") is ReturnedMessageKind.OTHER
    assert kind_of("Subject: Re: Neues\nIn-Reply-To: <1@flat.example>", text) is ReturnedMessageKind.REPLY


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Re: Neues\nAuto-Submitted: auto-replied",
        "Subject: Re: Neues\nAuto-Submitted: auto-replied (vacation)",
        "Subject: Re: Neues\nX-Autoreply: yes",
        "Subject: Re: Neues\nPrecedence: auto_reply",
        "Subject: Abwesenheitsnotiz: Neues",
        "Subject: Out of Office: Neues",
        "Subject: Automatische Antwort: Neues",
        "Subject: Automatic reply: Neues",
        "Subject: Réponse automatique : Neues",
        "Subject: [Automatyczna odpowiedź] Neues",
        "Subject: =?utf-8?b?6Ieq5YuV5b+c562U?=: Neues",
        "Subject: Odpowiedź automatyczna: Neues",
        "Subject: Otomatik Yanıt: Neues",
        "Subject: Automatikus válasz: Neues",
        "Subject: Dora is out of the office (returning 30.11.2026)",
    ],
)
def test_auto_reply_is_known_by_header_or_subject(header: str) -> None:
    assert (
        kind_of(header, "My mailbox is full of sand, I am unknown here until Monday.") is ReturnedMessageKind.AUTO_REPLY
    )


def test_auto_submitted_no_is_a_person() -> None:
    assert (
        kind_of("Subject: Re: Neues\nIn-Reply-To: <1@x.example>\nAuto-Submitted: no", "Danke")
        is ReturnedMessageKind.REPLY
    )


def test_list_mail_is_no_reply() -> None:
    assert (
        kind_of("Subject: Re: [talk] unsubscribe rates\nList-Id: <talk.example>\nIn-Reply-To: <1@x.example>")
        is ReturnedMessageKind.OTHER
    )


@pytest.mark.parametrize(
    "body",
    [
        "This account is protected by Guard. Please click on the following link to have your address added to the "
        "recipient's allowed list.",
        "Your message is waiting for your verification before it is delivered.",
        "To control spam, I now allow incoming messages only from senders I have approved beforehand.",
        "Bitte bestätigen Sie einmalig Ihre Adresse, damit Ihre Nachricht zugestellt wird.",
    ],
)
def test_challenge_needs_an_answer_that_demands_proof(body: str) -> None:
    assert kind_of("Subject: Re: Neues\nIn-Reply-To: <1@flat.example>", body) is ReturnedMessageKind.CHALLENGE
    assert kind_of("Subject: Neues aus der Technik", body) is ReturnedMessageKind.OTHER


def test_challenge_service_is_known_by_its_sender() -> None:
    head = b"From: noreply@boxbe.com\nSubject: Re: Neues\n\n"
    assert classify_reply(parse(head + b"Hello, please verify that you wrote this.\n")) is ReturnedMessageKind.CHALLENGE
    assert classify_reply(parse(head + b"Hello\n")) is ReturnedMessageKind.REPLY


def test_reports_of_machines() -> None:
    dmarc = (
        "Subject: Report domain: muster.example Submitter: postfach.example Report-ID: 1\nMIME-Version: 1.0\n"
        'Content-Type: application/gzip; name="postfach.example!muster.example!1795478400!1795564799.xml.gz"\n'
    )
    assert classify_reply(parse(f"{HEAD}{dmarc}\nx\n".encode())) is ReturnedMessageKind.REPORT
    assert (
        kind_of("Subject: Report Domain: flat.example\nTLS-Report-Domain: flat.example") is ReturnedMessageKind.REPORT
    )
    invoice = 'Subject: Invoice\nContent-Type: application/zip; name="invoice.zip"\n'
    assert classify_reply(parse(f"{HEAD}{invoice}\nx\n".encode())) is ReturnedMessageKind.OTHER


def test_receipt_is_a_disposition_notification() -> None:
    raw = b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead.\n--b--\n"
    assert classify_reply(parse(raw)) is ReturnedMessageKind.RECEIPT


SENDER = "Muster Feinkost <anna@muster.example>"
TO = "dora@empfang.example"

FORMS = {
    "gmail": f"""Kein Interesse!

---------- Forwarded message ---------
Von: {SENDER}
Date: Di., 24. Nov. 2026 um 10:00 Uhr
Subject: Neues
To: <{TO}>

Guten Tag""",
    "apple": f"""> Anfang der weitergeleiteten Nachricht:
>
> Von: {SENDER}
> Betreff: Neues
> Datum: 24. November 2026 um 10:00:00 MEZ
> An: {TO}
>
> Guten Tag""",
    "outlook": f"""Bitte prüfen.

________________________________
Von: {SENDER}
Gesendet: Dienstag, 24. November 2026 10:00
An: {TO} <{TO}>
Betreff: Neues

Guten Tag""",
    "outlook_bold": f"""*From:* {SENDER}
*Sent:* Tuesday, November 24, 2026 10:00
*To:* {TO}
*Subject:* Neues

Guten Tag""",
    "thunderbird": f"""-------- Weitergeleitete Nachricht --------
Betreff: \tNeues
Datum: \tTue, 24 Nov 2026 10:00:00 +0100
Von: \t{SENDER}
An: \t{TO}


Guten Tag""",
    "yahoo": f""" ----- Weitergeleitete Nachricht ----- Von: {SENDER}An: "{TO}" <{TO}>Gesendet: 24.11.2026Betreff: Neues
 Guten Tag""",
    "french": f"""---------- Message transféré ---------
De : {SENDER}
Date : mardi 24 novembre 2026 à 10:00
Objet : Neues
À : {TO}

Bonjour""",
    "russian": f"""-------- Перенаправленное сообщение --------
Тема: \tNeues
Дата: \tTue, 24 Nov 2026 10:00:00 +0100
От: \t{SENDER}
Кому: \t{TO}

Guten Tag""",
    "chinese": f"""-----原始邮件-----
发件人：{SENDER}
发送日期：2026-11-24 10:00:00
收件人：{TO}
主题：Neues

Guten Tag""",
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_forward_is_found_with_sender_recipient_and_subject(form: str) -> None:
    found = find_forward(FORMS[form], "WG: Neues")
    assert found is not None
    assert "anna@muster.example" in found.sender
    assert TO in found.to
    assert found.subject == "Neues"


#: From, sent, to and subject as Apple Mail, Outlook, eM Client and HubSpot name them.
LOCALES = {
    "ar": ("من", "تاريخ", "إلى", "الموضوع"),
    "bg": ("От", "Изпратено", "До", "Относно"),
    "ca": ("De", "Data", "Per a", "Assumpte"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "en": ("From", "Sent", "To", "Subject"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "et": ("Saatja", "Saadetud", "Adressaat", "Teema"),
    "eu": ("Nork", "Data", "Nori", "Gaia"),
    "fa": ("از", "تاریخ", "به", "موضوع"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "he": ("מאת", "תאריך", "אל", "נושא"),
    "hi": ("प्रेषक", "दिनांक", "प्रति", "विषय"),
    "hr": ("Šalje", "Poslano", "Prima", "Predmet"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "id": ("Dari", "Tanggal", "Kepada", "Perihal"),
    "is": ("Frá", "Dagsetning", "Til", "Efni"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "kk": ("Кімнен", "Күні", "Кімге", "Тақырып"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "lt": ("Nuo", "Išsiųsta", "Kam", "Tema"),
    "lv": ("No", "Nosūtīts", "Kam", "Tēma"),
    "mk": ("Од", "Датум", "До", "Предмет"),
    "ms": ("Daripada", "Tarikh", "Kepada", "Subjek"),
    "nb": ("Fra", "Dato", "Til", "Emne"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "pt": ("De", "Enviada em", "Para", "Assunto"),
    "ro": ("Expeditor", "Data", "Destinatar", "Subiectul"),
    "ru": ("Отправитель", "Дата", "Получатель", "Тема"),
    "sk": ("Od", "Odoslané", "Pre", "Predmet"),
    "sl": ("Od", "Poslano", "Za", "Zadeva"),
    "sq": ("Nga", "Data", "Për", "Subjekti"),
    "sr": ("Шаље", "Датум", "За", "Наслов"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "th": ("จาก", "วันที่", "ถึง", "หัวเรื่อง"),
    "tr": ("Kimden", "Tarih", "Kime", "Konu"),
    "uk": ("Від", "Надіслано", "Кому", "Тема"),
    "vi": ("Từ", "Ngày", "Đến", "Chủ đề"),
    "zh-CN": ("发件人", "发送时间", "收件人", "主题"),
    "zh-TW": ("寄件者", "寄件日期", "收件者", "主旨"),
}
LABEL_FORMS = {
    "colon": "{label}: {value}",
    "bold": "*{label}:* {value}",
    "brackets": "({label}): {value}",
    "all in brackets": "({label}: {value})",
    "translated": "{label} (x): {value}",
    "tab": "{label}\t{value}",
    "gap": "{label}    {value}",
    "own line": "{label}:\n{value}",
}


@pytest.mark.parametrize("form", sorted(LABEL_FORMS))
@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_labels_of_every_locale_in_every_form(locale: str, form: str) -> None:
    values = (SENDER, "24.11.2026 10:00", TO, "Neues")
    lines = [
        LABEL_FORMS[form].format(label=label, value=value) for label, value in zip(LOCALES[locale], values, strict=True)
    ]
    found = find_forward("Not for me.\n\n" + "\n".join(lines) + "\n\nGuten Tag", "Fwd: Neues")
    assert found is not None
    assert "anna@muster.example" in found.sender
    assert TO in found.to
    assert found.subject.rstrip(")") == "Neues"


def test_the_subject_stands_in_a_table_of_thunderbird() -> None:
    rows = "".join(
        f"<tr>\n<th align=RIGHT>{label}: </th>\n<td>{value}</td>\n</tr>\n"
        for label, value in (("Betreff", "Neues"), ("Datum", "24.11.2026"), ("Von", "anna@muster.example"), ("An", TO))
    )
    text = html_to_text(f"<p>-------- Weitergeleitete Nachricht --------</p><table><tbody>{rows}</tbody></table>Hallo")
    found = find_forward(text, "")
    assert found is not None
    assert (found.sender, found.to, found.subject) == ("anna@muster.example", TO, "Neues")


def test_the_line_above_a_quoted_answer_is_no_forward() -> None:
    for line in (f"On 24 Nov 2026, at 10:00, {SENDER} wrote:", f"Am 24.11.2026 um 10:00 schrieb {SENDER}:"):
        assert find_forward(f"Thanks.\n\n{line}\n\n> Guten Tag\n", "Fwd: Neues") is None
        assert find_forward(f"Thanks.\n\n{line}\n\nGuten Tag\n", "Neues") is None


def test_fields_of_a_reply_are_no_forward_unless_a_line_says_so() -> None:
    assert find_forward(FORMS["outlook"], "AW: Neues") is None
    assert find_forward(FORMS["gmail"], "Re: Neues") is not None


def test_outlook_for_the_mac_forwards_under_a_wrote_line() -> None:
    text = f"\ufeffAm 24.11.26, 10:00 schrieb {SENDER}:\n\n    Guten Tag\n".replace("schrieb " + SENDER, SENDER)
    found = find_forward(text, "WG: Neues")
    assert found is not None
    assert (found.sender, found.subject) == ("anna@muster.example", "Neues")
    assert find_forward(text, "AW: Neues") is None
    assert find_forward(text.removeprefix("\ufeff"), "Neues") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "From: here to eternity\nTo: be or not to be\n",
        "Von: Hand gemacht\n\nAn: alle\n",
        "Date: tomorrow\nSubject: to change\n",
        "I wrote to: anna@muster.example\n",
    ],
)
def test_prose_is_no_forward(text: str) -> None:
    assert find_forward(text, "Hallo") is None


def test_prefixes_of_subjects() -> None:
    for subject in (
        "Fwd: x",
        "FW: x",
        "WG: x",
        "TR: x",
        "RV: x",
        "ENC: x",
        "I: x",
        "PD: x",
        "VS: x",
        "İLT: x",
        "Redir.: x",
    ):
        assert is_forward_subject(subject), subject
        assert strip_prefixes(subject) == "x"
    for subject in ("Re: x", "AW: x", "SV: x", "Odp: x", "Re[2]: x"):
        assert is_reply_subject(subject), subject
        assert not is_forward_subject(subject)
    for subject in ("x", "10:30 Treffen", "Neues: alles"):
        assert not is_forward_subject(subject)
        assert strip_prefixes(subject) == subject
    assert strip_prefixes("AW: WG: Re: x") == "x"
