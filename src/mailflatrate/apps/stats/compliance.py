"""Figures that mailbox providers require (`rules.compliance`): of one account, or of the whole service."""

from datetime import timedelta
from ipaddress import ip_network

from django.db.models import Min

from mailflatrate.apps.abuse.queries.figures import desk_figures
from mailflatrate.apps.domains.models import CheckKind, DkimKey, DnsCheck, DomainState
from mailflatrate.apps.stats import queries
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.compliance.judge import Facts
from mailflatrate.rules.compliance.table import MeasuredFigure
from mailflatrate.rules.feedback.measures import share
from mailflatrate.settings import load_settings

ANSWER_DAYS = 30
_CHECKS = {
    CheckKind.SPF: MeasuredFigure.SPF_FAILING,
    CheckKind.DKIM: MeasuredFigure.DKIM_FAILING,
    CheckKind.DMARC: MeasuredFigure.DMARC_FAILING,
}


def account_facts() -> Facts:
    """Return the current account's figures; in the platform's scope, those of all accounts."""
    figures: dict[MeasuredFigure, float] = {}
    week = queries.window_counts(queries.WEEK_DAYS)
    if week.reporting:
        figures[MeasuredFigure.COMPLAINTS] = share(week.complaints, week.reporting)
    if week.settled:
        figures[MeasuredFigure.HARD_BOUNCES] = share(week.hard, week.settled)
    yahoo = queries.rates_by(queries.Dimension.PROVIDER, queries.WEEK_DAYS).get("yahoo")
    if yahoo is not None and yahoo.delivered:
        figures[MeasuredFigure.COMPLAINTS_YAHOO] = share(yahoo.complaints, yahoo.delivered)
    checks = DnsCheck.objects.filter(domain__state__in=(DomainState.VERIFIED, DomainState.FAILING))
    for kind, figure in _CHECKS.items():
        of_kind = checks.filter(kind=kind)
        if of_kind.exists():
            figures[figure] = of_kind.filter(passed=False).count()
    signing = DkimKey.objects.filter(retired_at=None, active_from__isnull=False)
    oldest = signing.aggregate(at=Min("active_from"))["at"]
    if oldest is not None:
        figures[MeasuredFigure.KEY_AGE] = (clock.now() - oldest).days
    return Facts(figures)


@tenancy.needs_platform
def service_facts(seen: dict[str, bool] | None = None) -> Facts:
    now = clock.now()
    answers = desk_figures(now - timedelta(days=ANSWER_DAYS), now, now).answers
    figures = dict(account_facts().figures)
    if answers.answered or answers.waiting:
        figures[MeasuredFigure.LATE_ANSWERS] = answers.late
    checked = dict(seen or {})
    if names_a_loop(load_settings().feedback_sources):
        checked["loops"] = True
    return Facts(figures, checked)


def names_a_loop(networks: str) -> bool:
    """Return True if any network is public. Loopback and private networks aren't a provider's feedback loop."""
    return any(ip_network(part.strip()).is_global for part in networks.split(",") if part.strip())
