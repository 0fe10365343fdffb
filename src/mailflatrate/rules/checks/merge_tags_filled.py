"""R-52: no merge tag is left unfilled."""

from mailflatrate.mail.author_mistakes import ROW_MISSING, line_of_param
from mailflatrate.mail.content.merge_tags import find_merge_tags
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    # Our own Liquid is allowed in a subject, and what the compiler cannot fill it reports itself, in `leftovers`.
    foreign = (tag for tag in find_merge_tags(f"{content.subject}\n{content.preheader}") if tag[:2] not in ("{{", "{%"))
    left = (leftover for leftover in content.leftovers if line_of_param(leftover, ROW_MISSING) is None)
    tags = tuple(dict.fromkeys((*foreign, *left)))
    return {"tags": tags} if tags else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="merge-tags-filled",
    places={CheckedChain.CAMPAIGN: 5060},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Merge fields filled in",
        sentence="These placeholders would reach readers as they are: {tags}.",
        why="An email addressed to a placeholder shows readers that no one checked it.",
        fix="Choose the merge field from the list, and give it a default for contacts without a value.",
    ),
)
