"""Forty campaigns, from senders who do it well to senders who do not."""

from __future__ import annotations

from dataclasses import replace

from extensions.lint.lint_set.build import DATE, Change, Draft, Labeled, received, verdicts

# Notes true of nearly every signed campaign: no one signs a missing second field, few give an end.
SIGNED = frozenset({"dkim-oversigned", "dkim-lifetime"})
WAYS_OUT = {
    "en": "Unsubscribe",
    "de": "Vom Newsletter abmelden",
    "fr": "Se désinscrire",
    "es": "Darse de baja",
    "it": "Cancella l'iscrizione",
    "nl": "Uitschrijven",
    "pl": "Wypisz się",
}
STORIES = {
    "en": "Our winter tools are here. Three new spades, a saw and a pair of gloves that keep your hands dry.",
    "de": "Die neuen Kurse beginnen im Januar. Töpfern, Nähen und Malen, jeweils am Abend, für Anfänger und Geübte.",
    "fr": "Les nouveaux vins sont arrivés. Goûtez trois bouteilles de nos voisins et découvrez leurs histoires.",
    "es": "Llegan las rutas de invierno. Caminos fáciles por la costa, con mapas y lugares para comer bien.",
    "it": "Arrivano i libri nuovi. Romanzi, racconti e una guida ai sentieri delle montagne vicine.",
    "nl": "De nieuwe fietsen staan klaar. Probeer ze in onze winkel en krijg advies van mensen die zelf fietsen.",
    "pl": "Nowe herbaty już czekają. Spróbuj trzech smaków z gór i przeczytaj, skąd pochodzą ich liście.",
}
PLACES = {
    "en": "12 High Street, Reading RG1 2AB, United Kingdom",
    "de": "Gartenstraße 8, 76133 Karlsruhe",
    "fr": "4 rue du Port, 33000 Bordeaux",
    "es": "Calle Mayor 15, 28013 Madrid",
    "it": "Via Roma 22, 10121 Torino",
    "nl": "Keizersgracht 100, 1015 AA Amsterdam",
    "pl": "ul. Długa 7, 31-147 Kraków",
}


def mailing(domain: str, name: str, language: str, subject: str, *more: str) -> Draft:
    """Return a campaign without a fault; `more` are header lines."""
    way, story, place = WAYS_OUT[language], STORIES[language], PLACES[language]
    imprint = f"{name}, {place}, hello@{domain}"
    return Draft(
        head=(
            f"From: {name} <news@{domain}>", "To: dora@reader.example", f"Subject: {subject}", f"Date: {DATE}",
            f"Message-ID: <20261124.77.a1@{domain}>", f"List-Id: {name} <news.{domain}>",
            f"List-Unsubscribe: <https://{domain}/u/77a1>, <mailto:leave@{domain}?subject=77a1>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click", f"Feedback-ID: c77:s2:{domain.split('.')[0]}",
            "X-Campaign-ID: c77", *more,
        ),
        text=f"{story}\n\nhttps://{domain}/winter\n\n{way}: https://{domain}/u/77a1\n{imprint}\n",
        html=f'<html lang="{language}"><head><title>{subject}</title></head>'
        f'<body style="background-color:#ffffff;color:#222222"><h1>{subject}</h1><p>{story}</p>'
        f'<p><a href="https://{domain}/winter">{domain}/winter</a></p>'
        f'<p><a href="https://{domain}/u/77a1">{way}</a></p><p>{imprint}</p></body></html>',
        signed_by=domain, on_the_way=(*received(domain), verdicts(domain)),
    )  # fmt: skip


def without(*names: str) -> Change:
    """Take header fields out."""
    prefixes = tuple(f"{name.lower()}:" for name in names)
    return lambda draft: replace(
        draft, head=tuple(line for line in draft.head if not line.lower().startswith(prefixes))
    )


def field(line: str) -> Change:
    """Put a header line in the place of the one with the same name, or at the end."""
    name = line.partition(":")[0].lower() + ":"

    def change(draft: Draft) -> Draft:
        head = [line if one.lower().startswith(name) else one for one in draft.head]
        return replace(draft, head=tuple(head) if line in head else (*head, line))

    return change


