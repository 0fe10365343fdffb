"""Rows of forms as facts for the rules."""

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import newest_imprint
from mailflatrate.apps.lists.models import OriginState
from mailflatrate.rules.facts import FormFacts
from mailflatrate.rules.forms import content_from_json
from mailflatrate.rules.forms.freeze import company_name


def form_facts(form: Form) -> FormFacts:
    """Return the facts of a form's current draft, for `judge_form`."""
    imprint = structured_imprint(newest_imprint())
    place = form.mailing_list
    return FormFacts(
        content=content_from_json(form.draft),
        imprint=imprint,
        company=company_name(imprint),
        list_open=place.archived_at is None and place.origin_state != OriginState.REJECTED,
    )
