"""Background jobs of campaigns: feeds, templates of other systems, foreign pages, the language model, cleaning up."""

from mailflatrate.apps.campaigns.actions import (
    brand,
    content_lookup,
    digests,
    link_visits,
    message_copies,
    templates,
    writing,
)
from mailflatrate.apps.campaigns.content import page_fetches
from mailflatrate.apps.intake.actions.fetches import ADOPT_TEMPLATES_JOB
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.long_task import register_jobs
from mailflatrate.base.tenancy import PlatformReason


@job(digests.JOB, JobQueue.FETCH)
def check_digest(account_id: int, digest_id: int, issue: bool) -> None:
    digests.check_digest(account_id, digest_id, issue=issue)


@job(ADOPT_TEMPLATES_JOB, JobQueue.IMPORT)
def adopt_templates(account_id: int, move_id: int) -> None:
    with tenancy.account(account_id):
        templates.adopt_templates(move_id)


@job(link_visits.JOB, JobQueue.FETCH)
def visit_links(account_id: int, campaign_id: int) -> None:
    link_visits.visit_links(account_id, campaign_id)


register_jobs(message_copies.CopyRunner(), brand.BrandRunner(), content_lookup.ContentRunner(), writing.WritingRunner())


@job("campaigns.forget_fetches", JobQueue.HOUSE, every="29 3 * * *")
def forget_fetches(timestamp: int) -> None:
    """Once a day, delete old copies, counts and suggestions, and fail copies and lookups that no job works for."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        message_copies.forget_old_copies()
        brand.fail_lost_lookups()
        content_lookup.forget_old_lookups()
        page_fetches.forget_counts()
        writing.forget_old_writing()


@job("campaigns.check_due_digests", JobQueue.HOUSE, every="*/10 * * * *")
def check_due_digests(timestamp: int) -> None:
    digests.enqueue_due_digests()
