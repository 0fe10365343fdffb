"""Tables of accounts: people, agreements, vetting, account status, notices, API keys."""

from mailflatrate.apps.accounts.models.account_status import (
    ACCOUNT_STATUS_LABELS,
    AccountStatusChange,
    DeskMessage,
    Side,
    Strike,
)
from mailflatrate.apps.accounts.models.agreements import (
    Acceptance,
    Acknowledgement,
    AgreementDocument,
    AgreementKind,
    Imprint,
    Occasion,
)
from mailflatrate.apps.accounts.models.invitations import AddressChange, Invitation
from mailflatrate.apps.accounts.models.keys import ApiAnswer, ApiKey, KeyScope
from mailflatrate.apps.accounts.models.notices import Notice, NoticeKind
from mailflatrate.apps.accounts.models.people import Account, FourEyesSwitch, Membership, Role, User
from mailflatrate.apps.accounts.models.sessions import BrowserSession, SharedEntry
from mailflatrate.apps.accounts.models.vetting import (
    Applicant,
    Application,
    Cadence,
    DecisionKind,
    Sector,
    Signal,
    VettingDecision,
)
from mailflatrate.rules.account_states import AccountStatus

__all__ = [
    "ACCOUNT_STATUS_LABELS",
    "Acceptance",
    "Account",
    "AccountStatus",
    "AccountStatusChange",
    "Acknowledgement",
    "AddressChange",
    "AgreementDocument",
    "AgreementKind",
    "ApiAnswer",
    "ApiKey",
    "Applicant",
    "Application",
    "BrowserSession",
    "Cadence",
    "DecisionKind",
    "DeskMessage",
    "FourEyesSwitch",
    "Imprint",
    "Invitation",
    "KeyScope",
    "Membership",
    "Notice",
    "NoticeKind",
    "Occasion",
    "Role",
    "Sector",
    "SharedEntry",
    "Side",
    "Signal",
    "Strike",
    "User",
    "VettingDecision",
]
