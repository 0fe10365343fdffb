"""R-45: the sender's name is related to the company in the imprint."""

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.names.related import is_related
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    line, imprint = facts.from_line, facts.imprint
    if imprint is None or not line.name.strip() or is_related(line.name, imprint, (line.domain, *line.own_domains)):
        return None
    return {"name": line.name, "company": imprint.legal_name or "-"}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-related",
    places={CheckedChain.CAMPAIGN: 2090},
    severity=Severity.REVIEW,
    anchor="campaign.sender_name",
    source="DDG section 6(1) no. 2; UWG section 7(2) no. 3; ePrivacy 13(4)",
    hits=_hits,
    text=RuleText(
        title="Sender name matches the company in the imprint",
        sentence="The sender name {name} has nothing in common with {company} or its domains.",
        why="Readers must be able to tell from the name who the email is from.",
        fix=(
            "Add the company's name, or enter the client under “On behalf of” in the imprint. Otherwise, our team "
            "reviews the campaign before it's sent."
        ),
    ),
)
