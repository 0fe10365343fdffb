"""The way in, for tests that need an account which may send: application, agreements, and a person who decides."""

import secrets

import psycopg

from mailflatrate.apps.accounts import actions
from mailflatrate.apps.accounts.models import DecisionKind, User
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url

RECORD = {
    "legal_name": "Gärtnerei Lindenhof GmbH", "register_number": "Amtsgericht Kiel, HRB 1234 KI",
    "vat_id": "DE136695976", "street": "Lindenweg 4", "postcode": "24103", "city": "Kiel", "country": "DE",
    "responsible_person": "Anna Lindner", "phone": "+49 431 123450", "website": "https://lindenhof.example",
    "imprint_url": "https://lindenhof.example/impressum", "sector": "shop",
    "business_model": "We grow bulbs and sell them to gardeners.",
    "sending_history": "A monthly letter for six years.", "previous_provider": "Our shop system",
    "leaving_reason": "It cannot prove consent.", "monthly_volume": 8000, "cadence": "monthly",
    "lists": [{"name": "Newsletter", "size": 1949, "collection": "Form with double opt-in on our website"}],
    "form_url": "https://lindenhof.example/newsletter", "sample_mailing": "Winter bulbs are here: …",
}  # fmt: skip
WHERE = actions.Circumstances(ip=None, user_agent="test")


def operator(name: str = "Otto") -> User:
    """Return an operator."""
    email = f"{name.lower()}{secrets.token_hex(4)}@service.example"
    return actions.create_user(email, name=name, password=None, is_staff=True)


def applicant(company: str = "Gärtnerei Lindenhof", name: str = "Anna Lindner") -> tuple[int, User]:
    """A fresh account with a complete record that is not handed in yet, and its owner."""
    email = f"{name.split()[0].lower()}{secrets.token_hex(4)}@people.example"
    application = actions.begin_application(email, name=name, company=company, country="DE", language="en")
    actions.save_application(application.account_id, RECORD, step="all")
    return application.account_id, User.objects.get(email=email)


def vetted(
    company: str = "Gärtnerei Lindenhof", name: str = "Anna Lindner", *, watched: bool = False, by: User | None = None
) -> tuple[int, User]:
    """Return an active account and its owner. `watched` False: its first campaigns are behind it (R-06)."""
    account_id, user = applicant(company, name)
    otto = by or operator()
    actions.submit_application(account_id, user, WHERE)
    actions.decide_application(account_id, DecisionKind.APPROVE, by=otto)
    if not watched:
        actions.set_limits(account_id, by=otto, daily_limit=None, supervised=False, because="test")
    return account_id, user


def sends_since(account_id: int, days: int) -> None:
    """An account became active so many days ago. The triggers keep that moment, so the owner does it beside them."""
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE account SET activated_at = now() - %s * interval '1 day' WHERE id = %s", [days, account_id]
        )


__all__ = ["RECORD", "WHERE", "applicant", "operator", "sends_since", "vetted"]
