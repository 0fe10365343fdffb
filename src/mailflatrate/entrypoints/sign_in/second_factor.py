"""Codes of an authenticator app: each works only once while it is valid, across all processes."""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache

VALID_STEPS = 2 * app_settings.TOTP_TOLERANCE + 1
"""allauth remembers a code for one step of its clock, and takes it in all of these (RFC 6238 section 5.2)."""


class _Once(forms.BaseAuthenticateForm):  # type: ignore[misc]  # allauth has no types
    def clean_code(self) -> str:
        code = str(super().clean_code())
        key = f"code of {self.user.pk}: {normalize_user_code(code)}"
        seconds = app_settings.TOTP_PERIOD * VALID_STEPS
        if self.authenticator.type == Authenticator.Type.TOTP and not cache.add(key, True, seconds):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, forms.AuthenticateForm):  # type: ignore[misc]
    """The form for the code at sign-in."""


class ReauthenticateForm(_Once, forms.ReauthenticateForm):  # type: ignore[misc]
    """The form for the code before a sensitive action."""
