"""Whether a session was opened with a second factor, and not just with a password."""

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from mailflatrate.apps.accounts.actions.second_factor import announce_first_factor
from mailflatrate.apps.accounts.factors import FACTORS
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.session_store import end_other_sessions


def second_factor(request: HttpRequest, user: User) -> Authenticator | None:
    """Return the second factor this session used; None if it used none or the factor was removed."""
    mine = {factor.pk: factor for factor in Authenticator.objects.filter(user=user, type__in=FACTORS)}
    used = get_authentication_records(request, user)
    keys = [record.get("id") for record in used if record.get("method") == "mfa"]
    proven = next((mine[key] for key in keys if key in mine), None)
    if proven is None and mine and any(record.get("type") == "recovery_codes" for record in used):
        return next(iter(mine.values()))
    return proven


def keep_first_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_signal: object) -> None:
    """Let this session count as verified: the person has proved the password and the mailbox. Others end, since they
    used no factor. A further factor doesn't count, because it could replace the one that this session hasn't used.
    """
    others = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=authenticator.pk)
    if authenticator.type in FACTORS and not others.exists():
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        end_other_sessions(user, str(request.session.session_key))
        announce_first_factor(user)
