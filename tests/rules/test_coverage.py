"""No rule that names the gate or the engine is forgotten."""

from mailflatrate.rules.gate.coverage import coverage
from mailflatrate.rules.gate.judge import all_rules


def test_each_rule_of_the_gate_has_a_check_or_a_reason() -> None:
    for row in coverage():
        assert row.checks or len(row.elsewhere) > 30, row.rule
        assert set(row.checks) <= set(all_rules()), row.rule
        assert row.enforcers & {"PG", "DE", "IP", "all"}, row.rule


def test_the_table_is_whole() -> None:
    """The numbers of the rules whose last line names PG, DE or all; a new rule is a new line here and there."""
    wanted = {
        1, 4, 5, 6, 13, 14, 18, 19, 20, 21, 25, 32, 36, 37, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55,
        57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 69, 70, 72, 74, 84, 85, 86, 87, 88, 89, 91, 96, 98, 99, 100, 101, 102,
        103, 104, 105, 106, 107, 108, 109, 111,
    }  # fmt: skip
    rules = [int(row.rule.removeprefix("R-")) for row in coverage()]
    assert rules == sorted(set(rules))
    assert wanted <= set(rules)


def test_no_check_stands_outside_of_the_table_without_its_rule() -> None:
    """A check of the campaign chain belongs to a rule of the table, or to one that another desk enforces."""
    listed = {key for row in coverage() for key in row.checks}
    known = {row.rule for row in coverage()}
    strays = {key for key, rule in all_rules().items() if rule.rule in known and key not in listed}
    assert strays == set()
