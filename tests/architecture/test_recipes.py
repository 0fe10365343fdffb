"""How many files it takes to add a kind of something: each recipe has to work in a copy of the tree."""

from pathlib import Path

import pytest

from architecture.migrations import PACKAGE
from support.source_tree import SourceTree


@pytest.fixture
def tree(tmp_path: Path) -> SourceTree:
    return SourceTree(tmp_path)


def test_a_field_type_takes_two_files(tree: SourceTree) -> None:
    tree.add(
        "rules/fields/types/shoe.py",
        """
from mailflatrate.rules.conditions import Op
from mailflatrate.rules.fields.field_type import ContactFieldType


class _Shoe(ContactFieldType):
    def read(self, wanted, text, *, month_first):
        return f"EU {text}"


TYPE = _Shoe(name="shoe", label="Shoe size", place=9, comparisons=(Op.EQUALS,))
""",
    )
    tree.add("tests/rules/fields/test_shoe.py", "")
    printed = tree.run("""
from mailflatrate.apps.lists.actions.fields import ContactFieldType
from mailflatrate.entrypoints.studio.audience.fields import FieldForm
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.fields.values import FIELD_TYPES, normalize_value
print(normalize_value(FieldDefinition("size", FIELD_TYPES["shoe"]), " 42 "), ContactFieldType("shoe").value)
print(dict(FieldForm().fields["type"].choices)["shoe"])
""")
    assert printed.split("\n")[:2] == ["EU 42 shoe", "Shoe size"]
    assert len(tree.changed) == 2


def test_a_step_takes_three_files(tree: SourceTree) -> None:
    tree.edit(
        "rules/automations/steps.py",
        (
            "STEP_KINDS: ",
            """@dataclass(frozen=True)
class Call(Step, kind="call", label="Call them", icon="phone", sentence="Call %(name)s"):
    text: str = written("What to say", "Write what to say.")


STEP_KINDS: """,
        ),
        ("GoTo, End)", "GoTo, Call, End)"),
    )
    tree.edit(
        "apps/automations/engine/steps.py",
        ("    Webhook,\n)", "    Webhook,\n    Call,\n)"),
        (
            "ACTIONS: ",
            """class _Call(StepAction[Call]):
    def act(self, run, step, people):
        pass_on(run, step, people)


ACTIONS: """,
        ),
        ("    End.kind: _End(),", "    Call.kind: _Call(),\n    End.kind: _End(),"),
    )
    tree.add("tests/apps/automations/test_call.py", "")
    printed = tree.run("""
from mailflatrate.apps.automations.engine.steps import ACTIONS
from mailflatrate.entrypoints.studio.automations.step_forms import DeclaredForm
from mailflatrate.rules.automations.compiling import compile_graph
from mailflatrate.rules.automations.problems import problems_in
from mailflatrate.rules.automations.reading import read_graph
from mailflatrate.rules.automations.steps import STEP_KINDS
graph = read_graph({"entry": {"on": "confirmed"}, "steps": [{"id": "a", "do": "call", "text": ""}]})
print([problem.message for problem in problems_in(graph)], compile_graph(graph)[0].parameters)
print(ACTIONS.keys() == STEP_KINDS.keys())
print(list(DeclaredForm(initial={}, step=STEP_KINDS["call"], here=1).fields))
""")
    assert printed.split("\n")[:3] == ["['Write what to say.'] {'text': ''}", "True", "['text']"]
    assert len(tree.changed) == 3


def test_an_event_takes_three_files(tree: SourceTree) -> None:
    tree.edit(
        "rules/events.py",
        ('    WEBHOOK_TEST = "webhook.test"\n', '    WEBHOOK_TEST = "webhook.test"\n    LIST_NEW = "list.new"\n'),
        (
            "EVENTS: Final[Mapping[EventType, EventDescription]] = {\n",
            "EVENTS: Final[Mapping[EventType, EventDescription]] = {\n"
            '    EventType.LIST_NEW: EventDescription("A list was added", "", {"list_id": _LIST}, {"list_id": 1}),\n',
        ),
    )
    tree.add("apps/lists/actions/lists.py", (PACKAGE / "apps/lists/actions/lists.py").read_text())  # which emits it
    tree.add("tests/apps/lists/test_lists.py", "")
    printed = tree.run("""
from mailflatrate.entrypoints.studio.trust.webhooks import TYPE_WORDS
from mailflatrate.rules.events import EventType, payload_schema
print(TYPE_WORDS[EventType.LIST_NEW], payload_schema(EventType.LIST_NEW)["required"])
""")
    assert printed == "A list was added ['list_id']\n"
    assert len(tree.changed) == 3


def test_a_check_takes_two_files(tree: SourceTree) -> None:
    tree.add(
        "rules/checks/subject_short.py",
        (PACKAGE / "rules/checks/subject_present.py").read_text().replace("subject-present", "subject-short"),
    )
    tree.add("tests/rules/test_campaign_chain.py", "")
    printed = tree.run("""
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN
from mailflatrate.rules.gate.coverage import coverage
rows = {row.rule: row.checks for row in coverage()}
keys = [check.key for check in CAMPAIGN_CHAIN]
print(keys.index("subject-short") - keys.index("subject-present"), "subject-short" in rows["R-47"])
""")
    assert printed == "1 True\n"
    assert len(tree.changed) == 2
