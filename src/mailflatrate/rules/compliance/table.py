"""The criteria, one table for every view of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.locale.texts import translate


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
class CriterionText:
    """What a criterion asks for, and how it is met or what to do, as message ids."""

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
    text: CriterionText
    figure: Figure | None = None
    limit: str = ""
    below: bool = False
    topic: str = ""
    service_only: bool = False

    def said(self, language: str) -> CriterionText:
        """Return its text in one language."""
        return CriterionText(translate(self.text.title, language), translate(self.text.how, language))


_ALL = (Body.CSA, Body.GOOGLE, Body.YAHOO, Body.MICROSOFT)
_LARGE = (Body.GOOGLE, Body.YAHOO, Body.MICROSOFT)
_CSA = (Body.CSA,)


def _built(key: str, rule: str, bodies: tuple[Body, ...], said: CriterionText) -> Criterion:
    return Criterion(key, rule, bodies, Holder.BUILT, said)


def _yours(key: str, rule: str, bodies: tuple[Body, ...], topic: str, said: CriterionText) -> Criterion:
    return Criterion(key, rule, bodies, Holder.OPERATOR, said, topic=topic, service_only=True)


CRITERIA: tuple[Criterion, ...] = (
    # -- permission ------------------------------------------------------------------------------------------------
    _built(
        "consent", "R-25", _ALL,
        CriterionText("Mailings only with consent",
            "A message needs a confirmed double opt-in on record; there is no switch."),
        ),
    _built(
        "unsubscribe", "R-42", _ALL,
        CriterionText("Unsubscribing works at once",
            "Every door takes effect within a second, for queued messages too."),
        ),
    _built(
        "imprint", "R-44", _CSA,
        CriterionText("Full imprint as text in every mailing",
            "Rendered by the service into both parts; a link is not enough."),
        ),
    # -- headers and signatures ------------------------------------------------------------------------------------
    _built(
        "headers", "R-54", _ALL,
        CriterionText("Each header once, nothing foreign among them",
            "The service writes the headers; content cannot add any."),
        ),
    _built(
        "mailing_id", "R-55", (Body.CSA, Body.MICROSOFT),
        CriterionText("Mailing ID in the header",
            "Also in Message-ID, Return-Path and footer: a redacted report leads back."),
        ),
    _built(
        "one_click", "R-56", _ALL,
        CriterionText("One-click unsubscribe (RFC 8058)",
            "Both headers in every mailing, signed; a bare POST is enough."),
        ),
    _built(
        "list_headers", "R-57", _CSA,
        CriterionText("List-Unsubscribe and List-Id", "One List-Id for the life of a list (RFC 2369, RFC 2919)."),
        ),
    _built(
        "csa_header", "R-58", _CSA,
        CriterionText("X-CSA-Complaints only when certified",
            "Written only where the operator's setting says that he is."),
        ),
    Criterion(
        "dkim", "R-59", _ALL, Holder.MEASURED,
        CriterionText("DKIM by the sender's domain",
            "RSA-2048 over all headers that matter; the DNS is looked at every day."),
        Figure.DKIM_FAILING,
    ),
    _built(
        "no_experiments", "R-60", _LARGE,
        CriterionText("Nothing that receivers refuse", "No Ed25519, no ARC and no l= in what goes out."),
        ),
    Criterion(
        "spf", "R-61", _ALL, Holder.MEASURED,
        CriterionText("SPF for the Return-Path",
            "No domain is used before its record is there; it is looked at every day."),
        Figure.SPF_FAILING,
    ),
    Criterion(
        "dmarc", "R-62", _LARGE, Holder.MEASURED,
        CriterionText("DMARC, aligned with From", "Asked of every sender, not of large ones only."),
        Figure.DMARC_FAILING,
    ),
    _built(
        "feedback_id", "R-63", (Body.GOOGLE,),
        CriterionText("Feedback-ID", "Four fields, no value of a single message, signed."),
        ),
    _built(
        "cfbl", "R-64", (),
        CriterionText("Complaint address in the header (RFC 9477)",
            "A report counts only with a genuine token and a proved sender."),
        ),
    _built(
        "form", "R-65", (Body.GOOGLE, Body.CSA),
        CriterionText("Messages as RFC 5322 wants them",
            "Short lines, one From, one Date, one recipient, no raw 8-bit."),
        ),
    _built(
        "streams", "R-66", (Body.GOOGLE,),
        CriterionText("Confirmations apart from campaigns",
            "Notices and confirmation mails have a stream of their own."),
        ),
    Criterion(
        "key_age", "R-106", _LARGE, Holder.MEASURED,
        CriterionText("Signing keys are changed",
            "The service makes a further key in time and waits until its record is seen."),
        Figure.KEY_AGE, "dkim_key_days",
    ),
    # -- figures ---------------------------------------------------------------------------------------------------
    Criterion(
        "hard_bounces", "R-74", _CSA, Holder.MEASURED,
        CriterionText("Hard bounces, seven days",
            "A dead address is suppressed at its first bounce; a mailing stops at 2 %."),
        Figure.HARD_BOUNCES, "hard_bounce_warn",
    ),
    Criterion(
        "complaints_csa", "R-84", _CSA, Holder.MEASURED,
        CriterionText("Complaints, mean of seven days", "Against those at providers that report, never against all."),
        Figure.COMPLAINTS, "csa_spam_rate_max",
    ),
    Criterion(
        "complaints_google", "R-84", (Body.GOOGLE,), Holder.MEASURED,
        CriterionText("Complaints, held against Google's aim",
            "Google tells nobody by name; its own figure is in Postmaster Tools."),
        Figure.COMPLAINTS, "gmail_spam_rate_aim", below=True,
    ),
    Criterion(
        "complaints_yahoo", "R-84", (Body.YAHOO,), Holder.MEASURED,
        CriterionText("Complaints at Yahoo", "From its feedback loop, against what was delivered there."),
        Figure.COMPLAINTS_YAHOO, "yahoo_spam_rate_max", below=True,
    ),
    Criterion(
        "late_answers", "R-82", _CSA, Holder.MEASURED,
        CriterionText("Complaints are answered in time", "A person answers within one working day."),
        Figure.LATE_ANSWERS, service_only=True,
    ),
    # -- the operator's --------------------------------------------------------------------------------------------
    _yours(
        "role_addresses", "R-76", _CSA, "inbound",
        CriterionText("abuse@ and postmaster@ are read",
            "Run the listener and let the MX of every own domain lead to it."),
        ),
    _yours(
        "loops", "R-81", _LARGE, "loops",
        CriterionText("Feedback loops are enrolled",
            "Enrol Yahoo CFL (per domain), Microsoft SNDS and JMRP (per address), Google Postmaster Tools; then set "
             "MAILFLATRATE_FEEDBACK_SOURCES."),
        ),
    _yours(
        "ptr", "R-99", _ALL, "ptr",
        CriterionText("One PTR for each sending address, and back",
            "Ask whoever gave you the address for the PTR; it names the host that says EHLO."),
        ),
    _yours(
        "website", "R-100", _CSA, "",
        CriterionText("Website with imprint behind the host names",
            "Serve a page with your imprint and a direct contact at the domain of the sending hosts."),
        ),
    _yours(
        "host_list", "R-101", _CSA, "",
        CriterionText("Host list and token",
            "Keep the list of all sending hosts with the CSA, its token on each, and no other service on them."),
        ),
    _yours(
        "relay_tls", "R-102", (Body.GOOGLE, Body.MICROSOFT), "",
        CriterionText("TLS on the way out",
            "Let the relay try STARTTLS always, require it for Google, and honour MTA-STS and DANE."),
        ),
    _yours(
        "unsubscribe_tls", "R-102", _ALL, "tls",
        CriterionText("TLS of the unsubscribe host",
            "Serve MAILFLATRATE_PUBLIC_URL with a certificate of a public authority."),
        ),
    _yours(
        "pacing", "R-103", _LARGE, "",
        CriterionText("Connections per provider",
            "Set them in the relay; deploy/ has a Postfix configuration with the start values."),
        ),
    _yours(
        "warm_up", "R-104", _LARGE, "",
        CriterionText("New addresses are warmed up",
            "Three to six weeks, the most engaged first; hold the step at a 421."),
        ),
    _built(
        "fairness", "R-105", (),
        CriterionText("A large mailing does not hold up a small one",
            "Chunks take turns, and each new account has a daily limit."),
        ),
)  # fmt: skip
