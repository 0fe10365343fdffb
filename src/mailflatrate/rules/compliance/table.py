"""The criteria, one table for every view of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.rules.verdict import Language


class Body(Enum):
    """Who asks for it; the value is its name."""

    CSA = "CSA"
    GOOGLE = "Google"
    YAHOO = "Yahoo"
    MICROSOFT = "Microsoft"


class Holder(Enum):
    """Who sees to it."""

    BUILT = "built"  # the program cannot do otherwise
    MEASURED = "measured"  # a figure with a limit
    OPERATOR = "operator"  # outside of the program


class Figure(Enum):
    """What is measured; the value is its unit."""

    COMPLAINTS = "percent of the delivered at providers that report, 7 days"
    COMPLAINTS_YAHOO = "percent of the delivered at Yahoo, 7 days"
    HARD_BOUNCES = "percent of the settled, 7 days"
    SPF_FAILING = "sender domains without SPF"
    DKIM_FAILING = "sender domains without DKIM"
    DMARC_FAILING = "sender domains without DMARC"
    KEY_AGE = "days"
    LATE_ANSWERS = "reports without an answer in time, 30 days"

    @property
    def is_percent(self) -> bool:
        """Whether it is a rate."""
        return self.value.startswith("percent")


@dataclass(frozen=True, slots=True)
class Said:
    """One language of one criterion: what is asked, and how it is held or to be done."""

    title: str
    how: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One point. `limit` is a key of `rules.limits`, empty for none at all; `below`: the limit itself is too much.

    `topic` is what `mailflatrate doctor` calls its look at an operator's point; empty where no machine can see it.
    `service_only`: it says nothing about a single customer.
    """

    key: str
    rule: str
    bodies: tuple[Body, ...]
    holder: Holder
    en: Said
    de: Said
    figure: Figure | None = None
    limit: str = ""
    below: bool = False
    topic: str = ""
    service_only: bool = False

    def said(self, language: Language) -> Said:
        """Its words."""
        return self.de if language is Language.GERMAN else self.en


_ALL = (Body.CSA, Body.GOOGLE, Body.YAHOO, Body.MICROSOFT)
_LARGE = (Body.GOOGLE, Body.YAHOO, Body.MICROSOFT)
_CSA = (Body.CSA,)


def _built(key: str, rule: str, bodies: tuple[Body, ...], en: Said, de: Said) -> Criterion:
    return Criterion(key, rule, bodies, Holder.BUILT, en, de)


def _yours(key: str, rule: str, bodies: tuple[Body, ...], topic: str, en: Said, de: Said) -> Criterion:
    return Criterion(key, rule, bodies, Holder.OPERATOR, en, de, topic=topic, service_only=True)


