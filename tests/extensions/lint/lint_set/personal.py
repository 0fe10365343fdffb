"""Thirty messages that a person wrote: to one other, to several, to a discussion list."""

from __future__ import annotations

from dataclasses import replace

from extensions.lint.lint_set.build import DATE, Draft, Labeled, received, verdicts

ANNA = "Anna Weber <anna@weberbau.de>"
PAUL = "Paul Berg <paul.berg@gmail.com>"
CALENDAR = """\
BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:77@weberbau.de
ORGANIZER:mailto:anna@weberbau.de
DTSTART:20261203T090000Z
SUMMARY:Baubesprechung
END:VEVENT
END:VCALENDAR
"""
RECEIPT = """\
--=_r
Content-Type: text/plain; charset=utf-8

Your message was read on 24 November.
--=_r
Content-Type: message/disposition-notification

Final-Recipient: rfc822;anna@weberbau.de
Disposition: manual-action/MDN-sent-manually; displayed
--=_r--
"""
FOOTER = "\n-- \nTo unsubscribe from this list visit https://lists.makers.example/options\n"


def note(
    sender: str, subject: str, text: str, *more: str, html: str = "", to: str = "To: dora@reader.example"
) -> Draft:
    domain = sender.rpartition("@")[2].rstrip(">")
    head = (f"From: {sender}", to, f"Subject: {subject}", f"Date: {DATE}", f"Message-ID: <CAF77x@{domain}>", *more)
    return Draft(head, text=text, html=html, signed_by=domain, on_the_way=(*received(domain), verdicts(domain)))


def posted(draft: Draft, *, footer: bool = True) -> Draft:
    """The same through a discussion list that adds its fields at the end of the header, and a footer."""
    fields = (
        "Sender: makers-bounces@lists.makers.example\nPrecedence: list\nList-Id: Makers <makers.lists.makers.example>\n"
        "List-Post: <mailto:makers@lists.makers.example>\nX-BeenThere: makers@lists.makers.example\n"
        "List-Unsubscribe: <https://lists.makers.example/options>,\n"
        " <mailto:makers-request@lists.makers.example?subject=unsubscribe>\nMIME-Version: 1.0"
    )
    damage = [("MIME-Version: 1.0", fields)]
    if footer:
        damage.append((draft.text, draft.text + FOOTER))
    way = (*received("lists.makers.example"), verdicts("lists.makers.example", "pass", "none", "none"))
    return replace(draft, damage=tuple(damage), on_the_way=way)


def unsigned(draft: Draft) -> Draft:
    """A small server without DKIM."""
    return replace(draft, signed_by="", on_the_way=draft.on_the_way[:2])


REPLY = ("In-Reply-To: <9@reader.example>", "References: <9@reader.example>")
QUOTED = "Gern, Donnerstag passt.\n\nAm 23. November schrieb Dora:\n> Wann hast du Zeit?\n> Dora"


