"""One-sentence notices without a status part, from a postmaster or a daemon, in the languages of the mail world."""

from email.header import Header

import pytest

from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.values import ReturnedMessageKind

GONE = "dora@empfang.example"

#: Language -> subject and the sentence; {} is the address. Every one says that the address does not exist.
NOTICES = {
    "bg": ("Недоставено съобщение", "Вашето съобщение до {} не беше доставено, защото адресът не съществува."),
    "cs": ("Nedoručená zpráva", "Vaše zpráva pro {} nebyla doručena, protože adresa neexistuje."),
    "da": ("Meddelelse ikke leveret", "Din meddelelse til {} blev ikke leveret, fordi adressen ikke findes."),
    "de": ("Unzustellbar", "Ihre Nachricht an {} wurde nicht zugestellt, weil die Adresse nicht existiert."),
    "el": ("Αποτυχία", "Το μήνυμά σας προς {} δεν παραδόθηκε επειδή η διεύθυνση δεν υπάρχει."),
    "en": ("Your message", "Your message to {} was not delivered because the address does not exist."),
    "es": ("Mensaje devuelto", "Su mensaje a {} no fue entregado porque la dirección no existe."),
    "et": ("Teade", "Teie kirja aadressile {} ei õnnestunud kohale toimetada, sest aadressi ei ole olemas."),
    "fi": ("Viestiä ei toimitettu", "Viestiäsi osoitteeseen {} ei toimitettu, koska osoitetta ei ole olemassa."),
    "fr": ("Message non remis", "Votre message à {} n'a pas été remis car l'adresse n'existe pas."),
    "hr": ("Poruka", "Vaša poruka za {} nije isporučena jer adresa ne postoji."),
    "hu": ("Kézbesítési hiba", "Az Ön üzenetét nem kézbesítettük {} részére, mert a cím nem létezik."),
    "it": ("Mancata consegna", "Il Suo messaggio a {} non è stato consegnato perché l'indirizzo non esiste."),
    "ja": ("お知らせ", "{} 宛てのメールは、アドレスが存在しないため配信されませんでした。"),
    "ko": ("알림", "{} 로 보낸 메일은 주소가 존재하지 않아 전달되지 않았습니다."),
    "lt": ("Pranešimas", "Jūsų laiškas adresu {} nebuvo pristatytas, nes toks adresas neegzistuoja."),
    "lv": ("Paziņojums", "Jūsu ziņojums uz {} netika piegādāts, jo adrese neeksistē."),
    "nb": ("Melding ikke levert", "Meldingen din til {} ble ikke levert fordi adressen ikke finnes."),
    "nl": ("Niet bezorgd", "Uw bericht aan {} is niet bezorgd omdat dit e-mailadres niet bestaat."),
    "pl": ("Nie dostarczono", "Twoja wiadomość do {} nie została dostarczona, ponieważ adres nie istnieje."),
    "pt": ("Mensagem devolvida", "A sua mensagem para {} não foi entregue porque o endereço não existe."),
    "ro": ("Mesaj", "Mesajul dvs. către {} nu a fost livrat deoarece adresa nu există."),
    "ru": ("Сообщение", "Ваше сообщение для {} не доставлено, так как адрес не существует."),
    "sk": ("Nedoručená správa", "Vaša správa pre {} nebola doručená, pretože adresa neexistuje."),
    "sl": ("Sporočilo", "Vaše sporočilo za {} ni bilo dostavljeno, ker naslov ne obstaja."),
    "sv": ("Meddelande ej levererat", "Ditt meddelande till {} levererades inte eftersom adressen inte finns."),
    "tr": ("İletilemedi", "{} adresine gönderdiğiniz ileti, adres mevcut olmadığı için teslim edilemedi."),
    "uk": ("Лист", "Ваш лист до {} не доставлено, оскільки адреса не існує."),
    "vi": ("Thông báo", "Thư của bạn gửi đến {} không được gửi đi vì địa chỉ không tồn tại."),
    "zh": ("通知", "您发往 {} 的邮件未能送达,因为该地址不存在。"),
}


