"""Which rows a transaction may see, enforced twice: scoped managers (`TenantManager`) refuse to run without an
account, and row-level security shows the application role only that account's rows. The platform role, entered for
one transaction and with a reason, sees all. Neither role owns a table or can bypass policies.
"""

from mailflatrate.base.tenancy.models import TenantManager, TenantModel
from mailflatrate.base.tenancy.readings import read_once, reading_once
from mailflatrate.base.tenancy.scope import (
    NoAccount,
    NoPlatform,
    PlatformReason,
    UnlimitedReason,
    access,
    account,
    current_account_id,
    deciding,
    deferring,
    enter_account,
    enter_account_async,
    enter_jobs_async,
    eraser,
    in_platform,
    job_pass,
    limited_member,
    limiting,
    member,
    needs_account,
    needs_platform,
    platform,
    unlimited,
)

__all__ = [
    "NoAccount",
    "NoPlatform",
    "PlatformReason",
    "TenantManager",
    "TenantModel",
    "UnlimitedReason",
    "access",
    "account",
    "current_account_id",
    "deciding",
    "deferring",
    "enter_account",
    "enter_account_async",
    "enter_jobs_async",
    "eraser",
    "in_platform",
    "job_pass",
    "limited_member",
    "limiting",
    "member",
    "needs_account",
    "needs_platform",
    "platform",
    "read_once",
    "reading_once",
    "unlimited",
]
