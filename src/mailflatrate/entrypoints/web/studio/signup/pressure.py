"""What is said about a form that is being flooded, on the first page and on the form's own (R-35)."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.forms.pressure import Pressure
from mailflatrate.rules.limits import value


def pressure_words(seen: Pressure) -> str:
    """What happens, and that nobody has to do anything at once."""
    number = {
        name: number_format(each, force_grouping=True)
        for name, each in (
            ("n", seen.last_hour), ("usual", seen.usual), ("stopped", seen.stopped), ("denied", seen.denied),
            ("most", round(value("confirmations_per_form_hour"))),
        )
    }  # fmt: skip
    if seen.usual:
        parts = [
            ngettext(
                "%(n)s sign-up within the last hour; usually %(usual)s.",
                "%(n)s sign-ups within the last hour; usually %(usual)s.",
                seen.last_hour,
            )
        ]
    else:
        parts = [
            ngettext("%(n)s sign-up within the last hour.", "%(n)s sign-ups within the last hour.", seen.last_hour)
        ]
    if seen.stopped:
        parts.append(ngettext("%(stopped)s mail was held back.", "%(stopped)s mails were held back.", seen.stopped))
    if seen.denied:
        parts.append(
            ngettext(
                "%(denied)s person answered “this was not me”.",
                "%(denied)s people answered “this was not me”.",
                seen.denied,
            )
        )
    if seen.unproven:
        parts.append(_("Many come from programs; visitors of your pages are asked for one more click."))
    parts.append(_("The form stays up, and after %(most)s mails an hour no more go out."))
    return " ".join(parts) % number