def notice(subject: str, body: str, *, sender: str = "postmaster@empfang.example", submitted: str = "") -> bytes:
    fields = [
        "Return-Path: <>",
        f"From: <{sender}>",
        "To: bounce@news.muster.example",
        f"Subject: {Header(subject, 'utf-8').encode()}",
        "Content-Type: text/plain; charset=utf-8",
    ]
    if submitted:
        fields.append(f"Auto-Submitted: {submitted}")
    return "\n".join([*fields, "", body, ""]).encode()


@pytest.mark.parametrize("sender", ["postmaster@empfang.example", "MAILER-DAEMON@empfang.example"])
@pytest.mark.parametrize("submitted", ["", "auto-replied"])
@pytest.mark.parametrize("language", sorted(NOTICES))
def test_one_sentence_is_a_hard_bounce_of_its_address(language: str, submitted: str, sender: str) -> None:
    subject, sentence = NOTICES[language]
    seen = inspect_message(notice(subject, sentence.format(GONE), sender=sender, submitted=submitted))
    assert (seen.is_bounce, seen.recipients, seen.hard) == (True, (GONE,), True)


@pytest.mark.parametrize("language", sorted(NOTICES))
def test_a_neutral_subject_does_not_hide_it(language: str) -> None:
    seen = inspect_message(notice("Info", NOTICES[language][1].format(GONE)))
    assert (seen.is_bounce, seen.recipients) == (True, (GONE,))


#: The address at the end, the reason in a subordinate clause or not at all: hard, or None where nothing says so.
WORDINGS = {
    "es, at the end": (f"Su mensaje no pudo ser entregado a {GONE}.", False),
    "fr, at the end": (f"Votre message n'a pas pu être remis à {GONE}.", False),
    "it, at the end": (f"Il messaggio non può essere recapitato a {GONE}.", False),
    "nl, verb last": (f"Het bericht aan {GONE} kon niet worden afgeleverd, omdat het adres niet meer bestaat.", True),
    "nl, known": (f"De e-mail aan {GONE} is niet afgeleverd, omdat deze gebruiker niet bekend is.", True),
    "sv, exists": (f"E-postadressen {GONE} existerar inte, meddelandet kunde inte levereras.", True),
    "sv, verb last": (f"Meddelandet till {GONE} kunde inte levereras då kontot inte längre existerar.", True),
    "da, verb last": (f"Beskeden til {GONE} kunne ikke leveres, da modtageren ikke eksisterer.", True),
    "nb, verb last": (f"E-posten til {GONE} kunne ikke leveres fordi mottakeren ikke eksisterer.", True),
    "tr, suffix": (f"{GONE}'a gönderilen iletiniz teslim edilemedi, böyle bir kullanıcı yok.", True),
    "tr, not found": (f"{GONE} adresi bulunamadığından iletiniz ulaştırılamadı.", True),
    "de, full": (f"Ihre Nachricht an {GONE} konnte nicht zugestellt werden, weil das Postfach voll ist.", False),
    "pl, full": (f"Wiadomość do {GONE} nie została dostarczona, skrzynka jest pełna.", False),
}


@pytest.mark.parametrize("case", sorted(WORDINGS))
def test_wordings_of_a_postmaster(case: str) -> None:
    body, hard = WORDINGS[case]
    seen = inspect_message(notice("Info", body))
    assert (seen.is_bounce, seen.recipients, seen.hard) == (True, (GONE,), hard)


@pytest.mark.parametrize(
    "body",
    [
        "Ich bin bis zum 3. Mai nicht im Büro. Wenden Sie sich an dora@empfang.example.",
        "We have received your message and will answer soon. Write to dora@empfang.example in urgent cases.",
        "Je suis absent, votre message n'a pas été lu. Contact: dora@empfang.example.",
        "Ik ben niet op kantoor; mail dora@empfang.example.",
    ],
)
def test_a_postmaster_on_holiday_reports_no_failure(body: str) -> None:
    assert not inspect_message(notice("Abwesenheit", body, submitted="auto-replied")).is_bounce


