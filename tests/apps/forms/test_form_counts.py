"""Views, starts, sign-ups and confirmations of a form are counted, without anything about a visitor."""

from datetime import timedelta

import pytest
from django.test import Client

from mailflatrate.apps.forms.actions import form_counts
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.figures import PlacementFigures, placement_figures
from mailflatrate.apps.forms.jobs import fold
from mailflatrate.apps.forms.models import ConfirmationRequestKind, FormCount, FormStep, SignupCounter
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.scope import rows, within

VISITOR = "203.0.113.9"


@pytest.fixture
def lindenhof() -> FormCustomer:
    rows(PlatformReason.HOUSEKEEPING, SignupCounter).all().delete()
    return customer_with_form()


def report(lindenhof: FormCustomer, what: str, placement: str = "popup", ip: str = VISITOR) -> int:
    answer = Client().post(f"{lindenhof.url}count", {"what": what, "placement": placement}, REMOTE_ADDR=ip)
    return answer.status_code


def figures(lindenhof: FormCustomer) -> list[PlacementFigures]:
    return list(within(lindenhof, placement_figures, lindenhof.form_id))


def test_the_whole_way_is_counted_by_placement(lindenhof: FormCustomer) -> None:
    for what in ("view", "view", "start"):
        assert report(lindenhof, what) == 204
    mail = lindenhof.asked(fresh_address(), placement="popup")
    lindenhof.confirm(mail)
    lindenhof.sign_up(fresh_address(), placement="<script>")
    popup, other = figures(lindenhof)
    assert popup == PlacementFigures("popup", 2, 1, 1, 1) and popup.percent == 50
    assert other == PlacementFigures("", 0, 0, 1, 0) and other.percent is None


def test_the_proof_says_how_the_form_appeared(lindenhof: FormCustomer) -> None:
    email = fresh_address()
    lindenhof.confirm(lindenhof.asked(email, placement="bar"))
    requested, *_sent, confirmed = [event.evidence.details for event in lindenhof.events(email)]
    assert requested["placement"] == confirmed["placement"] == "bar"


def test_people_whom_someone_entered_are_counted_apart(lindenhof: FormCustomer) -> None:
    email = fresh_address()
    with tenancy.account(lindenhof.account_id):
        kind = ConfirmationRequestKind.PERSON
        request_confirmation(lindenhof.form_id, email, kind=kind, note="asked at the market", by=None)
    assert figures(lindenhof) == [PlacementFigures("asked", 0, 0, 1, 0)]
    (mail,) = lindenhof.send()
    lindenhof.confirm(mail)
    lindenhof.sign_up(fresh_address(), placement="asked")
    assert figures(lindenhof) == [PlacementFigures("asked", 0, 0, 1, 1), PlacementFigures("", 0, 0, 1, 0)]


@pytest.mark.parametrize("what", ["signup", "confirmed", "", "view\0"])
def test_a_browser_can_only_report_what_only_it_knows(lindenhof: FormCustomer, what: str) -> None:
    assert report(lindenhof, what) == 400
    assert figures(lindenhof) == []


def test_a_network_that_reports_without_end_is_no_longer_counted(
    lindenhof: FormCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_counts, "REPORTS_PER_NETWORK_HOUR", 3)
    with clock.frozen_at(clock.now().replace(minute=30)):
        assert [report(lindenhof, "view") for _each in range(5)] == [204, 204, 204, 429, 429]
        assert report(lindenhof, "view", ip="198.51.100.1") == 204
    assert figures(lindenhof)[0].views == 4


def test_the_rows_are_added_up_and_old_days_leave_the_figures(
    lindenhof: FormCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenancy.account(lindenhof.account_id):
        for _each in range(form_counts.MANY_ROWS + 1):
            form_counts.count_step(lindenhof.form_id, "popup", FormStep.VIEW)
        with clock.frozen_at(clock.now() - timedelta(days=40)):
            form_counts.count_step(lindenhof.form_id, "popup", FormStep.VIEW)
    before = figures(lindenhof)
    fold(0)
    assert sorted(rows(lindenhof, FormCount).values_list("count", flat=True)) == [1, form_counts.MANY_ROWS + 1]
    assert figures(lindenhof) == before and before[0].views == form_counts.MANY_ROWS + 1


def test_another_account_sees_and_counts_nothing(lindenhof: FormCustomer) -> None:
    carla = customer_with_form()
    report(lindenhof, "view")
    with tenancy.account(carla.account_id):
        assert list(placement_figures(lindenhof.form_id)) == []
        assert not FormCount.objects.filter(form_id=lindenhof.form_id).exists()
    assert Client().post("/f/nosuchcode/count", {"what": "view"}).status_code == 404
