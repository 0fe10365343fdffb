"""Test lists: who gets test messages together."""

from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.apps.gate.test_lists import MOST_ADDRESSES, choosable, save_test_list
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    filled,
    page_from,
)
from mailflatrate.entrypoints.presenters.lookups import find_test_list

ROUTER = Router(tags=["Campaigns"])


class TestListInfo(Schema):
    """A named group of addresses that get test messages together. It grants nothing."""

    __test__ = False  # not a test of pytest's

    id: int
    name: str
    addresses: list[str]
    skipped: Annotated[
        list[str],
        Field(description="those of `addresses` that get no tests now: who may no longer sign in, or refused"),
    ]
    created_at: datetime


class TestListRequest(RequestBodySchema):
    """A test list to save: people who have signed in to the account, and its confirmed mailboxes (R-46)."""

    __test__ = False  # as above

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
    addresses: Annotated[list[Address], Field(min_length=1, max_length=MOST_ADDRESSES)]


def _shown(row: TestList, able: frozenset[str]) -> TestListInfo:
    return filled(TestListInfo, row, skipped=[address for address in row.addresses if address not in able])


def _able() -> frozenset[str]:
    return frozenset(address for address, _name in choosable())


@endpoint(ROUTER, "get", "/test-lists", scope=KeyScope.READ)
def list_test_lists(request: ApiRequest, which: Query[PageQuery]) -> Page[TestListInfo]:
    """List test lists by name."""
    able = _able()
    return page_from(list(TestList.objects.order_by("name", "id")), which, lambda row: _shown(row, able))


@endpoint(ROUTER, "get", "/test-lists/{test_list_id}", scope=KeyScope.READ)
def show_test_list(request: ApiRequest, test_list_id: Id) -> TestListInfo:
    """Get a test list."""
    return _shown(find_test_list(test_list_id), _able())


@endpoint(ROUTER, "post", "/test-lists", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def create_test_list(request: ApiRequest, given: TestListRequest) -> TestListInfo:
    """Create a test list. An account has up to 20."""
    made = save_test_list(given.name, given.addresses, by=request.caller.user, is_new=True)
    return _shown(made, _able())


@endpoint(ROUTER, "put", "/test-lists/{test_list_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def replace_test_list(request: ApiRequest, test_list_id: Id, given: TestListRequest) -> TestListInfo:
    """Replace the name and the addresses of a test list."""
    find_test_list(test_list_id)
    return _shown(save_test_list(given.name, given.addresses, by=request.caller.user, list_id=test_list_id), _able())


@endpoint(ROUTER, "delete", "/test-lists/{test_list_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_test_list(request: ApiRequest, test_list_id: Id) -> SuccessResult:
    """Delete a test list. The tests that were sent stay on record."""
    find_test_list(test_list_id).delete()
    return SuccessResult()
