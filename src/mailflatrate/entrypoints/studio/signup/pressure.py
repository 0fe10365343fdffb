"""The warning about a form that is being flooded, shown on the home page and on the form's own page (R-35)."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.forms.pressure import Pressure
from mailflatrate.rules.limits import value


def pressure_words(seen: Pressure) -> str:
    number = {
        name: number_format(count, force_grouping=True)
        for name, count in (
            ("n", seen.last_hour),
            ("usual", seen.usual),
            ("stopped", seen.stopped),
            ("denied", seen.denied),
            ("most", round(value("confirmations_per_form_hour"))),
        )
    }
    if seen.usual:
        parts = [
            ngettext(
                "%(n)s sign-up in the last hour (usually %(usual)s).",
                "%(n)s sign-ups in the last hour (usually %(usual)s).",
                seen.last_hour,
            )
        ]
    else:
        parts = [ngettext("%(n)s sign-up in the last hour.", "%(n)s sign-ups in the last hour.", seen.last_hour)]
    if seen.stopped:
        parts.append(
            ngettext(
                "%(stopped)s confirmation email was held back.",
                "%(stopped)s confirmation emails were held back.",
                seen.stopped,
            )
        )
    if seen.denied:
        parts.append(
            ngettext(
                "%(denied)s person answered “this was not me”.",
                "%(denied)s people answered “this was not me”.",
                seen.denied,
            )
        )
    if seen.unproven:
        parts.append(_("Many sign-ups seem to come from bots, so visitors have to click once more to sign up."))
    parts.append(_("The form stays online, but we send at most %(most)s confirmation emails per hour."))
    return " ".join(parts) % number
