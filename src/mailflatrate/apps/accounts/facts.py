"""Rows of this app as facts for the rules."""

from mailflatrate.apps.accounts.models import Account, AgreementKind, Application, Imprint
from mailflatrate.apps.accounts.queries import accepted_versions, current_versions
from mailflatrate.base import tenancy
from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.facts import AccountFacts
from mailflatrate.rules.imprint import ImprintRecord as StructuredImprint
from mailflatrate.rules.imprint import imprint_from_mapping
from mailflatrate.rules.vetting.record import FIELDS


def account_facts(account: Account) -> AccountFacts:
    current, accepted = current_versions(), accepted_versions()
    return AccountFacts(
        status=AccountStatus(account.status),
        activated_at=account.activated_at,
        activated_by=str(account.activated_by or ""),
        terms_current=current.get(AgreementKind.TERMS, ""),
        terms_accepted=accepted.get(AgreementKind.TERMS, ""),
        policy_current=current.get(AgreementKind.POLICY, ""),
        policy_accepted=accepted.get(AgreementKind.POLICY, ""),
        dpa_current=current.get(AgreementKind.DPA, ""),
        dpa_accepted=accepted.get(AgreementKind.DPA, ""),
        own_limit=account.daily_limit,
    )


def structured_imprint(imprint: Imprint | None) -> StructuredImprint | None:
    return imprint_from_mapping({**imprint.fields, "country": imprint.country}) if imprint else None


@tenancy.needs_account
def agreements_open(account: Account) -> bool:
    facts = account_facts(account)
    return (
        facts.terms_current != facts.terms_accepted
        or facts.policy_current != facts.policy_accepted
        or facts.dpa_current != facts.dpa_accepted
    )


def record_of(application: Application) -> dict[str, object]:
    return {field.key: getattr(application, field.key) for field in FIELDS}
