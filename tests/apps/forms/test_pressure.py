"""A form that is flooded is named on the first page of the studio, and says so itself (R-35)."""

from datetime import timedelta

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.forms.pressure import forms_under_pressure
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer
from support.forms import FormCustomer, fresh_address
from support.people import browser, person
from support.scope import within


def requests(lindenhof: FormCustomer, number: int, *, age: timedelta = timedelta(0), **values: str) -> None:
    """So many stored sign-ups of one moment."""
    lindenhof.sign_up(first := fresh_address())
    with tenancy.account(lindenhof.account_id):
        like = SignupRequest.objects.get(email=first)
        like.requested_at = clock.now() - age
        for name, each in values.items():
            setattr(like, name, each)
        like.save()
        rows = []
        for count in range(number - 1):
            like.id, like.pk, like.email = None, None, f"{count}{first}"
            like.address_key = bytes(like.address_key)[:24] + count.to_bytes(8, "big")
            rows.append(SignupRequest(**{f.attname: getattr(like, f.attname) for f in SignupRequest._meta.fields}))
        SignupRequest.objects.bulk_create(rows)


def seen(lindenhof: FormCustomer) -> list[tuple[int, int, int, int, bool]]:
    found = within(lindenhof, forms_under_pressure)
    return [(each.last_hour, each.usual, each.stopped, each.denied, each.unproven) for each in found]


def test_a_spike_is_five_times_the_usual_hour_and_fifty_at_least(lindenhof: FormCustomer) -> None:
    requests(lindenhof, 49)
    assert seen(lindenhof) == []
    requests(lindenhof, 1)
    assert seen(lindenhof) == [(50, 0, 0, 0, False)]
    requests(lindenhof, 300, age=timedelta(hours=25))
    assert seen(lindenhof) == [], "twelve an hour are usual here: fifty is no spike"
    requests(lindenhof, 14)
    assert seen(lindenhof) == [(64, 12, 0, 0, False)]


def test_held_back_mails_and_denials_are_named_at_once(lindenhof: FormCustomer) -> None:
    requests(lindenhof, 1, state="withheld", reason="sign-up-bombing")
    assert seen(lindenhof) == [(1, 0, 1, 0, False)]
    requests(lindenhof, 3, state="denied")
    assert seen(lindenhof) == [(4, 0, 1, 3, False)]
    requests(lindenhof, 1, state="withheld", reason="confirmation-address", age=timedelta(hours=2))
    assert seen(lindenhof) == [(4, 0, 1, 3, False)]


@pytest.mark.slow
def test_posts_without_any_proof_are_counted(lindenhof: FormCustomer) -> None:
    with clock.frozen_at(clock.now().replace(minute=30)):
        for _post in range(62):
            lindenhof.post(fresh_address())
        assert [each[4] for each in seen(lindenhof)] == [True]


@pytest.mark.slow
def test_it_stands_on_the_first_page_and_on_the_form_and_with_nobody_else(lindenhof: FormCustomer) -> None:
    client = lindenhof.anna.client
    assert "Unusually high number" not in client.get("/studio/").content.decode()
    requests(lindenhof, 60)
    page = client.get("/studio/").content.decode()
    assert "Unusually high number of sign-ups on “Website”" in page
    assert "60 sign-ups in the last hour" in page and "at most 1,000 confirmation emails per hour" in page
    assert f'href="/studio/forms/{lindenhof.form_id}/"' in page
    assert "Unusually high number of sign-ups" in client.get(f"/studio/forms/{lindenhof.form_id}/").content.decode()
    ben = browser(person(lindenhof.account_id, "Ben", Role.VIEWER))
    assert "Unusually high number" in ben.get("/studio/").content.decode()
    assert "Unusually high number" not in sending_customer(people=0).client.get("/studio/").content.decode()
