"""R-46: replies to a company's campaign don't go to a personal mailbox."""

from mailflatrate.mail.message.from_line import read_from
from mailflatrate.rules.addresses.providers import is_freemail
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    if is_freemail(facts.from_line.domain):
        return None  # sender-not-freemail says so
    boxes = [box for value in facts.own.all("reply-to") for box in read_from(value)]
    freemail = next((box.address for box in boxes if is_freemail(box.domain)), None)
    return {"address": freemail, "domain": facts.from_line.domain} if freemail else None


CHECK: Check[MessageFacts] = Check(
    rule="R-46",
    key="reply-to-freemail",
    severity=Severity.WARN,
    anchor="header.reply-to",
    source="SpamAssassin FREEMAIL_FORGED_REPLYTO; M3AAWG sender best practices",
    hits=_hits,
    text=RuleText(
        title="Replies go to the sender's own domain",
        sentence="The message is from {domain}, but replies go to {address}, a free email account.",
        why="That's how fraud works: a trusted name in From, with replies going to someone else. Filters count it "
        "against you.",
        fix="Set Reply-To to an address at the sender's domain, or remove it.",
    ),
)
