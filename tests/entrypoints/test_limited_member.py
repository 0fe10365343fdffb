"""A member who sees only some lists works with these as anyone else does, and what they start stays within them."""

import io
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from mailflatrate.apps.accounts.actions import invitations, people
from mailflatrate.apps.accounts.actions.keys import make_api_key, use_api_key
from mailflatrate.apps.accounts.actions.people import AccountError
from mailflatrate.apps.accounts.models import Invitation, KeyScope, Membership, Role, User
from mailflatrate.apps.accounts.queries import members_who_may
from mailflatrate.apps.campaigns.actions.drafts import update_campaign
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.intake.actions.imports import start_import
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ExportProblem
from mailflatrate.apps.lists.models import (
    LIMIT_CHANGED,
    Contact,
    ContactNote,
    MailingList,
    Subscription,
    SubscriptionState,
)
from mailflatrate.apps.segments.actions.bulk import start_bulk
from mailflatrate.apps.segments.actions.exports import open_export, start_export
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import (
    BulkAction,
    BulkKind,
    Export,
    ExportContent,
    ExportFormat,
    ExportState,
    Segment,
)
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.long_task import TaskState
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission
from support.contact_files import HEADER, line
from support.customers import Customer, sending_customer
from support.origins import approve_origin
from support.people import browser, person
from support.subscribers import add_people

pytestmark = pytest.mark.usefixtures("database")


class Team:
    """Anna's account with two lists of two people each, one of them on both; Mia is an admin who sees the first."""

    def __init__(self) -> None:
        self.anna: Customer = sending_customer(people=2)
        self.other: Customer = self.anna.with_list("Wholesale", "Offers to shops")
        add_people(self.account_id, self.other.list_id, 2, "wholesale.example.com")
        self.mia: User = person(self.account_id, "Mia Mohn", Role.ADMIN)
        self.limit(self.mia, self.anna.list_id)
        self.client: Client = browser(self.mia)
        with tenancy.account(self.account_id):
            mine = Subscription.objects.filter(mailing_list_id=self.anna.list_id).order_by("contact_id")
            self.shared, self.own = (row.contact_id for row in mine)
            theirs = Subscription.objects.filter(mailing_list_id=self.other.list_id).order_by("contact_id")
            self.hidden = theirs[0].contact_id
            both = theirs[1]
            Subscription.objects.create(
                mailing_list_id=self.other.list_id,
                contact_id=self.shared,
                state=SubscriptionState.CONFIRMED,
                confirmed_at=both.confirmed_at,
                consent_event_id=both.consent_event_id,
            )

    @property
    def account_id(self) -> int:
        return self.anna.account_id

    def limit(self, user: User, *list_ids: int) -> None:
        """Limit a member to these lists; to all of them without any."""
        with tenancy.account(self.account_id):
            membership_id = Membership.objects.get(user=user).id
        people.limit_member(self.account_id, membership_id, list_ids or None, by=self.anna.owner)

    def as_mia(self) -> Any:
        """Open Mia's scope, as a page of hers does."""
        return tenancy.member(self.account_id, self.mia.id, is_limited=True)

    def states(self) -> dict[tuple[int, int], str]:
        with tenancy.account(self.account_id):
            rows = Subscription.objects.values_list("mailing_list_id", "contact_id", "state")
            return {(list_id, contact_id): state for list_id, contact_id, state in rows}


@pytest.fixture
def team() -> Team:
    return Team()


def post(client: Client, address: str, **values: Any) -> str:
    """Post a form and return the page that it leads to."""
    answer = client.post(address, values)
    if answer.status_code == 303:
        answer = client.get(answer.headers["Location"])
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_contacts_are_edited_noted_and_suppressed(team: Team) -> None:
    here = f"/studio/contacts/{team.own}/"
    post(team.client, f"{here}fields/first_name/", field_first_name="Dorothea")
    post(team.client, f"{here}notes/", text="Called about bulbs.")
    post(team.client, f"{here}tags/", add="Regulars")
    page = post(team.client, "/studio/suppressions/add/", **{"add-email": "nobody@x.example", "add-reason": "manual"})
    again = post(team.client, "/studio/suppressions/add/", **{"add-email": "nobody@x.example", "add-reason": "manual"})
    assert "is suppressed and will no longer get email" in page
    assert "is suppressed and will no longer get email" in again, "whether it was known isn't said"
    with tenancy.account(team.account_id):
        assert Contact.objects.get(id=team.own).first_name == "Dorothea"
        assert ContactNote.objects.get().author_id == team.mia.id
        assert Suppression.objects.count() == 1