CRITERIA: tuple[Criterion, ...] = (
    # -- permission ------------------------------------------------------------------------------------------------
    _built(
        "consent", "R-25", _ALL,
        Said("Mailings only with consent", "A message needs a confirmed double opt-in on record; there is no switch."),
        Said("Mailings nur mit Einwilligung",
             "Eine Nachricht braucht ein belegtes Double-Opt-in; einen Schalter dafür gibt es nicht."),
    ),
    _built(
        "unsubscribe", "R-42", _ALL,
        Said("Unsubscribing works at once", "Every door takes effect within a second, for queued messages too."),
        Said("Abmelden wirkt sofort",
             "Jeder Weg wirkt binnen einer Sekunde, auch für Nachrichten, die schon warten."),
    ),
    _built(
        "imprint", "R-44", _CSA,
        Said("Full imprint as text in every mailing", "Rendered by the service into both parts; a link is not enough."),
        Said("Volles Impressum als Text in jedem Mailing",
             "Der Dienst schreibt es in beide Teile; ein Link genügt nicht."),
    ),
    # -- headers and signatures ------------------------------------------------------------------------------------
    _built(
        "headers", "R-54", _ALL,
        Said("Each header once, nothing foreign among them", "The service writes the headers; content cannot add any."),
        Said("Jede Kopfzeile einmal, keine fremde darunter",
             "Der Dienst schreibt die Kopfzeilen; der Inhalt kann keine hinzufügen."),
    ),
    _built(
        "mailing_id", "R-55", (Body.CSA, Body.MICROSOFT),
        Said("Mailing ID in the header", "Also in Message-ID, Return-Path and footer: a redacted report leads back."),
        Said("Mailing-ID in der Kopfzeile",
             "Auch in Message-ID, Return-Path und Fußzeile, damit ein geschwärzter Bericht zurückführt."),
    ),
    _built(
        "one_click", "R-56", _ALL,
        Said("One-click unsubscribe (RFC 8058)", "Both headers in every mailing, signed; a bare POST is enough."),
        Said("Abmelden mit einem Klick (RFC 8058)",
             "Beide Kopfzeilen in jedem Mailing, signiert; die Adresse beantwortet ein bloßes POST."),
    ),
    _built(
        "list_headers", "R-57", _CSA,
        Said("List-Unsubscribe and List-Id", "One List-Id for the life of a list (RFC 2369, RFC 2919)."),
        Said("List-Unsubscribe und List-Id", "Eine List-Id, solange es die Liste gibt (RFC 2369, RFC 2919)."),
    ),
    _built(
        "csa_header", "R-58", _CSA,
        Said("X-CSA-Complaints only when certified", "Written only where the operator's setting says that he is."),
        Said("X-CSA-Complaints nur mit Zertifikat",
             "Steht nur da, wo die Einstellung des Betreibers sagt, dass er zertifiziert ist."),
    ),
    Criterion(
        "dkim", "R-59", _ALL, Holder.MEASURED,
        Said("DKIM by the sender's domain", "RSA-2048 over all headers that matter; the DNS is looked at every day."),
        Said("DKIM mit der Domain des Absenders",
             "RSA-2048 über alle wichtigen Kopfzeilen; nach dem DNS wird täglich gesehen."),
        Figure.DKIM_FAILING,
    ),
    _built(
        "no_experiments", "R-60", _LARGE,
        Said("Nothing that receivers refuse", "No Ed25519, no ARC and no l= in what goes out."),
        Said("Nichts, was Empfänger ablehnen", "Kein Ed25519, kein ARC und kein l= in dem, was hinausgeht."),
    ),
    Criterion(
        "spf", "R-61", _ALL, Holder.MEASURED,
        Said("SPF for the Return-Path", "No domain is used before its record is there; it is looked at every day."),
        Said("SPF für den Return-Path",
             "Keine Domain wird benutzt, bevor ihr Eintrag da ist; nach ihm wird täglich gesehen."),
        Figure.SPF_FAILING,
    ),
    Criterion(
        "dmarc", "R-62", _LARGE, Holder.MEASURED,
        Said("DMARC, aligned with From", "Asked of every sender, not of large ones only."),
        Said("DMARC, passend zum Absender", "Von jedem Absender verlangt, nicht nur von großen."),
        Figure.DMARC_FAILING,
    ),
    _built(
        "feedback_id", "R-63", (Body.GOOGLE,),
        Said("Feedback-ID", "Four fields, no value of a single message, signed."),
        Said("Feedback-ID", "Vier Felder, kein Wert einer einzelnen Nachricht, signiert."),
    ),
    _built(
        "cfbl", "R-64", (),
        Said("Complaint address in the header (RFC 9477)",
             "A report counts only with a genuine token and a proved sender."),
        Said("Beschwerdeadresse in der Kopfzeile (RFC 9477)",
             "Ein Bericht zählt nur mit einem echten Token und belegtem Absender."),
    ),
    _built(
        "form", "R-65", (Body.GOOGLE, Body.CSA),
        Said("Messages as RFC 5322 wants them", "Short lines, one From, one Date, one recipient, no raw 8-bit."),
        Said("Nachrichten nach RFC 5322", "Kurze Zeilen, ein From, ein Date, ein Empfänger, kein rohes 8-Bit."),
    ),
    _built(
        "streams", "R-66", (Body.GOOGLE,),
        Said("Confirmations apart from campaigns", "Notices and confirmation mails have a stream of their own."),
        Said("Bestätigungen getrennt von Kampagnen", "Hinweise und Bestätigungsmails haben einen eigenen Strom."),
    ),
    Criterion(
        "key_age", "R-106", _LARGE, Holder.MEASURED,
        Said("Signing keys are changed", "The service makes a further key in time and waits until its record is seen."),
        Said("Signaturschlüssel werden gewechselt",
             "Der Dienst macht rechtzeitig einen weiteren und wartet, bis sein Eintrag zu sehen ist."),
        Figure.KEY_AGE, "dkim_key_days",
    ),
    # -- figures ---------------------------------------------------------------------------------------------------
    Criterion(
        "hard_bounces", "R-74", _CSA, Holder.MEASURED,
        Said("Hard bounces, seven days", "A dead address is suppressed at its first bounce; a mailing stops at 2 %."),
        Said("Unzustellbar, sieben Tage",
             "Eine tote Adresse ist ab dem ersten Bounce gesperrt; ein Mailing hält bei 2 % an."),
        Figure.HARD_BOUNCES, "hard_bounce_warn",
    ),
    Criterion(
        "complaints_csa", "R-84", _CSA, Holder.MEASURED,
        Said("Complaints, mean of seven days", "Against those at providers that report, never against all."),
        Said("Beschwerden, Mittel von sieben Tagen", "Gegen die bei Anbietern, die melden, nie gegen alle."),
        Figure.COMPLAINTS, "csa_spam_rate_max",
    ),
    Criterion(
        "complaints_google", "R-84", (Body.GOOGLE,), Holder.MEASURED,
        Said("Complaints, held against Google's aim",
             "Google tells nobody by name; its own figure is in Postmaster Tools."),
        Said("Beschwerden, an Googles Ziel gemessen",
             "Google meldet niemanden einzeln; seine eigene Zahl steht in den Postmaster Tools."),
        Figure.COMPLAINTS, "gmail_spam_rate_aim", below=True,
    ),
    Criterion(
        "complaints_yahoo", "R-84", (Body.YAHOO,), Holder.MEASURED,
        Said("Complaints at Yahoo", "From its feedback loop, against what was delivered there."),
        Said("Beschwerden bei Yahoo", "Aus seiner Feedback-Schleife, gegen das dort Zugestellte."),
        Figure.COMPLAINTS_YAHOO, "yahoo_spam_rate_max", below=True,
    ),
    Criterion(
        "late_answers", "R-82", _CSA, Holder.MEASURED,
        Said("Complaints are answered in time", "A person answers within one working day."),
        Said("Beschwerden werden rechtzeitig beantwortet", "Ein Mensch antwortet binnen eines Werktags."),
        Figure.LATE_ANSWERS, service_only=True,
    ),
    # -- the operator's --------------------------------------------------------------------------------------------
    _yours(
        "role_addresses", "R-76", _CSA, "inbound",
        Said("abuse@ and postmaster@ are read", "Run the listener and let the MX of every own domain lead to it."),
        Said("abuse@ und postmaster@ werden gelesen",
             "Lassen Sie den Empfang laufen und den MX jeder eigenen Domain dorthin zeigen."),
    ),
    _yours(
        "loops", "R-81", _LARGE, "loops",
        Said("Feedback loops are enrolled",
             "Enrol Yahoo CFL (per domain), Microsoft SNDS and JMRP (per address), Google Postmaster Tools; then set "
             "MAILFLATRATE_FEEDBACK_SOURCES."),
        Said("Feedback-Schleifen sind angemeldet",
             "Melden Sie Yahoo CFL (je Domain), Microsoft SNDS und JMRP (je Adresse) und Google Postmaster Tools an; "
             "setzen Sie dann MAILFLATRATE_FEEDBACK_SOURCES."),
    ),
    _yours(
        "ptr", "R-99", _ALL, "ptr",
        Said("One PTR for each sending address, and back",
             "Ask whoever gave you the address for the PTR; it names the host that says EHLO."),
        Said("Ein PTR je sendender Adresse, und zurück",
             "Bitten Sie den, von dem Sie die Adresse haben, um den PTR; er nennt den Host, der EHLO sagt."),
    ),
    _yours(
        "website", "R-100", _CSA, "",
        Said("Website with imprint behind the host names",
             "Serve a page with your imprint and a direct contact at the domain of the sending hosts."),
        Said("Website mit Impressum hinter den Hostnamen",
             "Unter der Domain der sendenden Hosts steht eine Seite mit Impressum und direktem Kontakt."),
    ),
    _yours(
        "host_list", "R-101", _CSA, "",
        Said("Host list and token",
             "Keep the list of all sending hosts with the CSA, its token on each, and no other service on them."),
        Said("Hostliste und Token",
             "Führen Sie die Liste aller sendenden Hosts bei der CSA, auf jedem ihr Token und keinen anderen Dienst."),
    ),
    _yours(
        "relay_tls", "R-102", (Body.GOOGLE, Body.MICROSOFT), "",
        Said("TLS on the way out",
             "Let the relay try STARTTLS always, require it for Google, and honour MTA-STS and DANE."),
        Said("TLS auf dem Weg hinaus",
             "Das Relay versucht immer STARTTLS, verlangt es für Google und beachtet MTA-STS und DANE."),
    ),
    _yours(
        "unsubscribe_tls", "R-102", _ALL, "tls",
        Said("TLS of the unsubscribe host", "Serve MAILFLATRATE_PUBLIC_URL with a certificate of a public authority."),
        Said("TLS des Abmelde-Hosts",
             "MAILFLATRATE_PUBLIC_URL hat ein Zertifikat einer öffentlichen Stelle."),
    ),
    _yours(
        "pacing", "R-103", _LARGE, "",
        Said("Connections per provider",
             "Set them in the relay; deploy/ has a Postfix configuration with the start values."),
        Said("Verbindungen je Anbieter",
             "Stellen Sie sie im Relay ein; in deploy/ liegt eine Postfix-Konfiguration mit Startwerten."),
    ),
    _yours(
        "warm_up", "R-104", _LARGE, "",
        Said("New addresses are warmed up", "Three to six weeks, the most engaged first; hold the step at a 421."),
        Said("Neue Adressen werden angewärmt",
             "Drei bis sechs Wochen, die Aktivsten zuerst; bei 421 bleibt die Stufe stehen."),
    ),
    _built(
        "fairness", "R-105", (),
        Said("A large mailing does not hold up a small one",
             "Chunks take turns, and each new account has a daily limit."),
        Said("Ein großes Mailing hält kein kleines auf",
             "Die Pakete wechseln sich ab, und jedes neue Konto hat ein Tageslimit."),
    ),
)  # fmt: skip