DELAYS = (
    "Your message to {} has been delayed. We will keep trying for 3 more days.",
    "We have been unable to deliver to {} for 4 hours. Delivery attempts will continue.",
    "This is a warning message only. Your message to {} is waiting in the queue.",
    "Ihre Nachricht an {} konnte noch nicht zugestellt werden. Wir versuchen es weiter.",
    "Votre message à {} n'a pas encore été remis. Nous réessayons pendant 3 jours.",
    "Il messaggio per {} non è stato ancora consegnato, riproveremo.",
    "Su mensaje a {} aún no se ha entregado. Seguiremos intentándolo.",
    "Uw bericht aan {} is vertraagd; we blijven het proberen.",
    "Twoja wiadomość do {} jest opóźniona. Będziemy ponawiać próby.",
)


@pytest.mark.parametrize("sender", ["postmaster@empfang.example", "MAILER-DAEMON@empfang.example"])
@pytest.mark.parametrize("body", DELAYS)
def test_a_delay_in_one_sentence_is_a_delay(body: str, sender: str) -> None:
    seen = inspect_message(notice("Info", body.format(GONE), sender=sender))
    assert (seen.kind, seen.recipients, seen.hard) == (ReturnedMessageKind.DELAY, (GONE,), False)


CHALLENGES = (
    "Ihre Nachricht wird zurückgehalten. Bitte bestätigen Sie durch Klick auf den Link, dass Sie ein Mensch sind.",
    "Ihre E-Mail an {} wurde noch nicht zugestellt. Bitte bestätigen Sie Ihre Absenderadresse.",
    "Dieses Postfach ist geschützt. Antworten Sie auf diese E-Mail, um Ihre Nachricht freizugeben.",
    "Ich nutze einen Spamschutz. Antworten Sie einmalig auf diese Mail, damit Ihre Nachricht zugestellt werden kann.",
)


@pytest.mark.parametrize("body", CHALLENGES)
def test_a_german_challenge_is_no_failure(body: str) -> None:
    raw = notice("Anmeldung bestätigen", body.format(GONE), sender=GONE, submitted="auto-replied")
    assert inspect_message(raw).kind is ReturnedMessageKind.CHALLENGE


def test_a_demand_in_the_words_of_a_mail_system_is_no_failure() -> None:
    """TMDA opens as Exim does; a bounce that quotes a reply of a server stays one, whatever it says besides."""
    opening = "This message was created automatically by mail delivery software"
    demand = (
        f"{opening} (TMDA).\n\nYour message is being held because the address\n<news@versand.example> has not been "
        f"verified.\n\nTo release it, please send an empty message to confirm-17@empfang.example\n"
    )
    assert (
        inspect_message(notice("Confirm your sign-up", demand, sender=GONE, submitted="auto-replied")).kind
        is ReturnedMessageKind.CHALLENGE
    )
    failed = (
        f"{opening}.\n\nA message that you sent could not be delivered to one or more of its recipients.\n\n"
        f"  {GONE}\n    550 5.1.1 User unknown. To deliver your message, reply to our postmaster.\n"
    )
    seen = inspect_message(notice("Mail delivery failed", failed, sender="mailer-daemon@empfang.example"))
    assert (seen.kind, seen.recipients, seen.hard) == (ReturnedMessageKind.BOUNCE, (GONE,), True)


def test_a_romanian_forward_is_read_with_its_subject() -> None:
    forward = (
        "-------- Mesaj transmis mai departe --------\nSubiect: \tNoutăți\nDată: \tTue, 24 Nov 2026 10:00:00 +0100\n"
        "De la: \tAnna <anna@muster.example>\nCătre: \tdora@empfang.example\n\nText\n"
    )
    raw = notice("Fwd: Noutăți", forward, sender=GONE).replace(b"Return-Path: <>\n", b"")
    original = inspect_message(raw).original
    assert original is not None
    assert (original.sender, original.subject) == ("Anna <anna@muster.example>", "Noutăți")
