"""How many files it takes to add a kind of something: each recipe has to work in a copy of the tree."""

import re
from pathlib import Path

import pytest

from architecture.migrations import PACKAGE
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from support.customers import sending_customer
from support.desk import desk
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
    def read(self, definition, text, *, month_first):
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


def test_a_check_with_a_fact_takes_four_files(tree: SourceTree) -> None:
    tree.edit(
        "rules/facts.py",
        ("    own_limit: int | None = None\n", "    own_limit: int | None = None\n    people: int = 0\n"),
    )
    tree.edit(
        "apps/accounts/facts.py",
        ("        own_limit=account.daily_limit,\n", "        own_limit=account.daily_limit,\n        people=0,\n"),
    )
    tree.add(
        "rules/checks/account_has_people.py",
        (PACKAGE / "rules/checks/dpa_accepted.py")
        .read_text()
        .replace("bool(account.dpa_current) and account.dpa_accepted == account.dpa_current", "account.people > 0")
        .replace("dpa-accepted", "account-has-people"),
    )
    tree.add("tests/rules/test_campaign_chain.py", "")
    printed = tree.run("""
from types import SimpleNamespace
from mailflatrate.rules.facts import AccountFacts
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN
check, = [check for check in CAMPAIGN_CHAIN if check.key == "account-has-people"]
account = AccountFacts(None, None, "", "", "", "", "", "", "", people=1)
print(check.judge(SimpleNamespace(account=account)).passed)
""")
    assert printed == "True\n"
    assert len(tree.changed) == 4


def test_a_studio_list_page_takes_three_files(tree: SourceTree, database: str) -> None:
    tree.add(
        "apps/lists/initials.py",
        """
from django.db.models import Count
from django.db.models.functions import Left, Upper

from mailflatrate.apps.lists.models import Contact


def initials():
    letters = Contact.objects.annotate(letter=Upper(Left("email", 1))).order_by()
    return letters.values_list("letter").annotate(people=Count("id")).order_by("letter")
""",
    )
    tree.add(
        "entrypoints/studio/audience/people/initials.py",
        """
from mailflatrate.apps.lists.initials import initials
from mailflatrate.entrypoints.studio.access import studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage, number, text
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.rules.roles import Permission

INITIALS = ListPage(
    "studio:initials",
    "Initials",
    (
        Column("Letter", lambda row: text(row[0])),
        Column("Contacts", lambda row: number(row[1]), numeric=True),
    ),
    icon="users",
    empty="No contacts yet",
)


@studio("GET initials/", "initials", Permission.CONTACTS, tab=Tab(CONTACTS, "Initials", place=90))
def index(request):
    return page(request, "parts/list_page.html", INITIALS.context(initials()))
""",
    )
    tree.add("tests/entrypoints/studio/test_initials.py", "")
    anna = sending_customer()
    page = tree.visit(anna.client, "/studio/initials/")
    cells = re.findall(r'<span class="cell-text[^>]*>(.*?)</span>', page)
    with tenancy.account(anna.account_id):
        letters = {email[0].upper() for email in Contact.objects.values_list("email", flat=True)}
    assert set(cells) == letters
    assert len(tree.changed) == 3


def test_a_desk_page_takes_four_files(tree: SourceTree, database: str) -> None:
    tree.add(
        "apps/accounts/countries.py",
        """
from django.db.models import Count

from mailflatrate.apps.accounts.models import Imprint


def countries():
    return Imprint.objects.order_by().values_list("country").annotate(accounts=Count("id")).order_by("country")
""",
    )
    tree.add(
        "entrypoints/desk/countries.py",
        """
from django.shortcuts import render

from mailflatrate.apps.accounts.countries import countries
from mailflatrate.entrypoints.desk.access import desk
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab


@desk("GET countries/", "countries", tab=Tab(MONITORING, "Countries", icon="building-2", place=90))
def index(request):
    return render(request, "desk/countries.html", {"countries": countries()})
""",
    )
    tree.add(
        "entrypoints/ui/templates/desk/countries.html",
        """{% extends "layouts/app.html" %}{% block content %}
{% for country, accounts in countries %}<p>{{ country }}: {{ accounts }} accounts</p>{% endfor %}
{% endblock %}""",
    )
    tree.add("tests/entrypoints/desk/test_countries.py", "")
    sending_customer()
    assert "DE: " in tree.visit(desk().client, "/desk/countries/")
    assert len(tree.changed) == 4


def test_a_table_takes_four_files(tree: SourceTree, database: str) -> None:
    tree.edit(
        "apps/stats/models.py",
        (
            "_SCOPES = {",
            """class Pledge(TenantModel):
    contact = models.ForeignKey("lists.Contact", on_delete=models.CASCADE, related_name="+")
    text = models.TextField()

    class Meta:
        db_table = "pledge"


_SCOPES = {""",
        ),
    )
    tree.edit(
        "apps/stats/migrations/0001_initial.py",
        (
            "    operations = [\n",
            """    operations = [
        migrations.CreateModel(
            name="Pledge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("account", models.ForeignKey(
                    db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account")),
                ("contact", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="lists.contact")),
            ],
            options={"db_table": "pledge"},
        ),
""",
        ),
    )
    tree.edit(
        "apps/privacy/text_traces.py",
        (
            '    "refused_rows": ',
            """    "pledges": _Text("pledge", ("text",), {"text": "{}"}, "contact_id"),
    "refused_rows": """,
        ),
    )
    tree.add("tests/apps/stats/test_pledges.py", "")
    anna, carla = sending_customer(people=1), sending_customer()
    printed = tree.run(f"""
from django.core.management import call_command
from django.db import connections, transaction
from architecture.migrations import without_words
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats.models import Pledge
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy.policies import apply_policies
with without_words():
    call_command("makemigrations", "stats", check_changes=True, dry_run=True, verbosity=0)
owner = connections["owner"]
with owner.schema_editor() as editor:
    editor.create_model(Pledge)
try:
    apply_policies(owner)
    with tenancy.account({anna.account_id}):
        Pledge.objects.create(contact=Contact.objects.get(), text="Fünf Bäume", account_id={anna.account_id})
        print(Pledge.objects.count())
    with tenancy.account({carla.account_id}):
        print(Pledge.objects.count())
finally:
    with owner.schema_editor() as editor:
        editor.delete_model(Pledge)
""")
    assert printed.split() == ["1", "0"]
    assert len(tree.changed) == 4
