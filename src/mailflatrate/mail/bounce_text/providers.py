"""Providers with their own wording: Google, Yahoo and AOL, Amazon, Sina, AOL, Demon, USA.NET."""

import re

from mailflatrate.mail.bounce_text.dialect import ADDR, BounceDialect

_LINE = re.compile(rf"^[ \t]*(?:\*[ \t]*)?<?({ADDR})>?:?[ \t]*$", re.M)

GOOGLE = BounceDialect(
    writer="Gmail, Google Workspace",
    openings=(
        "delivery to the following recipient failed permanently",
        "delivery to the following recipient has been delayed",
        "delivery to the following recipients failed permanently",
        "your message wasn't delivered to",
        "there was a problem delivering your message to",
        "technical details of permanent failure",
        "technical details of temporary failure",
        "** message not delivered **",
        "** message blocked **",
        "** address not found **",
        "** delivery incomplete **",
    ),
    recipients=(
        _LINE,
        re.compile(rf"(?:wasn't delivered to|delivering your message to)\s+<?({ADDR}?)>?\.?(?:\s|$)", re.I),
    ),
    delays=(
        "this is a warning message only",
        "has been delayed",
        "delivery incomplete",
        "gmail will retry",
        "will be retried for",
    ),
    whole=True,
)

AMAZON = BounceDialect(
    writer="Amazon SES and WorkMail",
    openings=("an error occurred while trying to deliver the mail to the following recipients",),
    recipients=(_LINE,),
)

SINA = BounceDialect(
    writer="Sina",
    openings=("邮件无法发送到您指定的地址中",),
    recipients=(re.compile(rf"^[ \t]*<({ADDR})>:", re.M),),
    endings=("\n--- 附件中的内容是原信件的一份拷贝",),
)

USANET = BounceDialect(
    writer="USA.NET, CriticalPath",
    openings=("intended recipient:*has been returned because it encountered an error",),
    recipients=(re.compile(rf"Intended recipient:\s+<?({ADDR})", re.I),),
)

PRODIGY = BounceDialect(
    writer="Prodigy, SBC",
    openings=("unable to find user: <", "user's mailbox is full: <", "unable to deliver mail"),
    recipients=(re.compile(rf"(?:user|full): <({ADDR})>", re.I),),
)

PROVIDER_DIALECTS: tuple[BounceDialect, ...] = (GOOGLE, AMAZON, SINA, USANET, PRODIGY)
