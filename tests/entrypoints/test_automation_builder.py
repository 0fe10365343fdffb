"""The builder of automations: each kind of step, what is refused, undo and redo, and who may do what."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import Membership, Role
from mailflatrate.apps.automations.models import Automation, AutomationVersion
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.campaigns.actions.drafts import update_campaign
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.steps import STEP_KINDS
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.people import browser, person

HTMX = {"HTTP_HX_REQUEST": "true"}


class Builder:
    """Anna at the builder of one automation."""

    def __init__(self, customer: Customer, *steps: dict[str, Any], **graph: Any) -> None:
        self.customer = customer
        self.journey = Journey.drafted(customer, *steps, **graph)
        self.id = self.journey.automation_id
        self.client: Client = customer.client

    @property
    def path(self) -> str:
        return f"/studio/automations/{self.id}/"

    def version(self) -> AutomationVersion:
        with tenancy.account(self.customer.account_id):
            return newest_version(self.id)

    def steps(self) -> list[dict[str, Any]]:
        return list(self.version().graph["steps"])

    def kinds(self) -> list[str]:
        return [step["do"] for step in self.steps()]

    def edit(self, do: str, status: int = 200, based_on: int | None = None, **values: Any) -> str:
        """Post an edit as htmx does; return the answer."""
        saves = self.version().saves if based_on is None else based_on
        answer = self.client.post(f"{self.path}flow/edit/", {"do": do, "based_on": saves, **values}, **HTMX)
        assert answer.status_code == status, answer.content.decode()[-3000:]
        return answer.content.decode()

    def insert(self, kind: str, place: str = "top:0") -> str:
        """Insert a step; return its ID."""
        before = {step["id"] for step in _all(self.steps())}
        self.edit("insert", kind=kind, place=place)
        (made,) = {step["id"] for step in _all(self.steps())} - before
        return str(made)

    def change(self, key: str, status: int = 200, **values: Any) -> str:
        return self.edit(
            "change", status, key=key, **{name.replace("__", "-"): value for name, value in values.items()}
        )

    def step(self, key: str) -> dict[str, Any]:
        return next(step for step in _all(self.steps()) if step["id"] == key)

    def side(self, key: str, **values: Any) -> str:
        """Open a panel, or draw it again with values."""
        at = f"{self.path}flow/side/{key}/"
        answer = self.client.post(at, values, **HTMX) if values else self.client.get(at, **HTMX)
        assert answer.status_code == 200
        return answer.content.decode()


def _all(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for step in steps:
        found.append(step)
        for nested in [step.get("then", []), step.get("else", []), *(arm["steps"] for arm in step.get("arms", []))]:
            found += _all(nested)
    return found


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her tests have an automation each, and fields and tags of other names."""
    assert database
    return sending_customer(people=2)


@pytest.fixture
def new_anna(database: str) -> Customer:
    """She has no automation yet."""
    assert database
    return sending_customer(people=2)


@pytest.fixture
def builder(anna: Customer) -> Builder:
    return Builder(anna)


def test_an_automation_is_created_listed_renamed_copied_and_deleted(new_anna: Customer) -> None:
    assert "No automations yet" in new_anna.page("automations/")
    form = {"name": "Welcome to the nursery", "mailing_list": new_anna.list_id}
    answer = new_anna.client.post("/studio/automations/new/", form)
    with tenancy.account(new_anna.account_id):
        automation = Automation.objects.get()
    assert answer.headers["Location"] == f"/studio/automations/{automation.id}/flow/"
    page = new_anna.page("automations/")
    assert "Welcome to the nursery" in page and "Draft" in page
    assert "No automations with this status" in new_anna.page("automations/?state=ended")
    flow = new_anna.page(f"automations/{automation.id}/flow/")
    assert "is confirmed" in flow and "The automation has no steps yet" in flow
    new_anna.client.post(f"/studio/automations/{automation.id}/rename/", {"name": "Hello"})
    new_anna.client.post(f"/studio/automations/{automation.id}/copy/")
    with tenancy.account(new_anna.account_id):
        assert sorted(Automation.objects.values_list("name", flat=True)) == ["Hello", "Hello (2)"]
    new_anna.client.post(f"/studio/automations/{automation.id}/delete/")
    with tenancy.account(new_anna.account_id):
        assert [row.name for row in Automation.objects.all()] == ["Hello (2)"]


def test_a_new_automation_needs_a_name_and_one_of_the_account_s_lists(new_anna: Customer) -> None:
    stranger = sending_customer(people=0)
    for values in ({"name": "", "mailing_list": new_anna.list_id}, {"name": "x", "mailing_list": stranger.list_id}):
        assert new_anna.client.post("/studio/automations/new/", values).status_code == 422
    with tenancy.account(new_anna.account_id):
        assert not Automation.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(STEP_KINDS))