def test_what_others_wrote_about_someone_on_other_lists_stays_hidden(team: Team) -> None:
    for contact_id in (team.own, team.shared):
        anna = browser(team.anna.owner)
        post(anna, f"/studio/contacts/{contact_id}/notes/", text="Pays late.")
    assert "Pays late." in team.client.get(f"/studio/contacts/{team.own}/").content.decode()
    shared = team.client.get(f"/studio/contacts/{team.shared}/").content.decode()
    assert "Pays late." not in shared
    assert "Wholesale" not in shared
    assert "Offers to shops" not in shared


def test_a_no_to_everything_counts_on_all_lists(team: Team) -> None:
    post(team.client, f"/studio/contacts/{team.shared}/unsubscribe/", list="all")
    states = team.states()
    assert states[team.anna.list_id, team.shared] == SubscriptionState.UNSUBSCRIBED
    assert states[team.other.list_id, team.shared] == SubscriptionState.UNSUBSCRIBED


def test_only_someone_with_all_lists_erases_a_person_on_other_lists(team: Team) -> None:
    here = f"/studio/contacts/{team.shared}/erase/"
    assert "also on lists that you don" in post(team.client, here, sure="on")
    post(team.client, f"/studio/contacts/{team.own}/erase/", sure="on")
    with tenancy.account(team.account_id):
        assert Contact.objects.filter(id=team.shared).exists()
        assert not Contact.objects.filter(id=team.own).exists()


def test_a_new_list_is_the_member_s(team: Team) -> None:
    values = {"name": "Bulbs", "public_name": "Bulbs", "language": "en", "description": "", "policy": "on"}
    post(team.client, "/studio/lists/new/", **values)
    with team.as_mia():
        names = list(MailingList.objects.order_by("id").values_list("name", flat=True))
    assert names == ["Newsletter", "Bulbs"]
    with tenancy.platform(PlatformReason.ACTIVITY):
        line = AuditEntry.objects.filter(account_id=team.account_id, action="member.limited").latest("id")
    assert (str(line.actor_id), line.details["before"]) == (str(team.mia.id), f"list:{team.anna.list_id}")


def test_a_campaign_is_written_released_and_stopped(team: Team) -> None:
    campaign = team.anna.ticked(team.anna.draft("Bulbs"))
    other = team.anna.draft("Offers", list_ids=[team.other.list_id])
    both = team.anna.draft("Both", list_ids=[team.anna.list_id, team.other.list_id])
    without = team.anna.draft("Without", excluded_list_ids=[team.other.list_id])
    listed = team.client.get("/studio/campaigns/").content.decode()
    assert "Bulbs" in listed
    for hidden in (other, both, without):
        assert team.client.get(f"/studio/campaigns/{hidden.id}/edit/").status_code == 404
    post(team.client, f"/studio/campaigns/{campaign.id}/release/", when="now")
    assert team.anna.again(campaign).state == CampaignState.PLANNING
    post(team.client, f"/studio/campaigns/{campaign.id}/cancel/")
    assert team.anna.again(campaign).state == CampaignState.CANCELLED


def test_a_campaign_cannot_reach_beyond_the_limit(team: Team) -> None:
    """Neither as audience nor by what it excludes or asks."""
    campaign = team.anna.draft("Bulbs")
    base = {"name": "Bulbs", "subject": "S", "sender": team.anna.sender_id, "language": "en", "content": "Hi."}
    base |= {"content_kind": campaign.content_kind, "preheader": "", "reply_to": "", "text_override": ""}
    lists = ([team.other.list_id], [team.anna.list_id, team.other.list_id])
    for wanted in [*({"list_ids": each} for each in lists), {"excluded_list_ids": [team.other.list_id]}]:
        values = {"list_ids": [team.anna.list_id], **base, **wanted}
        team.client.post(f"/studio/campaigns/{campaign.id}/edit/", values)
        kept = team.anna.again(campaign)
        assert set(kept.list_ids) | set(kept.excluded_list_ids) == {team.anna.list_id}


BEYOND = [
    [{"field": "source", "op": "contains", "value": "wholesale"}],
    [{"field": "consent", "op": "within_days", "value": 30}],
    [{"field": "received", "op": "at_least", "value": 1}],
]


def test_an_audience_does_not_ask_about_other_lists(team: Team) -> None:
    """Who among one's own contacts is on another list would show in the report."""
    campaign = team.anna.draft("Bulbs")
    on_other = [{"field": "list", "op": "on", "value": [team.other.list_id]}]
    for conditions in [*BEYOND, on_other]:
        for values in ({"conditions": conditions}, {"excluded_segments": [{"id": 1, "conditions": conditions}]}):
            with team.as_mia(), pytest.raises(CampaignInputError):
                update_campaign(campaign.id, values, by=team.mia)
    with tenancy.account(team.account_id):
        hidden = save_segment("Wholesalers", on_other)
        seen = save_segment("Doras", [{"field": "first_name", "op": "equals", "value": "Dora"}])
    with team.as_mia():
        assert list(Segment.objects.values_list("id", flat=True)) == [seen.id]
    post(team.client, f"/studio/campaigns/{campaign.id}/edit/", use_segment="1", segment=hidden.id)
    assert not team.anna.again(campaign).conditions
    written = team.anna.draft("By Anna", conditions=on_other)
    post(team.client, f"/studio/campaigns/{written.id}/copy/")
    with tenancy.account(team.account_id):
        assert Campaign.objects.filter(name__startswith="By Anna").count() == 1


