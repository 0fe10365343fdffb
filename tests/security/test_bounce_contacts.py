"""Addresses that a notice offers as a contact, or says that it went to, are never taken for the failed recipient."""

import pytest

from mailflatrate.mail.inspect import inspect_message

GONE = "weg171@kunde.example"
DESK = "impressum@anbieter.example"

#: What a notice says of the desk, by language; {} is its address.
CONTACTS = {
    "bg": "При въпроси се свържете с {}.",
    "cs": "S dotazy se obracejte na {}.",
    "da": "Kontakt venligst {} ved spørgsmål.",
    "de": "Bitte wenden Sie sich bei Fragen an {}.",
    "de, verb last": "Falls Sie Hilfe brauchen, schreiben Sie bitte an {}.",
    "el": "Για ερωτήσεις επικοινωνήστε με {}.",
    "en": "Please direct questions to {}.",
    "en, contact": "If you need assistance, contact {}.",
    "en, sent": "We sent this notice to {}.",
    "en, was sent": "This notification was sent to {}.",
    "en, reach": "You can reach us at {}.",
    "en, believe": "If you believe this is an error, e-mail {}.",
    "es": "Si tiene preguntas, póngase en contacto con {}.",
    "et": "Küsimuste korral võtke ühendust aadressil {}.",
    "fi": "Ota kysymyksissä yhteyttä osoitteeseen {}.",
    "fr": "Pour toute question, adressez-vous à {}.",
    "fr, write": "Merci d'écrire à {} pour obtenir de l'aide.",
    "he": "לשאלות פנו אל {}.",
    "hr": "Za pitanja se obratite na {}.",
    "hu": "Kérdés esetén írjon a {} címre.",
    "id": "Silakan hubungi {} bila ada pertanyaan.",
    "it": "Per domande rivolgersi a {}.",
    "ja": "お問い合わせは {} までお願いします。",
    "ko": "문의 사항은 {} 로 연락해 주십시오.",
    "lt": "Turėdami klausimų kreipkitės adresu {}.",
    "lv": "Jautājumu gadījumā sazinieties ar {}.",
    "nb": "Ta kontakt med {} hvis du har spørsmål.",
    "nl": "Neem voor vragen contact op met {}.",
    "pl": "W razie pytań prosimy o kontakt: {}.",
    "pt": "Em caso de dúvidas, contacte {}.",
    "ro": "Pentru întrebări contactați {}.",
    "ru": "По всем вопросам обращайтесь на {}.",
    "sk": "S otázkami sa obráťte na {}.",
    "sl": "Za vprašanja se obrnite na {}.",
    "sv": "Vänligen kontakta {} vid frågor.",
    "tr": "Sorularınız için {} adresine yazın.",
    "uk": "З питаннями звертайтеся на {}.",
    "vi": "Vui lòng liên hệ {} nếu có thắc mắc.",
    "zh": "如有疑问,请联系 {}。",
}
#: How the notice names the mailbox that failed.
FAILURES = {
    "labelled": f"Empfänger: {GONE}\nGrund: Das Postfach existiert nicht mehr.\n",
    "alone": f"Your message could not be delivered:\n\n    {GONE}\n\nThe mailbox does not exist.\n",
    "sentence": f"Your message to {GONE} was not delivered because the mailbox does not exist.\n",
    "nobody": "Your message was not delivered because the mailbox doesn't exist.\n",
}


def notice(body: str, sender: str = "postmaster@anbieter.example", to: str = "bounce@news.muster.example") -> bytes:
    return (
        f"Return-Path: <>\nFrom: <{sender}>\nTo: <{to}>\nSubject: Unzustellbar\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}"
    ).encode()


@pytest.mark.parametrize("failure", sorted(FAILURES))
@pytest.mark.parametrize("language", sorted(CONTACTS))
def test_whom_to_contact_is_no_recipient(language: str, failure: str) -> None:
    contact = CONTACTS[language].format(DESK)
    for body in (
        f"{FAILURES[failure]}\n{contact}\n",
        f"{FAILURES[failure]}{contact}\n",
        f"{contact}\n\n{FAILURES[failure]}",
    ):
        seen = inspect_message(notice(body))
        assert seen.recipients == (() if failure == "nobody" else (GONE,)), body


#: Labels of a recipient line, with the language's own words for the rest left out.
LABELS = (
    "Recipient", "Failed recipient", "Final recipient", "Email address", "Empfänger", "Empfängeradresse",
    "Destinataire",
    "Destinatario", "Destinatário", "Ontvanger", "Odbiorca", "Adresat", "Příjemce", "Príjemca", "Címzett",
    "Destinatar", "Mottagare", "Modtager", "Mottaker", "Vastaanottaja", "Saaja", "Saņēmējs", "Gavėjas", "Alıcı",
    "Παραλήπτης", "Получатель", "Одержувач", "Получател", "Primatelj", "Prejemnik", "נמען", "المستلم",
    "Người nhận", "Penerima", "收件人", "宛先", "수신자",
)  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_a_labelled_recipient_decides_alone(label: str) -> None:
    body = f"Delivery failed.\n\n{label}: {GONE}\n\nIt was relayed by relais@anbieter.example for {DESK}\n\n{DESK}\n"
    assert inspect_message(notice(body)).recipients == (GONE,)


def test_several_labelled_recipients_are_all_named() -> None:
    body = f"Delivery failed.\n\nRecipient: {GONE}\nRecipient: dora@empfang.example\n\nQuestions: {DESK}\n"
    assert inspect_message(notice(body)).recipients == (GONE, "dora@empfang.example")


def test_an_address_of_the_readers_own_domain_is_no_recipient_unless_labelled() -> None:
    prose = "Your message could not be delivered, user unknown. It came from us: neues@news.muster.example\n"
    assert inspect_message(notice(prose)).recipients == ()
    both = f"Your message to {GONE} could not be delivered. We told neues@news.muster.example.\n"
    assert inspect_message(notice(both)).recipients == (GONE,)
    labelled = "Delivery failed, user unknown.\n\nRecipient: dora@news.muster.example\n"
    assert inspect_message(notice(labelled)).recipients == ("dora@news.muster.example",)


@pytest.mark.parametrize(
    "body",
    [
        f"This report relates to a message you sent to {GONE}, which could not be delivered.\n",
        f"{GONE} could not be reached. Please contact {DESK} for help.\n",
        f"The message you sent to {GONE} could not be delivered, please ask {DESK} why.\n",
        f"This notice was sent because your message to {GONE} was not delivered.\n",
    ],
)
def test_the_failed_address_survives_a_contact_beside_it(body: str) -> None:
    assert inspect_message(notice(body)).recipients == (GONE,)