def test_each_kind_is_inserted_and_its_panel_opens(builder: Builder, kind: str) -> None:
    key = builder.insert(kind)
    assert builder.kinds() == [kind]
    panel = builder.side(key)
    assert 'id="side-form"' in panel
    assert f'id="step-{key}"' in builder.client.get(f"{builder.path}flow/").content.decode()


@pytest.mark.slow
def test_a_message_is_created_with_its_step_and_named_in_its_panel(builder: Builder) -> None:
    key = builder.insert("send")
    with tenancy.account(builder.customer.account_id):
        message = Campaign.objects.get(automation_id=builder.id)
    assert builder.step(key)["campaign"] == message.id
    assert (message.list_ids, message.sender_id) == ([builder.customer.list_id], builder.customer.sender_id)
    assert "Send “Good to have you here”" in builder.change(key, step__name="Good to have you here")
    builder.change(key, 422, step__name="")
    assert f"/studio/campaigns/{message.id}/edit/" in builder.side(key)


@pytest.mark.slow
def test_a_message_is_edited_without_audience_and_leads_back_to_its_step(builder: Builder) -> None:
    key = builder.insert("send")
    at = f"/studio/campaigns/{builder.step(key)['campaign']}/edit/"
    page = builder.client.get(at).content.decode()
    assert f"{builder.path}flow/?step={key}" in page and "Back to the automation" in page
    assert 'id="audience"' not in page and 'id="when"' not in page and 'name="per_hour"' in page
    with tenancy.account(builder.customer.account_id):
        message = Campaign.objects.get(id=builder.step(key)["campaign"])
    values = {"name": message.name, "subject": "Hello", "list_ids": message.list_ids, "language": "en"}
    values |= {"content_kind": message.content_kind, "content": message.content, "seen": message.version}
    answer = builder.client.post(at, values, **HTMX)
    assert answer.status_code == 200
    assert 'id="audience' not in answer.content.decode(), "no part that the page doesn't have"
    with tenancy.account(builder.customer.account_id):
        message.refresh_from_db()
    assert (message.subject, message.list_ids) == ("Hello", [builder.customer.list_id])
    own = builder.customer.draft("A campaign of its own")
    assert "Back to the automation" not in builder.client.get(f"/studio/campaigns/{own.id}/edit/").content.decode()


@pytest.mark.slow
def test_a_step_moves_anywhere_by_a_menu(builder: Builder) -> None:
    branch, step = builder.insert("branch"), builder.insert("wait", "top:1")
    panel = builder.side(step)
    assert f'value="{branch}.then:0"' in panel and 'value="top:0"' in panel
    assert f'value="{branch}.then:0"' not in builder.side(branch), "not into itself"
    builder.edit("move", key=step, place=f"{branch}.then:0")
    assert [each["id"] for each in builder.step(branch)["then"]] == [step]


@pytest.mark.slow
def test_a_wait_has_four_ways(builder: Builder) -> None:
    key = builder.insert("wait")
    builder.change(key, step__kind="for", step__days="4", step__hours="", step__minutes="30")
    assert builder.step(key)["for"] == {"days": 4, "hours": 0, "minutes": 30}
    assert "Wait 4 days and 30 minutes" in builder.client.get(f"{builder.path}flow/").content.decode()
    said = builder.change(key, step__kind="until", step__weekday="0", step__at="09:30")
    assert builder.step(key)["until"] == {"weekday": 0, "at": "09:30"}
    assert "Wait until Monday, 09:30" in said
    with tenancy.account(builder.customer.account_id):
        create_field(FieldDraft("Birthday", "date", "Greetings", key="birthday"))
    drawn = builder.side(key, **{"step-kind": "date"})
    assert 'name="step-offset"' in drawn and 'name="step-weekday"' not in drawn and "data-unsaved" in drawn
    values = {"step__field": "birthday", "step__offset": "3", "step__direction": "before", "step__at": "08:00"}
    said = builder.change(key, step__kind="date", **values)
    rest = {"do": "wait", "date": "birthday", "offset_days": -3, "at": "08:00"}
    assert builder.step(key) == {"id": key, **rest}
    assert "Wait until 3 days before “Birthday”, 08:00" in said
    assert "field-error" in builder.change(key, 422, step__kind="for", step__days="9999")


@pytest.mark.slow
def test_a_branch_is_built_with_conditions_and_holds_steps(builder: Builder) -> None:
    with tenancy.account(builder.customer.account_id):
        tag = create_tag("Garden")
    key = builder.insert("branch")
    redrawn = builder.client.post(
        f"{builder.path}flow/side/{key}/?only=conditions",
        {"node": "c0", "0-field": "tag", "0-op": "has", "row": "add:"},
        **HTMX,
    ).content.decode()
    assert redrawn.count('name="node"') == 2 and "Garden" in redrawn and 'id="side"' not in redrawn
    assert "0-field" in builder.change(key, 422, node="c0", **{"0-field": "tag", "0-op": "has"})
    said = builder.change(key, node="c0", **{"0-field": "tag", "0-op": "has", "0-values": tag.id})
    assert builder.step(key)["if"][0]["value"] == tag.id
    assert "Garden" in said
    nested = builder.insert("end", f"{key}.then:0")
    assert [step["id"] for step in builder.step(key)["then"]] == [nested]