def words(old: str, new: str) -> Change:
    """Replace a piece of both parts."""
    return lambda draft: replace(draft, text=draft.text.replace(old, new), html=draft.html.replace(old, new))


def html(piece: str) -> Change:
    """Add something to the HTML part."""
    return lambda draft: replace(draft, html=draft.html.replace("</body>", f"{piece}</body>"))


def unsigned(draft: Draft) -> Draft:
    """No signature, and a receiver that saw none."""
    domain = draft.signed_by
    return replace(draft, signed_by="", on_the_way=(*received(domain), verdicts(domain, "pass", "none", "none")))


def broken(draft: Draft) -> Draft:
    """Changed by the sender's own gateway after the signature; the receiver saw it fail."""
    seen = (*received(draft.signed_by), verdicts(draft.signed_by, "none", "fail", "fail"))
    return replace(draft, damage=(("winter", "winter2"),), on_the_way=seen)


def by_the_service(domain: str) -> Change:
    """Signed and bounced by a sending service alone; the receiver finds DMARC failing."""
    seen = (*received(domain), verdicts(domain).rpartition("\n")[0] + "\n\tdmarc=fail header.from=elsewhere")
    return lambda draft: replace(draft, signed_by=domain, on_the_way=seen)


def no_text(draft: Draft) -> Draft:
    return replace(draft, text="")


def spam_report(draft: Draft) -> Draft:
    """The receiver's filter added fields, one of them with raw letters."""
    return replace(
        draft, on_the_way=("X-Spam-Report: Inhalt geprüft für Müller", "X-Spam-Score: 0.4", *draft.on_the_way)
    )


def below_spam_report(draft: Draft) -> Draft:
    """A filter that appends its fields at the end of the header instead."""
    return replace(draft, damage=(("MIME-Version: 1.0", "X-Spam-Status: Grüße vom Filter\nMIME-Version: 1.0"),))


def through_list(draft: Draft) -> Draft:
    """A forwarding list put a second way out above the message."""
    added = ("List-Unsubscribe: <mailto:leave@lists.example>", "Precedence: list", *draft.on_the_way)
    return replace(draft, on_the_way=added)


def plain_only(draft: Draft) -> Draft:
    return replace(draft, html="")


