"""Sentences of allauth that our German catalog overrides ("Sie" instead of "du"), named here for `make messages`."""

from typing import Final

from django.utils.translation import gettext_noop as _

RETRANSLATED: Final = (
    _("Please type your current password."),
    _("You cannot add more than %d email addresses."),
    _("Be patient, you are sending too many requests."),
    _("You must type the same password each time."),
    _("You must type the same email each time."),
    _("Forgot your password?"),
)
