"""Inline forwards in the forms and languages of the clients, written by us; replies are told from them."""

import pytest

from mailflatrate.mail.reading.forward import find_forward, is_forward_subject, is_reply_subject, strip_prefixes

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