def _set() -> tuple[tuple[str, Draft, tuple[Change, ...], set[str]], ...]:
    tools = mailing("spatenhof.example.org", "Spatenhof", "en", "Winter tools")
    course = mailing("kursladen.de", "Kursladen", "de", "Neue Kurse im Januar")
    wine = mailing("caveduport.fr", "Cave du Port", "fr", "Les vins nouveaux")
    walks = mailing("rutasmar.es", "Rutas Mar", "es", "Rutas de invierno")
    books = mailing("libriamo.it", "Libriamo", "it", "Libri nuovi")
    bikes = mailing("fietshuis.nl", "Fietshuis", "nl", "Nieuwe fietsen")
    teas = mailing("herbatka.pl", "Herbatka", "pl", "Nowe herbaty")
    shop = mailing("oakandpine.com", "Oak and Pine", "en", "New chairs")
    no_list = without("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "X-Campaign-ID")
    bare = {"list-unsubscribe", "list-id", "feedback-id", "mailing-id"}
    return (
        ("good-en", tools, (), set()),
        ("good-de", course, (), set()),
        ("good-fr-minus-zero-date", wine, (field("Date: Tue, 24 Nov 2026 08:30:00 -0000"),), set()),
        ("good-es-spam-report", walks, (spam_report,), set()),
        ("good-it-filter-at-the-end", books, (below_spam_report,), set()),
        ("good-nl-precedence", bikes, (field("Precedence: bulk"),), set()),
        ("good-pl", teas, (), set()),
        ("good-through-a-list", shop, (through_list,), set()),
        ("good-plain", course, (plain_only,), set()),
        ("mailchimp-short-sender", shop, (field("Feedback-ID: 77:77.1:us4:mc"),), {"feedback-id"}),
        ("no-feedback-id", wine, (without("Feedback-ID"),), {"feedback-id"}),
        ("no-list-fields", shop, (no_list,), bare),
        ("no-list-fields-unsigned", course, (no_list, unsigned), bare | {"dkim-holds"}),
        ("unsigned", bikes, (unsigned,), {"dkim-holds"}),
        ("broken-signature", teas, (broken,), {"dkim-holds"}),
        ("signed-by-the-service", walks, (by_the_service("esp-send.net"),), {"domain-aligned"}),
        ("no-post-field", books, (without("List-Unsubscribe-Post"),), {"one-click"}),
        ("mailto-only", shop, (field("List-Unsubscribe: <mailto:leave@oakandpine.com>"),), {"one-click"}),
        ("http-way-out", course, (field("List-Unsubscribe: <http://kursladen.de/u/1>"),), {"one-click"}),
        ("way-out-without-brackets", wine, (field("List-Unsubscribe: https://caveduport.fr/u/1"),),
         {"list-unsubscribe"}),
        ("way-out-not-signed", bikes,
         (lambda d: replace(d, covers=("from", "to", "subject", "date", "message-id", "feedback-id", "mime-version",
                                       "list-id", "content-type")),),
         {"one-click-signed"}),
        ("way-out-on-an-ip", shop, (field("List-Unsubscribe: <https://198.51.100.7/u/1>"),), {"unsubscribe-host"}),
        ("replies-to-freemail", walks, (field("Reply-To: rutasmar@gmail.com"),), {"reply-to-freemail"}),
        ("noreply-sender", books, (field("From: Libriamo <noreply@libriamo.it>"),), {"sender-answerable"}),
        ("noreply-german", course, (field("From: Kursladen <nicht-antworten@kursladen.de>"),), {"sender-answerable"}),
        ("sender-of-another-house", teas, (field("Sender: out@blastmail.net"),), {"sender-field"}),
        ("no-imprint", shop, (words("12 High Street, Reading RG1 2AB, United Kingdom, ", ""),), {"imprint-shown"}),
        ("imprint-mail-and-date", shop,
         (words("12 High Street, Reading RG1 2AB, United Kingdom", "Sent on November 24, 2026 Tuesday"),),
         {"imprint-shown"}),
        ("imprint-street-without-town", course, (words("Gartenstraße 8, 76133 Karlsruhe", "Gartenstraße 8"),),
         {"imprint-shown"}),
        ("no-way-out-in-text", wine, (words("Se désinscrire", "Voir"), words("/u/77a1", "/voir")),
         {"unsubscribe-link"}),
        ("fake-reply", shop, (field("Subject: Re: your chairs"),), {"subject-honest"}),
        ("shouting", shop, (field("Subject: BUY ALL CHAIRS NOW!!!"),), {"subject-calm"}),
        ("shortener", course, (html('<p><a href="https://bit.ly/3x">Mehr</a></p>'),), {"links-clean"}),
        ("bare-address-link", wine, (html('<p><a href="contact@caveduport.fr">Contact</a></p>'),), {"links-clean"}),
        ("slashes-only", books, (html('<p><a href="//libriamo.it/altro">Altro</a></p>'),), {"links-clean"}),
        ("intranet-link", bikes, (html('<p><a href="http://intranet/fietsen">Meer</a></p>'),),
         {"links-clean", "links-https"}),
        ("phishing-link", shop, (html('<p><a href="https://login-77.net/x">www.paypal.com</a></p>'),),
         {"links-truthful"}),
        ("html-only", teas, (no_text,), {"both-parts"}),
        ("hidden-words", walks, (html('<p style="display:none">reloj barato reloj barato</p>'),), {"nothing-hidden"}),
        ("raw-letters", course, (field("Subject: Töpfern für alle"),), {"header-ascii"}),
    )  # fmt: skip


def bulk() -> tuple[Labeled, ...]:
    found = []
    for name, draft, changes, truths in _set():
        for change in changes:
            draft = change(draft)
        notes = SIGNED if draft.signed_by and "dkim-holds" not in truths else frozenset()
        raw_letters = {"header-ascii"} if not "".join(draft.head).isascii() else set()
        eight_bit = set() if (draft.text + draft.html).isascii() else {"body-seven-bit"}
        found.append(
            Labeled(f"bulk/{name}", "bulk", draft.bytes(), frozenset(truths | raw_letters | eight_bit) | notes)
        )
    return tuple(found)