def test_rules_see_the_whole_account(team: Team) -> None:
    """The verdict on a campaign is the same, whoever asks for it."""

    campaign = team.anna.ticked(team.anna.draft())
    with tenancy.account(team.account_id):
        whole = check_campaign(campaign.id)
    with team.as_mia():
        assert check_campaign(campaign.id) == whole
        assert Campaign.objects.count() == 1


# -- jobs --------------------------------------------------------------------------------------------------------------


def _export(team: Team, content: ExportContent = ExportContent.CONTACTS) -> int:
    with team.as_mia():
        return start_export(content, ExportFormat.CSV, by=team.mia, enqueue=False).id


def _row(team: Team, export_id: int) -> Export:
    with tenancy.account(team.account_id):
        return Export.objects.get(id=export_id)


def test_an_export_has_what_its_starter_sees(team: Team) -> None:
    export_id = _export(team)
    run_export(team.account_id, export_id)
    with team.as_mia(), open_export(export_id, by=team.mia) as file:
        said = file.read().decode()
    with tenancy.account(team.account_id):
        emails = dict(Contact.objects.values_list("id", "email"))
    assert _row(team, export_id).rows_total == 2
    assert emails[team.own] in said
    assert emails[team.shared] in said
    assert emails[team.hidden] not in said
    assert "Wholesale" not in said
    with pytest.raises(ExportProblem):
        _export(team, ExportContent.SUPPRESSIONS)


@pytest.mark.parametrize("all_lists", [True, False])
def test_an_export_stops_when_its_starter_sees_other_lists(team: Team, all_lists: bool) -> None:
    export_id = _export(team)
    team.limit(team.mia, *(() if all_lists else (team.other.list_id,)))
    run_export(team.account_id, export_id)
    row = _row(team, export_id)
    assert (row.state, row.problem, row.file_path) == (ExportState.CANCELLED, LIMIT_CHANGED, "")


def test_a_file_made_with_all_lists_is_closed_by_a_limit(team: Team) -> None:
    team.limit(team.mia)
    with tenancy.account(team.account_id):
        export_id = start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=team.mia, enqueue=False).id
    run_export(team.account_id, export_id)
    answer = team.client.get(f"/studio/exports/{export_id}/file")
    assert answer.status_code == 200
    answer.close()
    team.limit(team.mia, team.anna.list_id)
    assert team.client.get(f"/studio/exports/{export_id}/file").status_code == 404


def test_a_bulk_action_reaches_only_what_its_starter_sees(team: Team) -> None:
    with team.as_mia():
        everyone = BulkSelection(wanted=ContactFilter())
        action = start_bulk(BulkKind.UNSUBSCRIBE, everyone, {"list": None}, by=team.mia, enqueue=False)
        named = BulkSelection((team.hidden, team.own))
        tagged = start_bulk(BulkKind.ADD_TAG, named, {"tag": "VIP"}, by=team.mia, enqueue=False)
    run_bulk(team.account_id, tagged.id)
    run_bulk(team.account_id, action.id)
    states = team.states()
    with tenancy.account(team.account_id):
        assert BulkAction.objects.get(id=tagged.id).changed == 1
        assert BulkAction.objects.get(id=action.id).total == 2
    assert states[team.other.list_id, team.hidden] == SubscriptionState.CONFIRMED
    assert states[team.anna.list_id, team.own] == SubscriptionState.UNSUBSCRIBED


def test_a_bulk_action_stops_when_its_starter_sees_fewer_lists(team: Team) -> None:
    with team.as_mia():
        everyone = BulkSelection(wanted=ContactFilter())
        action = start_bulk(BulkKind.ADD_TAG, everyone, {"tag": "VIP"}, by=team.mia, enqueue=False)
    team.limit(team.mia, team.other.list_id)
    run_bulk(team.account_id, action.id)
    with tenancy.account(team.account_id):
        row = BulkAction.objects.get(id=action.id)
    assert (row.state, row.changed, row.problem) == (TaskState.CANCELLED, 0, LIMIT_CHANGED)


