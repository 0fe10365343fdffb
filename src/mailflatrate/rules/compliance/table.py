"""The table of criteria that every view uses."""

from dataclasses import dataclass
from enum import Enum

from mailflatrate.locale.texts import translate


class RequirementSource(Enum):
    CSA = "CSA"
    GOOGLE = "Google"
    YAHOO = "Yahoo"
    MICROSOFT = "Microsoft"


class Holder(Enum):
    BUILT = "built"  # the program cannot do otherwise
    MEASURED = "measured"  # a figure with a limit
    OPERATOR = "operator"  # outside of the program


class MeasuredFigure(Enum):
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
        return self.value.startswith("percent")


@dataclass(frozen=True, slots=True)
class CriterionText:
    title: str
    how: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """`limit` is a key of `rules.limits`, or ""; `below`: the figure must stay below it. `topic` is a check of
    `mailflatrate doctor`; "" if no program can check. `service_only`: it says nothing about a single customer.
    """

    key: str
    rule: str
    bodies: tuple[RequirementSource, ...]
    holder: Holder
    text: CriterionText
    figure: MeasuredFigure | None = None
    limit: str = ""
    below: bool = False
    topic: str = ""
    service_only: bool = False

    def said(self, language: str) -> CriterionText:
        return CriterionText(translate(self.text.title, language), translate(self.text.how, language))


_ALL = (RequirementSource.CSA, RequirementSource.GOOGLE, RequirementSource.YAHOO, RequirementSource.MICROSOFT)
_LARGE = (RequirementSource.GOOGLE, RequirementSource.YAHOO, RequirementSource.MICROSOFT)
_CSA = (RequirementSource.CSA,)


def _built(key: str, rule: str, bodies: tuple[RequirementSource, ...], text: CriterionText) -> Criterion:
    return Criterion(key, rule, bodies, Holder.BUILT, text)


def _yours(key: str, rule: str, bodies: tuple[RequirementSource, ...], topic: str, text: CriterionText) -> Criterion:
    return Criterion(key, rule, bodies, Holder.OPERATOR, text, topic=topic, service_only=True)


