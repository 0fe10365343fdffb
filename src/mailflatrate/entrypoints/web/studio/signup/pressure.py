"""What is said about a form that is being flooded, on the first page and on the form's own (R-35)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.forms.pressure import Pressure
from mailflatrate.rules.limits import value


def pressure_words(seen: Pressure) -> str:
    """What happens, and that nobody has to do anything at once."""
    number = {"n": seen.last_hour, "usual": seen.usual, "stopped": seen.stopped, "denied": seen.denied}
    parts = [
        ngettext(
            "%(n)d sign-up within the last hour, usually %(usual)d.",
            "%(n)d sign-ups within the last hour, usually %(usual)d.",
            seen.last_hour,
        )
    ]
    if seen.stopped:
        parts.append(ngettext("%(stopped)d mail was held back.", "%(stopped)d mails were held back.", seen.stopped))
    if seen.denied:
        parts.append(
            ngettext(
                "%(denied)d person answered “this was not me”.",
                "%(denied)d people answered “this was not me”.",
                seen.denied,
            )
        )
    if seen.unproven:
        parts.append(_("Many come from programs; visitors of your pages are asked for one more click."))
    number["most"] = round(value("confirmations_per_form_hour"))
    parts.append(_("The form stays up, and after %(most)d mails an hour no more go out."))
    return " ".join(parts) % number
