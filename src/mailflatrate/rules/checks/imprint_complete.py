"""R-44, first half: the imprint has every field that its country's law requires."""

from mailflatrate.rules.facts import HasImprint
from mailflatrate.rules.imprint import check_imprint
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasImprint) -> Params | None:
    if facts.imprint is None:
        return {"fields": ("field.legal_name=fault.missing", "field.address=fault.missing")}
    issues = check_imprint(facts.imprint, facts.recipient_countries)
    if not issues:
        return None
    return {"fields": tuple(f"field.{issue.field}=fault.{issue.fault.value}" for issue in issues)}


CHECK: Check[HasImprint] = Check(
    rule="R-44",
    key="imprint-complete",
    places={
        CheckedChain.CAMPAIGN: 4010,
        CheckedChain.CONFIRMATION: 1120,
        CheckedChain.FORM: 1020,
        CheckedChain.CONTRACT: 1130,
    },
    severity=Severity.BLOCK,
    anchor="account.imprint",
    source="CSA criteria 2018 section 2.4; DDG section 5; ECG section 5; Directive 2000/31/EC Art. 5; CAN-SPAM; CASL",
    hits=_hits,
    text=RuleText(
        title="Imprint complete",
        sentence="The imprint is incomplete: {fields}.",
        why="Readers have a right to know who's emailing them, and the law says which details to give.",
        fix="Fill in these fields under Imprint.",
    ),
)
