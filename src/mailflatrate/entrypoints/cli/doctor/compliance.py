"""The status of each requirement of the CSA, Google, Yahoo and Microsoft: the table of the operator's page."""

from collections.abc import Iterator, Sequence

from mailflatrate.entrypoints.boot.doctor_report import Level, Line, ok, warning
from mailflatrate.rules.compliance.judge import CriterionResult, Facts, State, judge_all
from mailflatrate.rules.compliance.table import Holder

TOPIC = "asked"


def compliance_lines(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield one line for each criterion, using the results of the other lines."""
    seen = {line.topic: True for line in lines}
    seen |= {line.topic: False for line in lines if line.level is Level.MISSING}
    if not seen.get("mx", True):
        seen["inbound"] = False  # no mail reaches a listener without an MX record
    for found in judge_all(_facts(seen)):
        yield _line(found)


def _facts(seen: dict[str, bool]) -> Facts:
    """Return the facts; without a usable database only `seen`."""
    if not seen.get("database", False) or not seen.get("migrations", True):
        return Facts(seen=seen)
    from mailflatrate.apps.stats.compliance import service_facts
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.METRICS):
        return service_facts(seen)


def _line(found: CriterionResult) -> Line:
    criterion = found.criterion
    asked = ", ".join(body.value for body in criterion.bodies)
    text = f"{criterion.rule} {criterion.text.title}{f' ({asked})' if asked else ''}: "
    if criterion.holder is Holder.BUILT:
        return ok(TOPIC, f"{text}built in")
    if criterion.holder is Holder.OPERATOR:
        if found.state is State.DONE:
            return ok(TOPIC, f"{text}OK")
        word = "needs fixing, see above" if found.state is State.BROKEN else "your responsibility"
        return warning(TOPIC, f"{text}{word}", criterion.text.how)
    assert criterion.figure is not None
    unit = "%" if criterion.figure.is_percent else ""
    digits = 2 if criterion.figure.is_percent else 0
    if found.figure is None:
        return ok(TOPIC, f"{text}no data yet, limit {found.limit:g}{unit}")
    text += f"{found.figure:.{digits}f}{unit}, limit {found.limit:.{digits}f}{unit}"
    return ok(TOPIC, text) if found.state in (State.HELD, State.NEAR) else warning(TOPIC, text, criterion.text.how)
