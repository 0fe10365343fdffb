"""The first operator of an installation."""

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import has_operator
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('first operator', 0))"


def create_first_operator(email: str, *, name: str, password: str, language: str) -> User:
    """Of two simultaneous attempts one succeeds. Raises AccountError if there is an operator, even a blocked one."""
    with tenancy.platform(PlatformReason.SETUP):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        if has_operator():
            raise AccountError(_("This installation already has an operator. Ask them to add you."))
        return create_user(email, name=name, password=password, language=language, is_staff=True)
