"""Sender domains with their checks, and the addresses that may stand in From."""

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404
from ninja import Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import Scope
from mailflatrate.apps.domains import actions, queries
from mailflatrate.apps.domains.models import CheckKind, DomainState, SenderAddress, SenderDomain
from mailflatrate.entrypoints.api.v1.campaign_shapes import Title
from mailflatrate.entrypoints.api.v1.door import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.shapes import Address, Given, Id, Page
from mailflatrate.entrypoints.web.studio.trust.senders import record_rows

ROUTER = Router(tags=["Senders"])


class SenderShown(Schema):
    """An address for From; `sender_id` of a mailing is its `id` once it is verified."""

    id: int
    email: str
    display_name: str
    verified_at: datetime | None


class RecordShown(Schema):
    """A DNS record to publish and what the last check found. `state`: passed, blocked, waiting."""

    kind: CheckKind
    host: str
    type: str
    value: str
    state: str
    found: str
    purpose: str
    mend: str


class DomainShown(Schema):
    """A domain that the account sends from. It is looked at again by schedule; one that fails stops new mailings."""

    id: int
    name: str
    state: DomainState
    checked_at: datetime | None
    verified_at: datetime | None
    senders: list[SenderShown]


class DomainDetail(DomainShown):
    """A domain with the DNS records to publish."""

    records: list[RecordShown]


class NewDomain(Given):
    """A domain that the company owns."""

    name: Annotated[str, Field(min_length=3, max_length=253)]


class NewSender(Given):
    """A sender address on the domain, as shown to recipients."""

    email: Address
    display_name: Title


def _domain(domain_id: int) -> SenderDomain:
    found = queries.domains().filter(id=domain_id).first()
    if found is None:
        raise Http404
    return found


def _sender(row: SenderAddress) -> SenderShown:
    return SenderShown(id=row.id, email=row.email, display_name=row.display_name, verified_at=row.verified_at)


def _values(domain: SenderDomain) -> dict[str, Any]:
    return {
        "id": domain.id, "name": domain.name, "state": DomainState(domain.state), "checked_at": domain.checked_at,
        "verified_at": domain.verified_at, "senders": [_sender(row) for row in domain.addresses.all()],
    }  # fmt: skip


def _detail(domain_id: int) -> DomainDetail:
    domain = _domain(domain_id)
    records = [
        RecordShown(
            kind=CheckKind(row.record.kind), host=row.record.host, type=row.record.record_type, value=row.record.value,
            state=row.state, found=row.found, purpose=row.purpose, mend=row.advice,
        )
        for row in record_rows(domain)
    ]  # fmt: skip
    return DomainDetail(**_values(domain), records=records)


@endpoint(ROUTER, "get", "/sender-domains", scope=Scope.READ, answers=Page[DomainShown])
def list_domains(request: ApiRequest) -> Page[DomainShown]:
    """List all sender domains with their addresses, on one page."""
    return Page[DomainShown](items=[DomainShown(**_values(row)) for row in queries.domains()])


@endpoint(
    ROUTER, "post", "/sender-domains", scope=Scope.CAMPAIGNS_DRAFT, answers=DomainDetail, status=201, repeatable=True
)
def add_domain(request: ApiRequest, given: NewDomain) -> DomainDetail:
    """Add a domain. Nothing is sent from it until its records are found. Mailbox providers' domains are refused
    (R-46).
    """
    return _detail(actions.add_domain(given.name).id)


@endpoint(ROUTER, "get", "/sender-domains/{domain_id}", scope=Scope.READ, answers=DomainDetail)
def show_domain(request: ApiRequest, domain_id: Id) -> DomainDetail:
    """Show a domain. Includes the records to publish and what the last check found."""
    return _detail(domain_id)


@endpoint(ROUTER, "post", "/sender-domains/{domain_id}/check", scope=Scope.CAMPAIGNS_DRAFT, answers=DomainDetail)
def check_domain(request: ApiRequest, domain_id: Id) -> DomainDetail:
    """Check all records now."""
    _domain(domain_id)
    actions.check_domain(domain_id)
    return _detail(domain_id)


@endpoint(
    ROUTER, "post", "/sender-domains/{domain_id}/senders", scope=Scope.CAMPAIGNS_DRAFT, answers=SenderShown, status=201,
    repeatable=True,
)  # fmt: skip
def add_sender(request: ApiRequest, domain_id: Id, given: NewSender) -> SenderShown:
    """Add an address for From. It counts once the domain is verified and somebody in its mailbox clicked the mail."""
    _domain(domain_id)
    return _sender(actions.add_sender(domain_id, given.email, given.display_name, by=request.caller.user))