CRITERIA: tuple[Criterion, ...] = (
    # -- permission ------------------------------------------------------------------------------------------------
    _built(
        "consent", "R-25", _ALL,
        CriterionText("Campaigns only with consent",
            "Every message needs a confirmed double opt-in on record. This can't be switched off."),
        ),
    _built(
        "unsubscribe", "R-42", _ALL,
        CriterionText("Unsubscribes take effect immediately",
            "Every way to unsubscribe takes effect within a second, even for queued messages."),
        ),
    _built(
        "imprint", "R-44", _CSA,
        CriterionText("Full imprint as text in every message",
            "The service adds it to both parts. A link isn't enough."),
        ),
    # -- headers and signatures ------------------------------------------------------------------------------------
    _built(
        "headers", "R-54", _ALL,
        CriterionText("Each header once, and none from the content",
            "The service writes the headers. Content can't add any."),
        ),
    _built(
        "mailing_id", "R-55", (RequirementSource.CSA, RequirementSource.MICROSOFT),
        CriterionText("Mailing ID in the headers",
            "It's also in the Message-ID, the Return-Path and the footer, so even a redacted report can be traced."),
        ),
    _built(
        "one_click", "R-56", _ALL,
        CriterionText("One-click unsubscribe (RFC 8058)",
            "Both headers in every message, signed. A bare POST is enough."),
        ),
    _built(
        "list_headers", "R-57", _CSA,
        CriterionText("List-Unsubscribe and List-Id", "A list keeps the same List-Id for life (RFC 2369, RFC 2919)."),
        ),
    _built(
        "csa_header", "R-58", _CSA,
        CriterionText("X-CSA-Complaints only when certified",
            "Added only if the operator's settings say that they're certified."),
        ),
    Criterion(
        "dkim", "R-59", _ALL, Holder.MEASURED,
        CriterionText("DKIM with the sender's domain",
            "RSA-2048 over all important headers. We check the DNS every day."),
        MeasuredFigure.DKIM_FAILING,
    ),
    _built(
        "no_experiments", "R-60", _LARGE,
        CriterionText("No signatures that receivers reject", "No Ed25519, no ARC and no l= in outgoing messages."),
        ),
    Criterion(
        "spf", "R-61", _ALL, Holder.MEASURED,
        CriterionText("SPF for the Return-Path",
            "No domain is used before its record is published. We check it every day."),
        MeasuredFigure.SPF_FAILING,
    ),
    Criterion(
        "dmarc", "R-62", _LARGE, Holder.MEASURED,
        CriterionText("DMARC aligned with From", "Required of every sender, not only of large ones."),
        MeasuredFigure.DMARC_FAILING,
    ),
    _built(
        "feedback_id", "R-63", (RequirementSource.GOOGLE,),
        CriterionText("Feedback-ID", "Four fields, signed, with no values specific to one message."),
        ),
    _built(
        "cfbl", "R-64", (),
        CriterionText("Complaint address in the headers (RFC 9477)",
            "A report only counts with a genuine token and a verified sender."),
        ),
    _built(
        "form", "R-65", (RequirementSource.GOOGLE, RequirementSource.CSA),
        CriterionText("Messages follow RFC 5322",
            "Short lines, one From, one Date, one recipient, no raw 8-bit."),
        ),
    _built(
        "streams", "R-66", (RequirementSource.GOOGLE,),
        CriterionText("Confirmations separate from campaigns",
            "Notices and confirmation emails have their own sending stream."),
        ),
    Criterion(
        "key_age", "R-106", _LARGE, Holder.MEASURED,
        CriterionText("Signing keys rotated",
            "The service creates the next key in time and waits until its record is published."),
        MeasuredFigure.KEY_AGE, "dkim_key_days",
    ),
    # -- figures ---------------------------------------------------------------------------------------------------
    Criterion(
        "hard_bounces", "R-74", _CSA, Holder.MEASURED,
        CriterionText("Hard bounces, seven days",
            "A dead address is suppressed at its first bounce. A campaign stops at 2%."),
        MeasuredFigure.HARD_BOUNCES, "hard_bounce_warn",
    ),
    Criterion(
        "complaints_csa", "R-84", _CSA, Holder.MEASURED,
        CriterionText("Complaints, seven-day average", "Measured against messages at providers that report "
                                                        "complaints, never against all messages."),
        MeasuredFigure.COMPLAINTS, "csa_spam_rate_max",
    ),
    Criterion(
        "complaints_google", "R-84", (RequirementSource.GOOGLE,), Holder.MEASURED,
        CriterionText("Complaints, measured against Google's target",
            "Google doesn't report individual complaints. Its own figure is in Postmaster Tools."),
        MeasuredFigure.COMPLAINTS, "gmail_spam_rate_aim", below=True,
    ),
    Criterion(
        "complaints_yahoo", "R-84", (RequirementSource.YAHOO,), Holder.MEASURED,
        CriterionText("Complaints at Yahoo", "From Yahoo's feedback loop, measured against messages delivered there."),
        MeasuredFigure.COMPLAINTS_YAHOO, "yahoo_spam_rate_max", below=True,
    ),
    Criterion(
        "late_answers", "R-82", _CSA, Holder.MEASURED,
        CriterionText("Complaints answered on time", "Our team answers within one business day."),
        MeasuredFigure.LATE_ANSWERS, service_only=True,
    ),
    # -- the operator's --------------------------------------------------------------------------------------------
    _yours(
        "role_addresses", "R-76", _CSA, "inbound",
        CriterionText("abuse@ and postmaster@ monitored",
            "Run the listener, and point the MX of each of your domains to it."),
        ),
    _yours(
        "loops", "R-81", _LARGE, "loops",
        CriterionText("Feedback loops set up",
            "Enroll in Yahoo CFL (per domain), Microsoft SNDS and JMRP (per IP address) and Google Postmaster "
            "Tools. Then set MAILFLATRATE_FEEDBACK_SOURCES."),
        ),
    _yours(
        "ptr", "R-99", _ALL, "ptr",
        CriterionText("Matching PTR record for each sending IP address",
            "Ask your IP address provider for the PTR record. It names the host used in EHLO."),
        ),
    _yours(
        "website", "R-100", _CSA, "",
        CriterionText("Website with an imprint at the host names",
            "Publish a page with your imprint and a direct contact at the domain of your sending hosts."),
        ),
    _yours(
        "host_list", "R-101", _CSA, "",
        CriterionText("Host list and token",
            "Keep the list of all sending hosts up to date with the CSA, put its token on each host, and run no "
            "other service on them."),
        ),
    _yours(
        "relay_tls", "R-102", (RequirementSource.GOOGLE, RequirementSource.MICROSOFT), "",
        CriterionText("TLS for outgoing email",
            "Have the relay always try STARTTLS, require it for Google, and honor MTA-STS and DANE."),
        ),
    _yours(
        "unsubscribe_tls", "R-102", _ALL, "tls",
        CriterionText("TLS for the unsubscribe host",
            "Serve MAILFLATRATE_PUBLIC_URL with a certificate from a public certificate authority."),
        ),
    _yours(
        "pacing", "R-103", _LARGE, "",
        CriterionText("Connections per provider",
            "Set them in the relay. deploy/ contains a Postfix configuration with starting values."),
        ),
    _yours(
        "warm_up", "R-104", _LARGE, "",
        CriterionText("New IP addresses warmed up",
            "Three to six weeks, starting with the most engaged contacts. Hold the volume after a 421."),
        ),
    _built(
        "fairness", "R-105", (),
        CriterionText("Large campaigns don't hold up small ones",
            "Batches take turns, and each new account has a daily limit."),
        ),
)  # fmt: skip