def test_a_split_has_shares_that_make_a_hundred(builder: Builder) -> None:
    key = builder.insert("split")
    nested = builder.insert("end", f"{key}.1:0")
    assert builder.side(key, share=["50", "50"], arms="add").count('name="share"') == 3
    builder.change(key, 422, share=["50", "40"])
    builder.change(key, share=["20", "30", "50"])
    arms = builder.step(key)["arms"]
    assert [arm["share"] for arm in arms] == [20, 30, 50]
    assert [[step["id"] for step in arm["steps"]] for arm in arms] == [[], [nested], []]


def test_fields_tags_and_colleagues(builder: Builder) -> None:
    with tenancy.account(builder.customer.account_id):
        create_field(FieldDraft("Reader", "boolean", "Greetings", key="reader"))
        tag = create_tag("Reader")
    key = builder.insert("set_field")
    assert "field_reader" in builder.side(key, **{"step-field": "reader"})
    builder.change(key, **{"step-field": "reader", "field_reader": "true"})
    assert (builder.step(key)["field"], builder.step(key)["value"]) == ("reader", "true")
    key = builder.insert("add_tag")
    assert "Add the tag “Reader”" in builder.change(key, step__tag=tag.id)
    key = builder.insert("notify")
    builder.change(key, step__user=builder.customer.owner.id, step__text="Call her")
    assert builder.step(key)["text"] == "Call her"
    builder.change(key, 422, step__user=987654321, step__text="x")


def test_the_entry_the_goal_and_the_rules(builder: Builder) -> None:
    with tenancy.account(builder.customer.account_id):
        tag = create_tag("Customer")
    assert 'name="step-tag"' in builder.side("entry", **{"step-kind": "tag_added"})
    builder.change("entry", step__kind="tag_added", step__tag=tag.id)
    assert builder.version().graph["entry"] == {"on": "tag_added", "tag": tag.id}
    builder.change("goal", node="c0", then="end", **{"0-field": "tag", "0-op": "has", "0-values": tag.id})
    assert builder.version().graph["goal"]["then"] == "end"
    values = {"step__reentry": "after", "step__late": "skip", "step__cap_per_week": "2"}
    values |= {"step__quiet_start": "21:00", "step__quiet_end": "08:00"}
    builder.change("rules", 422, **values)
    said = builder.change("rules", **values, step__reentry_days="30")
    graph = builder.version().graph
    assert graph["reentry"] == {"mode": "after", "days": 30}
    assert (graph["late"], graph["cap_per_week"], graph["quiet"]) == ("skip", 2, {"from": "21:00", "to": "08:00"})
    assert 'id="side-form"' in said
    builder.edit("remove", key="goal")
    assert builder.version().graph["goal"] is None


@pytest.mark.slow
def test_steps_move_and_go_and_every_edit_is_undone_and_redone(builder: Builder) -> None:
    first, second = builder.insert("wait"), builder.insert("end", "top:1")
    builder.edit("down", key=first)
    assert [step["id"] for step in builder.steps()] == [second, first]
    builder.edit("undo")
    assert [step["id"] for step in builder.steps()] == [first, second]
    builder.edit("redo")
    assert [step["id"] for step in builder.steps()] == [second, first]
    builder.edit("move", key=first, place="top:0")
    builder.edit("remove", key=second)
    assert [step["id"] for step in builder.steps()] == [first]
    for _each in range(5):
        builder.edit("undo")
    assert builder.steps() == []
    assert "nothing to undo" in builder.edit("undo")
    builder.insert("end")
    assert "nothing to redo" in builder.edit("redo")


def test_a_second_window_is_told_and_loses_nothing(builder: Builder) -> None:
    key = builder.insert("wait")
    old = builder.version().saves - 1
    answer = builder.edit("change", based_on=old, key=key, **{"step-kind": "for", "step-days": "9"})
    assert "Someone else changed this automation" in answer
    assert 'id="side"' not in answer, "what was typed stays in the panel"
    assert builder.step(key)["for"]["days"] == 1
    with tenancy.account(builder.customer.account_id):
        before = Campaign.objects.count()
    assert "Someone else changed" in builder.edit("insert", based_on=old, kind="send", place="top:0")
    with tenancy.account(builder.customer.account_id):
        assert Campaign.objects.count() == before, "no message is left over"


