"""The page docs/rules.md: every rule with its text and source, made from the rules by `make docs`."""

import sys
from collections.abc import Iterable, Iterator, Mapping

from mailflatrate.locale.formats import complete_languages
from mailflatrate.rules.gate.chains import (
    CAMPAIGN_CHAIN,
    CONFIRMATION_CHAIN,
    CONTRACT_CHAIN,
    FORM_CHAIN,
    FROM_CHAIN,
    NOTICE_CHAIN,
    RECIPIENT_CHAIN,
)
from mailflatrate.rules.gate.coverage import coverage
from mailflatrate.rules.gate.judge import AnyRule
from mailflatrate.rules.limits import LIMITS
from mailflatrate.rules.messages.message import MessageKind
from mailflatrate.rules.messages.message_chain import MESSAGE_CHAIN
from mailflatrate.rules.stricter_limits import STRICTER

_CHAINS: tuple[tuple[str, str, tuple[AnyRule, ...]], ...] = (
    ("Campaigns", "Checked when a campaign is released and again before it is sent.", CAMPAIGN_CHAIN),
    ("Recipients", "Asked for each recipient; the first rule that fails leaves the person out.", RECIPIENT_CHAIN),
    ("Sign-up forms", "Asked when a form is published; what people read is frozen with it.", FORM_CHAIN),
    ("Confirmation mails", "Asked once a sign-up.", CONFIRMATION_CHAIN),
    ("From fields", "Asked of any message's From field by `mailflatrate lint --from-lines`.", FROM_CHAIN),
    (
        "Finished messages",
        "Checked for each of our messages before it is sent, and for any message by `mailflatrate lint`.",
        tuple(row.check for row in MESSAGE_CHAIN),
    ),
    (
        "Transactional messages",
        "Asked when a message is taken and again as it leaves. It needs no consent and is about a contract.",
        CONTRACT_CHAIN,
    ),
    ("Service notices", "Checked for each message to a user of the service.", NOTICE_CHAIN),
)


def rules_markdown() -> str:
    """Return all chains in order, each rule in every language of the studio, and the table of limits."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The rules"
    yield ""
    yield "Made from `src/mailflatrate/rules/` by `make docs`."
    for title, when, chain in _CHAINS:
        yield from ("", f"## {title}", "", when)
        yield from _chain(chain, _kinds() if title == "Finished messages" else {})
    yield from _coverage()
    yield from _limits()


def _limits() -> Iterator[str]:
    yield from ("", "## Limits", "")
    yield "`MAILFLATRATE_TIGHTER_LIMITS` moves a number in the direction of the last column, never in the other."
    yield from ("", "| limit | value | unit | rule | source | read on | may be made |")
    yield "| --- | ---: | --- | --- | --- | --- | --- |"
    for key, limit in LIMITS.items():
        facts = f"`{key}` | {limit.value:.10g} | {limit.unit} | {limit.rule} | {limit.source} | {limit.read_on}"
        yield f"| {facts} | {STRICTER[key].value if key in STRICTER else '–'} |"


def _coverage() -> Iterator[str]:
    yield from ("", "## Where each rule is kept", "")
    yield "Every rule that the gate or the engine enforces: its checks, and what is kept elsewhere for a reason."
    yield from ("", "| rule | checks | elsewhere |", "| --- | --- | --- |")
    for row in coverage():
        yield f"| {row.rule} | {', '.join(f'`{key}`' for key in row.checks)} | {row.elsewhere} |"


def _kinds() -> dict[str, str]:
    """Return the kinds of message that a rule applies to, and those for which it only advises."""
    return {
        row.check.key: "; "
        + ", ".join(
            f"{kind.value} as advice" if kind in row.advises else kind.value
            for kind in MessageKind
            if kind in row.kinds
        )
        for row in MESSAGE_CHAIN
    }


def _chain(chain: Iterable[AnyRule], kinds: Mapping[str, str]) -> Iterator[str]:
    for rule in chain:
        yield from ("", f"### {rule.rule} `{rule.key}` ({rule.severity.value}{kinds.get(rule.key, '')})", "")
        for language in complete_languages():
            words = rule.words(language)
            yield f"- **{words.title}.** {words.sentence} {words.why} *{words.fix}*"
        yield f"- Source: {rule.source}"


if __name__ == "__main__":
    sys.stdout.write(rules_markdown())
