"""Reports that come by no mail: entered by hand, found by our rules, a customer's objection, a denied sign-up."""

import pytest

from mailflatrate.apps.abuse.actions import report_sources
from mailflatrate.apps.abuse.actions.report_sources import ByHand
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseKind, Report, ReportChannel
from mailflatrate.apps.accounts.actions.messages import write_to_desk
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import DeskState
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.returned_mail import STRANGER, SentCampaign, desk, plain, stored
from support.scope import rows, within


def by_hand(**given: str) -> ByHand:
    whole = {
        "about": "",
        "complaint": "unasked",
        "text": "She called: she never asked for it.",
        "reporter": "Dora@Post.example ",
        "reporter_name": "Dora Klein",
        "language": "en",
    } | given
    return ByHand(**whole)


def reports(found: Case) -> list[Report]:
    return list(rows(PlatformReason.OPERATOR_DESK, Report).filter(case=found).order_by("id"))


def test_a_telephone_call_is_about_the_campaign_whose_id_was_read_out(case: SentCampaign, otto: User) -> None:
    found = report_sources.open_by_hand(by_hand(about=f" id {case.campaign.mailing_id.lower()} "), by=otto)
    assert (found.account_id, found.campaign_id) == (case.anna.account_id, case.campaign.id)
    again = report_sources.open_by_hand(by_hand(about=case.campaign.mailing_id, reporter="emil@post.example"), by=otto)
    assert again.id == found.id, "two calls about one campaign are one case"
    assert [(one.via, one.proof, one.reporter) for one in reports(found)] == [
        (ReportChannel.HAND, "hand", "dora@post.example"),
        (ReportChannel.HAND, "hand", "emil@post.example"),
    ]
    assert case.suppressions(0) == [], "what someone says on the telephone proves nothing"


@pytest.mark.parametrize(
    ("given", "words"),
    [({"text": "  "}, "what was said"), ({"about": "4K7Q-92XD-0"}, "Nothing that we sent has this ID")],
)
def test_an_entry_without_words_or_with_a_wrong_id_is_refused(otto: User, given: dict[str, str], words: str) -> None:
    before = rows(PlatformReason.OPERATOR_DESK, Report).count()
    with pytest.raises(AbuseError, match=words):
        report_sources.open_by_hand(by_hand(**given), by=otto)
    assert rows(PlatformReason.OPERATOR_DESK, Report).count() == before


def test_an_action_of_our_rules_is_filed_once(case: SentCampaign) -> None:
    def file(campaign_id: int) -> Case:
        return report_sources.file_figures(
            case.anna.account_id, campaign_id, 4711, text="Too many bounces.", details={"rate": 0.2}, machine="stats.x"
        )

    found = file(case.campaign.id)
    assert file(case.campaign.id).id == found.id
    (report,) = [one for one in reports(found) if one.via == ReportChannel.FIGURES]
    assert (found.kind, report.notice, report.source_id) == (CaseKind.FIGURES, {"rate": 0.2}, 4711)


def test_figures_name_no_campaign_of_another_account(case: SentCampaign) -> None:
    carla = Customer.registered("Nordstern")
    found = report_sources.file_figures(
        carla.account_id, case.campaign.id, 4712, text="x", details={}, machine="stats.x"
    )
    assert (found.account_id, found.campaign_id) == (carla.account_id, None)


def test_an_objection_becomes_one_case_and_the_desk_s_own_message_none(otto: User) -> None:
    anna = Customer.vetted()
    message = within(anna, write_to_desk, "This was a mistake.\nPlease look again.", by=anna.owner)
    found = report_sources.open_contest(message.id, by=otto)
    assert report_sources.open_contest(message.id, by=otto).id == found.id
    assert (found.kind, found.subject, len(reports(found))) == (CaseKind.CONTEST, "This was a mistake.", 1)
    with pytest.raises(AbuseError, match="doesn't exist"):
        report_sources.open_contest(message.id + 1_000_000, by=otto)


def test_mail_is_dismissed_with_a_reason_that_is_on_record(otto: User) -> None:
    raw = plain("dora@post.example", desk("postmaster"), "Cheap offers", "Buy now.")
    (mail_id,) = intake.store([Arrival("smtp", STRANGER, "dora@post.example", desk("postmaster"), raw)])
    with pytest.raises(AbuseError, match="Explain why"):
        report_sources.put_mail_away(mail_id, by=otto, reason=" ")
    assert not rows(PlatformReason.OPERATOR_DESK, AuditEntry).filter(subject=f"raw_mail:{mail_id}").exists()
    report_sources.put_mail_away(mail_id, by=otto, reason="Advertising.")
    entry = rows(PlatformReason.OPERATOR_DESK, AuditEntry).get(subject=f"raw_mail:{mail_id}")
    assert (entry.action, entry.reason) == ("mail.put_away", "Advertising.")
    assert stored(mail_id).desk != DeskState.WAITING
