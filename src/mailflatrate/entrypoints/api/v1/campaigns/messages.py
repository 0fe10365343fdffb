"""Transactional messages: one to a person about an order, account or ticket, from a template that was reviewed."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.delivery.actions.transactional import resend_message, send_message
from mailflatrate.apps.transactional import queries
from mailflatrate.apps.transactional.actions.messages import MessageOrder
from mailflatrate.apps.transactional.errors import DataNotAccepted
from mailflatrate.apps.transactional.models import ReferenceKind, TransactionalMessage
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import wrong_fields
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    before_id,
    filled,
    page_of,
)
from mailflatrate.entrypoints.presenters.lookups import find_message
from mailflatrate.entrypoints.presenters.transactional import MessageRow, MessageState, message_rows

ROUTER = Router(tags=["Transactional messages"])
Reference = Annotated[str, Field(min_length=1, max_length=80)]


class MessageReference(RequestBodySchema):
    """What the message is about. It is printed in the message, and you find the message by it."""

    kind: ReferenceKind
    number: Annotated[Reference, Field(description="the number of the order, invoice, booking, account or ticket")]


class NewMessage(RequestBodySchema):
    """One message to one person."""

    template: Annotated[str, Field(min_length=1, max_length=60, description="the template's key")]
    recipient: Annotated[Address, Field(description="one person's own address; they need not be a contact")]
    reference: MessageReference
    data: Annotated[dict[str, Any], Field(description="the fields that the template declares", max_length=40)] = {}


class MessageReferenceInfo(Schema):
    """What a message is about."""

    kind: ReferenceKind
    number: str


class MessageInfo(Schema):
    """A message and what became of it. `refused`: the gate refused it; `skipped`: it stopped it later."""

    id: int
    template: str
    version: Annotated[int, Field(description="number of the template's version")]
    mailing_id: str
    recipient: Annotated[str, Field(description="empty once the person was erased")]
    reference: MessageReferenceInfo
    state: MessageState
    rule: Annotated[str, Field(description="key of the rule that stopped it")]
    reason: Annotated[str, Field(description="why it was stopped and how to fix it, in words")]
    reply: Annotated[str, Field(description="the receiving server's answer")]
    created_at: datetime
    settled_at: datetime | None
    resent_from: Annotated[int | None, Field(description="the message that this one repeats")]
    may_be_resent: bool


class MessageQuery(PageQuery):
    """Which messages: all, or those about one reference."""

    reference: Annotated[str, Field(max_length=80)] = ""


class MessageSearch(RequestBodySchema):
    """An address to look for."""

    recipient: Address


class MessageList(Schema):
    """The newest messages to an address."""

    items: list[MessageInfo]


def _info(row: MessageRow) -> MessageInfo:
    return filled(MessageInfo, row, reference=MessageReferenceInfo(kind=row.kind, number=row.reference))


def _shown(message: TransactionalMessage) -> MessageInfo:
    return _info(message_rows([message])[0])


@endpoint(ROUTER, "post", "/messages", scope=KeyScope.MESSAGES, status=201, repeatable=True)
def send_transactional_message(request: ApiRequest, given: NewMessage) -> MessageInfo:
    """Send a transactional message. It needs no consent, because it is about a contract with this person: the template
    must have been reviewed as free of advertising, and our team must have switched this on for the account. If a rule
    speaks against this recipient, `state` is `refused`, with the reason. Send an `Idempotency-Key`, and repeat the
    request if you got no answer.
    """
    order = MessageOrder(
        template=given.template,
        recipient=given.recipient,
        reference_kind=given.reference.kind.value,
        reference=given.reference.number,
        data=given.data,
    )
    try:
        return _shown(send_message(order, by=request.caller.user, through=request.caller.source))
    except DataNotAccepted as error:
        raise wrong_fields({f"data.{name}": [sentence] for name, sentence in error.problems.items()}) from error


@endpoint(ROUTER, "get", "/messages", scope=KeyScope.READ)
def list_transactional_messages(request: ApiRequest, which: Query[MessageQuery]) -> Page[MessageInfo]:
    """List transactional messages, newest first. They are kept for 90 days, their data for 24 hours."""
    messages = queries.search_messages(which.reference, before_id=before_id(which.cursor), size=which.limit + 1)
    return page_of(message_rows(messages), which, _info)


@endpoint(ROUTER, "post", "/messages/search", scope=KeyScope.READ)
def search_transactional_messages(request: ApiRequest, given: MessageSearch) -> MessageList:
    """Find the newest messages to an address. It's a POST that changes nothing, so that the address doesn't appear in
    the logs of servers along the way.
    """
    return MessageList(items=[_info(row) for row in message_rows(queries.search_messages(given.recipient))])


@endpoint(ROUTER, "get", "/messages/{transactional_id}", scope=KeyScope.READ)
def show_transactional_message(request: ApiRequest, transactional_id: Id) -> MessageInfo:
    """Show a message and what became of it."""
    return _shown(find_message(transactional_id))


@endpoint(
    ROUTER,
    "post",
    "/messages/{transactional_id}/resend",
    scope=KeyScope.MESSAGES,
    status=201,
    repeatable=True,
    location="/messages/{id}",
)
def resend_transactional_message(request: ApiRequest, transactional_id: Id) -> MessageInfo:
    """Send a message of the last 24 hours again.

    It's a new message with the same data, and the rules are asked again.
    """
    again = resend_message(find_message(transactional_id), by=request.caller.user, through=request.caller.source)
    return _shown(again)