def test_what_a_graph_does_not_take_is_refused_with_the_reason(builder: Builder) -> None:
    key = builder.insert("branch")
    for _depth in range(2):
        key = builder.insert("branch", f"{key}.then:0")
    innermost = builder.insert("end", f"{key}.then:0")
    assert "no longer there" in builder.edit("move", key=key, place=f"{key}.then:1")
    assert "no longer there" in builder.edit("insert", kind="end", place="nonsense")
    assert "no longer there" in builder.edit("remove", key="gone")
    before = builder.version().graph
    for kind in ("", "nonsense"):
        builder.edit("insert", place="top:0", kind=kind)
    assert builder.version().graph == before, "a step of no kind is none"
    too_deep = builder.edit("insert", kind="branch", place=f"{key}.then:0")
    deepest = next(step["id"] for step in _all(builder.steps()) if step["do"] == "branch" and not step["then"])
    assert "nested up to 3 deep" in builder.edit("insert", kind="end", place=f"{deepest}.then:0"), too_deep
    assert builder.step(innermost)
    assert builder.client.post(f"{builder.path}flow/edit/", {"do": "nonsense"}).status_code == 404


def test_without_javascript_the_same_forms_lead_back_to_the_flow(builder: Builder) -> None:
    saves = builder.version().saves
    values = {"do": "insert", "kind": "wait", "place": "top:0", "based_on": saves}
    answer = builder.client.post(f"{builder.path}flow/edit/", values)
    (step,) = builder.steps()
    assert answer.headers["Location"] == f"{builder.path}flow/?step={step['id']}"
    page = builder.client.get(answer.headers["Location"]).content.decode()
    assert 'name="step-days"' in page
    drawn = builder.client.post(f"{builder.path}flow/side/{step['id']}/", {"step-kind": "until"}).content.decode()
    assert "<html" in drawn and 'name="step-weekday"' in drawn
    refused = builder.client.post(
        f"{builder.path}flow/edit/",
        {"do": "change", "key": step["id"], "step-kind": "for", "step-days": "x", "based_on": saves + 1},
    )
    assert refused.status_code == 422 and "field-error" in refused.content.decode()


def test_a_released_version_is_read_and_edited_as_the_next_one(anna: Customer) -> None:
    builder = Builder(anna, {"id": "a", "do": "send", "campaign": "new"})
    builder.journey.activate()
    page = builder.client.get(f"{builder.path}flow/").content.decode()
    assert "Edit as version 2" in page and "flow-plus" not in page
    assert "was released and stays as it is" in builder.edit("insert", kind="end", place="top:0")
    builder.client.post(f"{builder.path}flow/edit/", {"do": "begin"})
    assert (builder.version().number, builder.version().state) == (2, "draft")
    assert "flow-plus" in builder.client.get(f"{builder.path}flow/").content.decode()
    builder.insert("end", "top:1")
    builder.client.post(f"{builder.path}discard/")
    assert builder.version().number == 1


def test_who_may_look_but_not_edit_sees_no_button(builder: Builder) -> None:
    key = builder.insert("wait")
    viewer = browser(person(builder.customer.account_id, "Vera", Role.VIEWER))
    page = viewer.get(f"{builder.path}flow/?step={key}").content.decode()
    assert "flow-plus" not in page and "Your role can't edit it" in page and "Move up" not in page
    assert viewer.post(f"{builder.path}flow/edit/", {"do": "undo", "based_on": 1}).status_code == 403


def test_a_member_limited_to_some_lists_is_refused(builder: Builder) -> None:
    customer = builder.customer
    member = person(customer.account_id, "Mia", Role.ADMIN)
    with tenancy.account(customer.account_id):
        membership_id = Membership.objects.get(user=member).id
    people.limit_member(customer.account_id, membership_id, [customer.list_id], by=customer.owner)
    client = browser(member)
    for path in ("/studio/automations/", f"{builder.path}flow/", f"{builder.path}flow/side/entry/"):
        assert client.get(path).status_code == 403
    assert "Automations" not in client.get("/studio/").content.decode()


@pytest.mark.slow
def test_the_flow_is_complete_only_when_its_messages_are(database: str) -> None:
    """The badge counts what the page that activates it would refuse."""
    assert database
    anna = sending_customer()
    steps = [{"id": key, "do": "send", "campaign": "new"} for key in ("a", "b")]
    journey = Journey.drafted(anna, *steps)
    path = f"/studio/automations/{journey.automation_id}/flow/"
    assert "Complete" in anna.client.get(path).content.decode()
    with tenancy.account(anna.account_id):
        message = Campaign.objects.filter(automation_id=journey.automation_id).latest("id")
        update_campaign(message.id, {"subject": ""}, by=anna.owner)
    page = unescape(anna.client.get(path).content.decode())
    assert "1 message isn't finished" in page and "Complete" not in page