def _set() -> tuple[tuple[str, Draft, set[str]], ...]:
    thunder, iphone = "User-Agent: Mozilla Thunderbird", "X-Mailer: iPhone Mail (22B91)"
    outlook = ("X-Mailer: Microsoft Outlook 16.0", "Thread-Index: AdtAbc77")
    broken = {"dkim-holds"}
    html = "<html><body><p>Hallo Dora,</p><p>bis Donnerstag.</p></body></html>"
    forward = (
        "Schau mal.\n\n---------- Forwarded message ---------\nFrom: Oak and Pine <news@oakandpine.com>\n"
        "Subject: New chairs\n\nUnsubscribe: https://oakandpine.com/u/7"
    )
    mixed = 'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_r"'
    invite = "Content-Type: text/calendar; method=REQUEST; charset=utf-8"
    return (
        ("reply", note(ANNA, "Re: Donnerstag", QUOTED, *REPLY, thunder), set()),
        ("reply-without-thread", note(ANNA, "AW: Angebot", "Das passt so. Gruss, Anna", *outlook), set()),
        ("gmail", note(PAUL, "photos", "Here are the photos from Sunday. See you, Paul"), set()),
        ("gmail-html", note(PAUL, "Sunday", "See you Sunday", html="<div dir=\"ltr\">See you Sunday</div>"), set()),
        ("iphone", note(PAUL, "late", "I'm ten minutes late. Sent from my iPhone", iphone), set()),
        ("outlook-html", note(ANNA, "Termin", "Hallo Dora, bis Donnerstag.", *outlook, html=html), set()),
        ("to-many", note(ANNA, "Grillen", "Wer bringt den Salat?", thunder,
                         to="To: a@x.example, b@x.example, c@x.example\nCc: d@x.example"), set()),
        ("own-server", unsigned(note(ANNA, "Schrauben", "Hast du noch Schrauben M6?", "User-Agent: Mutt/2.2")),
         broken),
        ("forward", note(ANNA, "Fwd: New chairs", forward, thunder), set()),
        ("forward-wg", note(ANNA, "WG: Stuhl", forward, *outlook), set()),
        ("calendar", Draft((f"From: {ANNA}", "To: dora@reader.example", "Subject: Einladung: Baubesprechung",
                            f"Date: {DATE}", "Message-ID: <77@weberbau.de>", invite), body=CALENDAR,
                           signed_by="weberbau.de", on_the_way=received("weberbau.de")), set()),
        ("receipt", Draft((f"From: {ANNA}", "To: dora@reader.example", "Subject: Read: Angebot", f"Date: {DATE}",
                           "Message-ID: <78@weberbau.de>", mixed), body=RECEIPT, signed_by="weberbau.de",
                          on_the_way=received("weberbau.de")), set()),
        ("list-post", posted(note(ANNA, "[makers] Glue for oak", "Which glue do you use for oak?", thunder)), set()),
        ("list-reply", posted(note(PAUL, "Re: [makers] Glue for oak", "Hide glue.\n\n> Which glue?", *REPLY)), set()),
        ("list-unsigned", posted(unsigned(note(ANNA, "[makers] Vice", "I sell a vice, 40 EUR.", thunder))), broken),
        ("list-no-footer", posted(note(ANNA, "[makers] Plane", "Who can sharpen a plane?", thunder), footer=False),
         set()),
        ("list-patch", posted(note(PAUL, "[PATCH] use ${SUBJECT} and {{name}}",
                                   "diff --git a/x b/x\n+echo ${SUBJECT}\n",
                                   "X-Mailer: git-send-email 2.47.0")), set()),
        ("list-from-rewritten", posted(note("'Anna Weber' via makers <makers@lists.makers.example>", "[makers] Saw",
                                            "Which saw for dovetails?", "Reply-To: anna@weberbau.de")), set()),
        ("minus-zero", note(ANNA, "Zeit", "Passt drei Uhr?").__class__(
            (f"From: {ANNA}", "To: dora@reader.example", "Subject: Zeit", "Date: Tue, 24 Nov 2026 08:30:00 -0000",
             "Message-ID: <9@weberbau.de>", thunder), text="Passt drei Uhr?", signed_by="weberbau.de",
            on_the_way=received("weberbau.de")), set()),
        ("ip-link", note(PAUL, "router", "The router is at http://192.168.1.1/ as before.", thunder), {"links-clean"}),
        ("short-link", note(PAUL, "film", "Watch this: https://youtu.be/x and https://bit.ly/3x", iphone),
         {"links-clean"}),
        ("shouting", note(ANNA, "DRINGEND BITTE LESEN HEUTE", "Der Keller steht unter Wasser.", thunder), set()),
        ("no-subject", note(PAUL, "", "ok", iphone), {"subject-present"}),
        ("signature-block", note(ANNA, "Angebot", "Anbei das Angebot.\n\n-- \nAnna Weber\nWeberbau GmbH, "
                                 "Hauptstrasse 3, 76133 Karlsruhe\nTel. 0721 12345", *outlook), set()),
        ("html-only", note(ANNA, "Plan", "", *outlook, html=html), set()),
        ("spam-report", replace(note(ANNA, "Plan B", "Wir nehmen Plan B.", thunder),
                                on_the_way=("X-Spam-Report: für Müller geprüft", *received("weberbau.de"))), set()),
        ("thread-of-four", note(PAUL, "Re: Sunday", "Fine.\n\n> Ten?\n>> Nine?", *REPLY,
                                to="To: a@x.example, b@x.example, c@x.example"), set()),
        ("gateway-disclaimer", replace(note(ANNA, "Vertrag", "Der Vertrag ist fertig.", *outlook),
                                       damage=(("fertig.", "fertig.\n\nVertraulich."),),
                                       on_the_way=received("weberbau.de")), broken),
        ("webmail", note("Dora K <dora.k@web.de>", "Rezept", "Hier das Rezept: 500 g Mehl, 2 Eier.",
                         "X-Originating-IP: 203.0.113.4"), set()),
        ("group-photo", note(PAUL, "Team photo", "All, the photo is on the share. Paul",
                             to="To: team@weberbau.de"), set()),
    )  # fmt: skip


def personal() -> tuple[Labeled, ...]:
    return tuple(
        Labeled(f"personal/{name}", "personal", draft.bytes(), frozenset(truths)) for name, draft, truths in _set()
    )
