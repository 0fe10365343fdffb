"""R-50: Gmail cuts off long messages, and with them the imprint and the unsubscribe link."""

from mailflatrate.rules import limits
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    html_max, total_max = int(limits.value("html_max_octets")), int(limits.value("message_max_octets"))
    if content.html_octets > html_max:
        return {"size": content.html_octets // 1024, "limit": html_max // 1024}
    if content.total_octets > total_max:
        return {"size": content.total_octets // 1024, "limit": total_max // 1024}
    return None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="size-limit",
    places={CheckedChain.CAMPAIGN: 6030},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Gmail clips near 102 KB; agency guide to CSA: 1 MB in total",
    hits=_hits,
    text=RuleText(
        title="Within the size limit",
        sentence="The campaign is {size} KB. The limit is {limit} KB.",
        why="Gmail cuts off longer messages, and the unsubscribe link would be out of sight.",
        fix="Shorten it, or remove markup that was pasted from a word processor.",
    ),
)
