"""Thirty messages that answer what their reader did: orders, accounts, appointments, notices of machines."""

from __future__ import annotations

from dataclasses import replace

from extensions.lint.lint_set.build import DATE, Change, Draft, Labeled, received, verdicts
from extensions.lint.lint_set.bulk import broken, by_the_service, field, html, unsigned

ONCE = frozenset({"dkim-oversigned"})


def notice(sender: str, subject: str, text: str, *more: str, html_too: bool = True) -> Draft:
    domain = sender.rpartition("@")[2].rstrip(">")
    page = f'<html><body style="background-color:#ffffff;color:#222222"><p>{text}</p></body></html>'
    return Draft(
        head=(
            f"From: {sender}", "To: dora@reader.example", f"Subject: {subject}", f"Date: {DATE}",
            f"Message-ID: <5f6e7d@{domain}>", *more,
        ),
        text=text, html=page if html_too else "", signed_by=domain, on_the_way=(*received(domain), verdicts(domain)),
    )  # fmt: skip


AUTO = "Auto-Submitted: auto-generated"
FEEDBACK = "Feedback-ID: 1.eu-west-1.abc:AmazonSES"
WAY_OUT = "List-Unsubscribe: <https://{0}/settings/1>"


def _set() -> tuple[tuple[str, Draft, tuple[Change, ...], set[str]], ...]:
    return (
        ("order", notice("Oak and Pine <orders@oakandpine.com>", "Your order 10077 is confirmed",
                         "Thank you for your order 10077. Two chairs, 240.00 EUR. We'll ship it tomorrow."), (), set()),
        ("invoice", notice("Stadtwerke <rechnung@stadtwerk.de>", "Ihre Rechnung 2026-11",
                           "Ihre Rechnung finden Sie im Kundenkonto: https://stadtwerk.de/konto"), (), set()),
        ("password", notice("Forum <noreply@forum.net>", "Reset your password",
                            "Use this link to reset your password: https://forum.net/reset/8f2 It expires in an hour.",
                            AUTO), (), {"sender-answerable"}),
        ("code", notice("Bank <security@bankhaus.com>", "Your verification code",
                        "Your code is 447 912. It expires in ten minutes.", html_too=False), (), set()),
        ("shipping", notice("Paketdienst <info@paketweg.de>", "Ihr Paket kommt morgen",
                            "Ihre Sendung 7781 wird morgen zugestellt: https://paketweg.de/t/7781", AUTO), (), set()),
        ("shipping-ses", notice("Boots <orders@boots4.com>", "Your package has shipped",
                                "Track your package at https://boots4.com/track/5", FEEDBACK), (), set()),
        ("booking", notice("Hotel Sole <prenotazioni@hotelsole.it>", "Conferma della prenotazione 331",
                           "La sua prenotazione 331 è confermata: due notti dal 3 gennaio."), (), set()),
        ("ticket", notice("Bahnreise <tickets@bahnreise.de>", "Ihre Buchung 88ZX",
                          "Ihr Ticket für die Fahrt am 4. Dezember liegt im Konto."), (), set()),
        ("support", notice("Support <help@toolbox.io>", "[Ticket 551] Printer does not start",
                           "We received your request 551 and will answer within a day.",
                           "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"), (), set()),
        ("login", notice("Toolbox <security@toolbox.io>", "New sign-in to your account",
                         "Somebody signed in to your account from Kiel. Not you? https://toolbox.io/lock"), (), set()),
        ("code-host", notice("octo <notifications@codehost.dev>", "[garden/spade] Handle breaks (Issue 12)",
                             "It breaks again. Reply to this message or see https://codehost.dev/12",
                             "List-Id: garden/spade <spade.garden.codehost.dev>",
                             "List-Post: <mailto:reply+77@reply.codehost.dev>", "Precedence: list",
                             "List-Unsubscribe: <https://codehost.dev/mute/12>",
                             "X-Auto-Response-Suppress: All"), (), set()),
        ("statement", notice("Bank <konto@bankhaus.com>", "Ihr Kontoauszug November liegt bereit",
                             "Der Kontoauszug liegt im Postfach Ihres Kontos."), (), set()),
        ("appointment", notice("Praxis Dr. Lind <termin@praxislind.de>", "Erinnerung an Ihren Termin am 3. Dezember",
                               "Ihr Termin: 3. Dezember, 9 Uhr. Absage bitte bis morgen."), (), set()),
        ("confirm", notice("Kursladen <post@kursladen.de>", "Bitte bestätigen Sie Ihre Anmeldung".replace("ä", "ae"),
                           "Bestaetigen Sie die Anmeldung: https://kursladen.de/b/55 Ohne Klick passiert nichts."),
         (), set()),
        ("monitor", notice("Monitor <alerts@uptimer.net>", "Alert: disk 91 % full on web2",
                           "Host web2, disk 91 % full since 09:12.", AUTO, html_too=False), (), set()),
        ("cron", notice("Cron Daemon <root@web2.uptimer.net>", "Cron <root@web2> /usr/bin/backup",
                        "backup: 12 files copied", AUTO, html_too=False), (unsigned,), {"dkim-holds"}),
        ("payment", notice("Zahlweg <service@zahlweg.com>", "Receipt for your payment to Oak and Pine",
                           "You paid 240.00 EUR to Oak and Pine. Receipt 5512."), (), set()),
        ("refund", notice("Zahlweg <service@zahlweg.com>", "Your refund is on its way",
                          "We sent 240.00 EUR back to your card."), (broken,), {"dkim-holds"}),
        ("order-unsigned", notice("Cave du Port <commande@caveduport.fr>", "Votre commande 19 est expediee",
                                  "Votre commande 19 est partie hier."), (unsigned,), {"dkim-holds"}),
        ("order-esp-signed", notice("Rutas Mar <pedidos@rutasmar.es>", "Su pedido 20 ha sido enviado",
                                    "Su pedido 20 va de camino."),
         (by_the_service("mailer-77.net"),), {"domain-aligned"}),
        ("two-froms", notice("Libriamo <ordini@libriamo.it>, Extra <x@libriamo.it>", "Il tuo ordine 5",
                             "Il tuo ordine 5 arriva domani."), (), {"sender-single"}),
        ("http-link", notice("Toolbox <billing@toolbox.io>", "Your invoice for November",
                             "Your invoice for November: see your account."),
         (html('<a href="http://toolbox.io/bill">Open the invoice</a>'),), {"links-https"}),
        ("phishing", notice("Toolbox <billing@toolbox-pay.net>", "Your payment failed",
                            "Your payment failed. Sign in to your account."),
         (html('<a href="https://evil-77.net/x">https://www.toolbox.io/pay</a>'),), {"links-truthful"}),
        ("merge-tag", notice("Paketdienst <info@paketweg.de>", "Ihre Sendung {{ number }} ist unterwegs",
                             "Ihre Sendung ist unterwegs."), (), {"merge-tags-filled"}),
        ("calendar-service", notice("Planner <invites@planner.app>", "Booking confirmed: call with Anna",
                                    "Your booking is confirmed for 3 December, 10:00.", AUTO), (), set()),
        ("survey-of-order", notice("Oak and Pine <orders@oakandpine.com>", "Your receipt from Oak and Pine",
                                   "Receipt for order 10077. Two chairs.",
                                   WAY_OUT.format("oakandpine.com"), FEEDBACK), (), set()),
        ("away", notice("Paul Berg <paul@bergbau.de>", "Automatische Antwort: Angebot",
                        "Ich bin bis 1. Dezember nicht im Haus.", "Auto-Submitted: auto-replied",
                        "In-Reply-To: <1@reader.example>", html_too=False), (), set()),
        ("no-date", notice("Forum <post@forum.net>", "Confirm your account", "Confirm: https://forum.net/c/1"),
         (lambda d: replace(d, head=tuple(x for x in d.head if not x.startswith("Date")), signed_by=""),),
         {"header-complete", "dkim-holds"}),
        ("bad-date", notice("Forum <post@forum.net>", "Confirm your account", "Confirm: https://forum.net/c/1"),
         (field("Date: 24.11.2026 09:30"),), {"header-date"}),
        ("bank-via-filter", notice("Bank <konto@bankhaus.com>", "Ihre Kreditkartenabrechnung",
                                   "Die Abrechnung liegt im Postfach Ihres Kontos."),
         (lambda d: replace(d, on_the_way=("X-Spam-Report: für Müller geprüft", *d.on_the_way)),), set()),
    )  # fmt: skip


def transactional() -> tuple[Labeled, ...]:
    found = []
    for name, draft, changes, truths in _set():
        for change in changes:
            draft = change(draft)
            if change is broken:
                draft = replace(draft, damage=(("240.00", "240.01"),))
        notes = ONCE if draft.signed_by and "dkim-holds" not in truths else frozenset()
        eight_bit = set() if (draft.text + draft.html).isascii() else {"body-seven-bit"}
        kind = "transactional"
        found.append(Labeled(f"{kind}/{name}", kind, draft.bytes(), frozenset(truths | eight_bit) | notes))
    return tuple(found)
