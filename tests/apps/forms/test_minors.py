"""R-39: people under 16 by the field of a form get onto no list: by the form, by hand, by the API."""

from datetime import timedelta

import pytest

from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.forms import FieldKind, FormField
from support.forms import FormCustomer, customer_with_form, fresh_address


def ask(lindenhof: FormCustomer, email: str, born: str) -> None:
    with tenancy.account(lindenhof.account_id):
        sign_up.request_confirmation(
            lindenhof.form_id,
            email,
            kind=ConfirmationRequestKind.API,
            note="asked in the shop",
            by=None,
            values={"tag": born},
        )


def test_a_form_that_asks_for_the_date_of_birth_takes_no_minors(database: str) -> None:
    labels = {"de": "Geburtstag", "en": "Birthday"}
    lindenhof = customer_with_form(fields=(FormField("tag", FieldKind.TEXT, labels),))
    today = clock.now().date()
    sixteen = today.replace(year=today.year - 16)  # 29 February 16 years ago was a leap day, too
    young, old = (sixteen + timedelta(days=1)).strftime("%d.%m.%Y"), sixteen.strftime("%d.%m.%Y")
    child, grown = fresh_address("kind"), fresh_address("dora")
    answer = lindenhof.post(child, tag=young)
    assert answer.status_code == 422
    assert "at least 16 years" in answer.content.decode()
    assert lindenhof.requests(child) == []
    with pytest.raises(FormError, match="16"):
        ask(lindenhof, child, young)
    assert lindenhof.requests(child) == []
    lindenhof.sign_up(grown, tag=old)
    assert len(lindenhof.requests(grown)) == 1
    ask(lindenhof, fresh_address(), "")