def test_an_import_stops_when_its_starter_no_longer_sees_the_list(team: Team) -> None:
    approve_origin(team.account_id, team.anna.list_id)
    content = f"{HEADER}\n{line('one@dora.example.com')}".encode()
    with tenancy.account(team.account_id):
        job = start_import(team.anna.list_id, io.BytesIO(content), "people.csv", {}, enqueue=False)
        Import.objects.filter(id=job.id).update(created_by=team.mia)
    team.limit(team.mia, team.other.list_id)
    run_import(team.account_id, job.id)
    stopped = team.anna.job(job.id)
    assert (stopped.state, stopped.accepted) == (ImportState.CANCELLED, 0)


# -- who limits whom ---------------------------------------------------------------------------------------------------


def test_an_owner_limits_members_on_the_team_page(team: Team) -> None:
    ben = person(team.account_id, "Ben Berger", Role.EDITOR)
    with tenancy.account(team.account_id):
        membership = Membership.objects.get(user=ben)
        owner = Membership.objects.get(user=team.anna.owner)
    here = f"/studio/settings/team/{membership.id}/lists/"
    anna = team.anna.client
    page = post(anna, here, limit="some", lists=[team.other.list_id])
    assert "now sees only the lists you chose" in page
    assert "Wholesale" in page
    assert "Choose at least one list" in post(anna, here, limit="some")
    assert anna.post(here, {"limit": "some", "lists": [10**9]}).status_code == 404
    refused = post(anna, f"/studio/settings/team/{owner.id}/lists/", limit="some", lists=[team.other.list_id])
    assert escape("Owners always see all lists") in refused
    assert browser(ben).get("/studio/lists/").content.decode().count("Wholesale") >= 1
    post(anna, here, limit="all")
    with tenancy.account(team.account_id):
        assert Membership.objects.get(id=membership.id).list_ids is None
    with tenancy.platform(PlatformReason.ACTIVITY):
        lines = AuditEntry.objects.filter(account_id=team.account_id, subject=f"user:{ben.id}").order_by("id")
        told = [(line.action, line.details["after"]) for line in lines]
    assert told == [("member.limited", f"list:{team.other.list_id}"), ("member.limited", "all")]


def test_an_invitation_carries_a_limit(team: Team) -> None:
    invitations.invite(
        team.account_id,
        "nina@people.example",
        name="Nina",
        role=Role.EDITOR,
        language="en",
        by=team.anna.owner,
        url=str,
        list_ids=[team.other.list_id],
    )
    with tenancy.account(team.account_id):
        assert Invitation.objects.get().list_ids == [team.other.list_id]
    assert "Wholesale" in team.anna.page("settings/team/")


def test_a_limited_member_gives_no_one_anything(team: Team) -> None:
    person(team.account_id, "Vera Vogt", Role.VIEWER)
    with tenancy.account(team.account_id):
        viewer = Membership.objects.get(role=Role.VIEWER)
    with pytest.raises(AccountError):
        people.limit_member(team.account_id, viewer.id, None, by=team.mia)
    with pytest.raises(AccountError):
        invitations.invite(
            team.account_id, "x@people.example", name="X", role=Role.VIEWER, language="en", by=team.mia, url=str
        )
    assert "Invite a team member" not in team.client.get("/studio/settings/team/").content.decode()


def test_a_key_rests_while_its_maker_is_limited(team: Team) -> None:
    team.limit(team.mia)
    made = make_api_key(team.account_id, "Shop", {KeyScope.READ}, expires_at=None, by=team.mia)
    assert use_api_key(made.secret) is not None
    team.limit(team.mia, team.anna.list_id)
    assert use_api_key(made.secret) is None
    assert "can no longer have API keys" in team.anna.page("settings/keys/")


def test_notices_of_a_campaign_go_to_those_who_see_it(team: Team) -> None:
    with tenancy.account(team.account_id):
        of_mine = members_who_may(Permission.RELEASE, list_ids=[team.anna.list_id])
        of_others = members_who_may(Permission.RELEASE, list_ids=[team.other.list_id])
        of_none = members_who_may(Permission.RELEASE, list_ids=[])
    assert team.mia in of_mine
    assert team.mia not in of_others
    assert team.mia not in of_none


def test_the_activity_log_shows_what_the_member_sees(team: Team) -> None:
    with tenancy.account(team.account_id):
        for list_id in (team.anna.list_id, team.other.list_id):
            audit.record(
                "list.archived",
                by=audit.person(team.anna.owner),
                account_id=team.account_id,
                subject=f"list:{list_id}",
                reason=f"because-{list_id}",
            )
    for address in ("settings/activity/", "settings/activity.csv"):
        answer = team.client.get(f"/studio/{address}")
        said = b"".join(answer).decode() if answer.streaming else answer.content.decode()  # type: ignore[arg-type]
        assert f"because-{team.anna.list_id}" in said
        assert f"because-{team.other.list_id}" not in said
