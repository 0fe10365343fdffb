"""URLs of the sign-in pages; of allauth's, only those named here exist. Pages that change a second factor show the
database the pass for it (`tenancy.access`); for a password, `User.save` does.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from mailflatrate.base import tenancy
from mailflatrate.entrypoints.sign_in import address, attempt_limits, devices, enrolment, invitation
from mailflatrate.entrypoints.sign_in.enrolment import guards_factors

View = Callable[..., HttpResponseBase]


def changes_access(view: View) -> View:
    """Run an allauth view in one transaction that may change second factors."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with tenancy.access():
            return view(request, *args, **kwargs)

    return opened


def changes_factor(view: View) -> View:
    return guards_factors(changes_access(view))


def adds_factor(view: View) -> View:
    return guards_factors(changes_access(view), adds=True)


_PASSWORDS: list[URLPattern | URLResolver] = [
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
_FACTORS: list[URLPattern | URLResolver] = [
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/mailbox/", enrolment.ask, name="prove_mailbox_ask"),
    path("2fa/mailbox/<str:token>/", enrolment.confirm, name="prove_mailbox"),
    path("2fa/authenticate/", changes_access(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", changes_access(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", adds_factor(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", changes_factor(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", changes_factor(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        changes_factor(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        changes_factor(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("2fa/webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", adds_factor(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/reauthenticate/",
        changes_access(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        changes_factor(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/edit/",
        changes_factor(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path("2fa/webauthn/login/", changes_access(webauthn.login_webauthn), name="mfa_login_webauthn"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/task", attempt_limits.task, name="sign_in_task"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("signup/", RedirectView.as_view(url="/apply/"), name="account_signup"),
    path("email/", address.change, name="account_email"),
    path("email/confirm/<str:token>/", address.confirm, name="account_confirm_email"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
    path("invitation/<str:token>/join/", invitation.join, name="invitation_join"),
    path("sessions/", devices.devices, name="usersessions_list"),
    *_PASSWORDS,
    *_FACTORS,
]
