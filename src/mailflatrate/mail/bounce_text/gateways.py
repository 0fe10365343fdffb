"""Gateways, filters and smaller servers: InterScan, MailMarshal, MailFoundry, IMail, MDaemon, MailEnable and others."""

import re

from mailflatrate.mail.bounce_text.dialect import ADDR, BounceDialect

_LINE = re.compile(rf"^[ \t]*(?:[>*-][ \t]*)?<?({ADDR})>?[ \t]*$", re.M)

INTERSCAN = BounceDialect(
    writer="Trend Micro InterScan",
    openings=("sent <<< rcpt to:", "message from interscan"),
    recipients=(re.compile(rf"RCPT TO:[ \t]*<({ADDR})>", re.I), re.compile(rf"deliver message to <({ADDR})>", re.I)),
    endings=("***     end of message",),
)

MAILMARSHAL = BounceDialect(
    writer="MailMarshal",
    openings=("could not be delivered because of*the following recipients were affected",),
    recipients=(re.compile(rf"^[ \t]{{2,}}({ADDR})[ \t]*$", re.M),),
    endings=("\nadditional information",),
    whole=True,
)

MAILFOUNDRY = BounceDialect(
    writer="MailFoundry",
    openings=("unable to deliver message to: <",),
    recipients=(re.compile(rf"Unable to deliver message to:[ \t]*<({ADDR})>", re.I),),
)

IMAIL = BounceDialect(
    writer="Ipswitch IMail (SMTP32)",
    openings=(
        "undeliverable  to ",
        "undeliverable to ",
        "unknown user: ",
        "unknown host: ",
        "user mailbox exceeds allowed size: ",
        "delivery failed 20 attempts: ",
        "delivery failed * attempts:",
        "invalid final delivery userid: ",
        "delivery userid: ",
    ),
    recipients=(
        re.compile(
            rf"^(?:undeliverable[ \t]+to|unknown user:|unknown host:|user mailbox exceeds allowed size:|"
            rf"delivery failed \d+ attempts:|invalid final delivery userid:|delivery userid:)[ \t]+<?({ADDR})",
            re.M | re.I,
        ),
    ),
)

MDAEMON = BounceDialect(
    writer="MDaemon",
    openings=(
        "the following addresses did not receive a copy of your message",
        " - no such user here",
        "the attached message had permanent fatal delivery errors",
        "the attached message had transient",
    ),
    recipients=(
        re.compile(rf"^>[ \t]*({ADDR})", re.M),
        re.compile(rf"^[ \t]*({ADDR}) - no such user here", re.M | re.I),
        re.compile(rf"^[ \t]*failed address:[ \t]*<?({ADDR})", re.M | re.I),
    ),
    delays=("had transient",),
    whole=True,
)

MAILENABLE = BounceDialect(
    writer="MailEnable",
    openings=("mailenable: message could not be delivered", "the following recipient(s) could not be reached:*reason:"),
    recipients=(re.compile(rf"\[SMTP:({ADDR})\]", re.I),),
)

SPAMLION = BounceDialect(
    writer="SpamLion",
    openings=("was undeliverable*spamlion",),
    recipients=(re.compile(rf"^To:[ \t]*<({ADDR})>", re.M),),
)

POSTMASTER_NOTICE = BounceDialect(
    writer="servers whose notice has the form 'Failed Recipient / Reason' or 'addressed to'; FirstClass",
    openings=(
        "failed recipient:",
        "addressed to email address",
        "the following recipients returned permanent errors:",
        "the following recipients returned temporary errors:",
        "could not be delivered to the following recipients:",
        "has reached our local address",
        "delivery of email to this address",
        "(originally addressed to",
        "sorry, unable to deliver your message to",
        "could not deliver message to the following recipient",
        "sorry. your message could not be delivered to:",
    ),
    recipients=(
        re.compile(rf"failed recipient:\s*<?({ADDR})", re.I),
        re.compile(rf"(?:permanent|temporary) errors:\s*<?({ADDR}?)>?\.?\s", re.I),
        re.compile(rf"(?:deliver your message to|violation for)[ \t]+<?({ADDR})", re.I),
        re.compile(rf"\(originally addressed to <?({ADDR})", re.I),
        re.compile(rf"addressed to email address ?:\s*(?:--)?\s*<?({ADDR})", re.I),
        re.compile(rf"has reached our local address\s+<?({ADDR})", re.I),
        re.compile(rf"delivery of email to this address\s+\"?<?({ADDR})", re.I),
        _LINE,
    ),
    delays=("has been postponed", "delivery attempts will continue", "we will continue to try"),
    whole=True,
)

SURFCONTROL = BounceDialect(
    writer="SurfControl E-mail Filter",
    openings=(
        "your message could not be sent*addressed to:",
        "your message could not be sent.*attempts made:",
    ),
    recipients=(re.compile(rf"^Addressed To:[ \t]*<?({ADDR})", re.M | re.I),),
    whole=True,
)

VZWPIX = BounceDialect(
    writer="Verizon Wireless picture messages",
    openings=("message could not be delivered to mobile",),
    recipients=(re.compile(rf"^[ \t]*To:[ \t]*<?({ADDR})", re.M | re.I), _LINE),
    whole=True,
)

HOTPOP = BounceDialect(
    writer="HotPOP, CompuServe and others that label the address",
    openings=(
        "undeliverable address:",
        "receiver not found:",
        "recipient address:*reason:",
        "error sending message to",
    ),
    recipients=(
        re.compile(
            rf"(?:undeliverable address|receiver not found|recipient address|sending message to):?[ \t]*<?({ADDR})",
            re.I,
        ),
    ),
    whole=True,
)

DOVECOT = BounceDialect(
    writer="Dovecot's local delivery agent",
    openings=("was automatically rejected:",),
    recipients=(re.compile(rf"^Your message to <({ADDR})> was", re.M | re.I),),
    whole=True,
)

GATEWAYS: tuple[BounceDialect, ...] = (
    INTERSCAN, MAILMARSHAL, MAILFOUNDRY, IMAIL, MDAEMON, MAILENABLE, SPAMLION, SURFCONTROL, VZWPIX, DOVECOT,
    POSTMASTER_NOTICE,
    HOTPOP,
)  # fmt: skip
