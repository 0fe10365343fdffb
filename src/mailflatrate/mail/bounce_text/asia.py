"""Japanese carriers, providers and gateways with their own notice formats."""

import re

from mailflatrate.mail.bounce_text.dialect import ADDR, BounceDialect

_LINE = re.compile(rf"^[ \t]*<?({ADDR})>?[ \t]*$", re.M)

KDDI = BounceDialect(
    writer="KDDI au one net, dion",
    openings=("could not be delivered to: <", "as their mailbox is full"),
    recipients=(re.compile(rf"Could not be delivered to:[ \t]*<({ADDR})>", re.I),),
)

EZWEB = BounceDialect(
    writer="KDDI EZweb",
    openings=(
        "次のあて先へのメッセージはエラーのため送信できませんでした",
        "each of the following recipients was rejected by a remote",
    ),
    recipients=(re.compile(rf"Recipient:[ \t]*<({ADDR})>", re.I), re.compile(rf"^[ \t]*<({ADDR})>", re.M)),
    whole=True,
)

MFILTER = BounceDialect(
    writer="Digital Arts m-FILTER and gateways with the same form",
    openings=("-------server message",),
    recipients=(_LINE,),
    endings=("\n-------original m",),
    whole=True,
)

EBD = BounceDialect(
    writer="Japanese DSN relays that report by step",
    openings=("this delivery status notification is sent from mta",),
    recipients=(re.compile(rf"Delivery failed:[ \t]*<?({ADDR})", re.I),),
)

TENCENT = BounceDialect(
    writer="Tencent QQ Mail, NetEase 163 and 126, Alibaba Mail",
    openings=(
        "您的邮件被退回来了",
        "您的邮件被退回",
        "收件人邮件地址",
        "邮件无法送达",
        "您发送的邮件未能成功",
        "邮件未能发送成功",
        "邮件投递失败",
        "到下列地址的信件投递失败",
    ),
    recipients=(
        re.compile(rf"收件人邮件地址[:：]?\s*<?({ADDR})"),
        re.compile(rf"收件人[^\n]{{0,40}}?[<(（:：\s]({ADDR})"),
        re.compile(rf"^[ \t]*<?({ADDR})>?[ \t]*:?[ \t]*$", re.M),
    ),
    endings=("\n附件是您所发送信件的原件",),
)

BIGLOBE = BounceDialect(
    writer="Biglobe",
    openings=("----- non-delivered information -----",),
    recipients=(_LINE,),
    whole=True,
)

FML = BounceDialect(
    writer="fml mailing list manager",
    openings=("you are not a member of this mailing list <", "duplicated message-id in <", "loop alert"),
    recipients=(re.compile(rf"(?:mailing list|Message-ID in) <({ADDR})>", re.I),),
    endings=("\noriginal mail as follows",),
)

ASIA: tuple[BounceDialect, ...] = (KDDI, MFILTER, EZWEB, EBD, TENCENT, BIGLOBE)
