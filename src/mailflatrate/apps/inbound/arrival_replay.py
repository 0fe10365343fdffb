"""Stores again what a host accepted and a promoted or restored database lacks (ADR 0095)."""

from collections import Counter

import structlog
from django.db import DatabaseError, OperationalError

from mailflatrate.apps.inbound import arrival_journal, intake, provider_posts

log = structlog.get_logger("inbound")


def restore_arrivals() -> Counter[str]:
    """They are read as if they had arrived now. Safe to repeat; counts what was missing, by kind."""
    counts: Counter[str] = Counter()
    for about, content in arrival_journal.read():
        kind, restore = ("post", provider_posts.restore) if "once" in about else ("mail", intake.restore)
        try:
            counts[kind] += restore(about, content)
        except OperationalError:
            raise
        except (DatabaseError, ValueError, KeyError, TypeError) as problem:
            log.warning("arrival_not_restored", kind=kind, problem=str(problem)[:200])
    return counts
