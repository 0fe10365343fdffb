"""Japanese carriers, providers and gateways with notices of their own."""

import re

from mailflatrate.mail.bounce_text.dialect import ADDR, Dialect

_LINE = re.compile(rf"^[ \t]*<?({ADDR})>?[ \t]*$", re.M)

KDDI = Dialect(
    writer="KDDI au one net, dion",
    openings=("could not be delivered to: <", "as their mailbox is full"),
    recipients=(re.compile(rf"Could not be delivered to:[ \t]*<({ADDR})>", re.I),),
)

EZWEB = Dialect(
    writer="KDDI EZweb",
    openings=(
        "次のあて先へのメッセージはエラーのため送信できませんでした",
        "each of the following recipients was rejected by a remote",
    ),
    recipients=(re.compile(rf"Recipient:[ \t]*<({ADDR})>", re.I), re.compile(rf"^[ \t]*<({ADDR})>", re.M)),
    whole=True,
)

MFILTER = Dialect(
    writer="Digital Arts m-FILTER and gateways with the same form",
    openings=("-------server message",),
    recipients=(_LINE,),
    endings=("\n-------original m",),
    after_data=True,
    whole=True,
)

EBD = Dialect(
    writer="Japanese DSN relays that report by step",
    openings=("this delivery status notification is sent from mta",),
    recipients=(re.compile(rf"Delivery failed:[ \t]*<?({ADDR})", re.I),),
)

FML = Dialect(
    writer="fml mailing list manager",
    openings=("you are not a member of this mailing list <", "duplicated message-id in <", "loop alert"),
    recipients=(re.compile(rf"(?:mailing list|Message-ID in) <({ADDR})>", re.I),),
    endings=("\noriginal mail as follows",),
)

ASIA: tuple[Dialect, ...] = (KDDI, MFILTER, EZWEB, EBD)
