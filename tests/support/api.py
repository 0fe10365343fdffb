"""Programs of Anna's and of Carla's, each with a key."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.accounts.actions.keys import AskingBounds, make_api_key
from mailflatrate.apps.accounts.models import KeyScope, User
from mailflatrate.apps.forms.models import Form
from mailflatrate.base import clock, tenancy
from support.customers import CONTENT, Customer

ROOT = "/api/v1"
ALL = tuple(KeyScope)
NETWORKS = count(1)
NO_FORM = 2**40
"""The id of no form: what the key of an account without forms is bound to."""


@dataclass(frozen=True)
class Program:
    """A program that calls the API with one key."""

    secret: str
    key_id: int = 0

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """Send a request with a JSON body; `headers` are written with underscores. `REMOTE_ADDR` is the peer."""
        peer = {"REMOTE_ADDR": headers.pop("REMOTE_ADDR")} if "REMOTE_ADDR" in headers else {}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.secret:
            named["Authorization"] = f"Bearer {self.secret}"
        body = {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}
        answer = Client(enforce_csrf_checks=True).generic(method, ROOT + path, headers=named, **body, **peer)
        assert isinstance(answer, HttpResponse)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        """What a reading request answers."""
        return good(self.call("GET", path, **headers))

    def post(self, path: str, data: Any, status: int = 200, **headers: str) -> Any:
        """What a request that does something answers."""
        return good(self.call("POST", path, data, **headers), status)

    def upload(self, path: str, fields: dict[str, Any], **headers: str) -> HttpResponse:
        """Send a form with a file."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        answer = Client(enforce_csrf_checks=True).post(
            ROOT + path, fields, headers={"Authorization": f"Bearer {self.secret}", **named}
        )
        assert isinstance(answer, HttpResponse)
        return answer

    def download(self, path: str) -> bytes:
        """Return the file at an address."""
        answer = Client().get(ROOT + path, headers={"Authorization": f"Bearer {self.secret}"})
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it is a FileResponse

    def refused(self, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, str]:
        """Status and code of a refusal, which has the one shape."""
        return problem(self.call(method, path, data, **headers))


def visitor(**changes: Any) -> dict[str, Any]:
    """A visitor of the shop as its server saw them; each comes from another network."""
    whole = {
        "ip": f"198.51.{next(NETWORKS) % 250}.{next(NETWORKS) % 250}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        "page": "https://shop.example/checkout",
        "at": clock.now().isoformat(),
    }
    return whole | changes


def good(answer: HttpResponse, status: int = 200) -> Any:
    """The JSON of an answer that went well."""
    assert answer.status_code == status, answer.content.decode()[:2000]
    assert answer.headers["Content-Type"].startswith("application/json")
    return json.loads(answer.content)


def problem(answer: HttpResponse) -> tuple[int, str]:
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.content[:500]
    shape = json.loads(answer.content)
    assert {"type", "title", "status", "detail", "code", "remedy"} <= set(shape)
    assert shape["status"] == answer.status_code
    return answer.status_code, shape["code"]


def program(account_id: int, user: User, scopes: Iterable[KeyScope] = ALL) -> Program:
    """A program with a fresh key; with `ask`, for all forms that the account has by now."""
    with tenancy.account(account_id):
        form_ids = frozenset(Form.objects.values_list("id", flat=True)) or frozenset({NO_FORM})
    bounds = AskingBounds(form_ids, daily=1_000)
    made = make_api_key(account_id, "Shop", set(scopes), expires_at=None, by=user, asking=bounds)
    return Program(made.secret, made.key.id)


def program_of(anna: Customer, scopes: Iterable[KeyScope] = ALL) -> Program:
    return program(anna.account_id, anna.owner, scopes)


def begun(anna: Customer, shop: Program, **values: Any) -> dict[str, Any]:
    """A draft that lacks nothing but the tick, made by API."""
    whole = {
        "name": "Winter bulbs",
        "subject": "Winter bulbs are here",
        "sender_id": anna.sender_id,
        "list_ids": [anna.list_id],
        "content_kind": "markdown",
        "content": CONTENT,
    }
    made: dict[str, Any] = shop.post("/campaigns", whole | values, 201)
    return made


def word(draft: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a release needs."""
    return {"policy_confirmed": True, "content_hash": draft["content_hash"]} | more


def change(shop: Program, draft: dict[str, Any], **values: Any) -> dict[str, Any]:
    found: dict[str, Any] = good(shop.call("PATCH", f"/campaigns/{draft['id']}", values))
    return found
