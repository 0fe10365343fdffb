"""Sending domains with their checks, and their From addresses."""

from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.domains import queries
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import CheckKind, DomainState
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import Title
from mailflatrate.entrypoints.api.v1.schemas import Address, Id, Page, PageQuery, RequestBodySchema, filled, page_from
from mailflatrate.entrypoints.presenters.dns_records import record_rows
from mailflatrate.entrypoints.presenters.lookups import find_domain

ROUTER = Router(tags=["Senders"])


class SenderInfo(Schema):
    """A From address; its `id` is the `sender_id` of a campaign once it is verified."""

    id: int
    email: str
    display_name: str
    verified_at: datetime | None


class DnsRecordInfo(Schema):
    """A DNS record to publish and the result of the last check. `state`: passed, blocked, waiting."""

    kind: CheckKind
    host: str
    type: str
    value: str
    state: str
    found: str
    purpose: str
    remedy: str


class DomainInfo(Schema):
    """A domain the account sends from. It's rechecked on a schedule; if it fails, new campaigns are blocked."""

    id: int
    name: str
    state: DomainState
    checked_at: datetime | None
    verified_at: datetime | None
    senders: list[SenderInfo]


class DomainDetail(DomainInfo):
    """A domain with the DNS records to publish."""

    records: list[DnsRecordInfo]


class NewDomain(RequestBodySchema):
    """A domain that the company owns."""

    name: Annotated[str, Field(min_length=3, max_length=253)]


class NewSender(RequestBodySchema):
    """A sender address on the domain, as shown to recipients."""

    email: Address
    display_name: Title


def _detail(domain_id: int) -> DomainDetail:
    domain = find_domain(domain_id)
    records = [
        DnsRecordInfo(
            kind=CheckKind(row.record.kind), host=row.record.host, type=row.record.record_type, value=row.record.value,
            state=row.state, found=row.found, purpose=row.purpose, remedy=row.advice,
        )
        for row in record_rows(domain)
    ]  # fmt: skip
    return filled(DomainDetail, domain, senders=list(domain.addresses.all()), records=records)


@endpoint(ROUTER, "get", "/sender-domains", scope=KeyScope.READ)
def list_domains(request: ApiRequest, which: Query[PageQuery]) -> Page[DomainInfo]:
    """List sending domains with their addresses, page by page."""
    rows = list(queries.domains())
    return page_from(rows, which, lambda row: filled(DomainInfo, row, senders=list(row.addresses.all())))


@endpoint(ROUTER, "post", "/sender-domains", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def add_domain(request: ApiRequest, given: NewDomain) -> DomainDetail:
    """Add a domain. Nothing is sent from it until its records are found. Mailbox providers' domains are refused
    (R-46).
    """
    return _detail(domains.add_domain(given.name).id)


@endpoint(ROUTER, "get", "/sender-domains/{domain_id}", scope=KeyScope.READ)
def show_domain(request: ApiRequest, domain_id: Id) -> DomainDetail:
    """Show a domain.

    Includes the records to publish and the result of the last check.
    """
    return _detail(domain_id)


@endpoint(ROUTER, "post", "/sender-domains/{domain_id}/check", scope=KeyScope.CAMPAIGNS_DRAFT)
def check_domain(request: ApiRequest, domain_id: Id) -> DomainDetail:
    """Check all records now."""
    find_domain(domain_id)
    domains.check_domain(domain_id)
    return _detail(domain_id)


@endpoint(
    ROUTER,
    "post",
    "/sender-domains/{domain_id}/senders",
    scope=KeyScope.CAMPAIGNS_DRAFT,
    status=201,
    repeatable=True,
    location="/sender-domains/{domain_id}",
)
def add_sender(request: ApiRequest, domain_id: Id, given: NewSender) -> SenderInfo:
    """Add a From address.

    It can be used once the domain is verified and the mailbox owner has clicked our link.
    """
    find_domain(domain_id)
    made = domains.add_sender(domain_id, given.email, given.display_name, by=request.caller.user)
    return SenderInfo.model_validate(made)
