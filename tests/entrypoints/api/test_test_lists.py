"""Test lists by API."""

from mailflatrate.apps.accounts.models import KeyScope, Notice, NoticeKind
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.base import tenancy
from support.api import good, program_of
from support.customers import Customer, sending_customer


def test_test_lists_are_made_replaced_used_and_deleted_and_strangers_reach_none(database: str) -> None:
    assert database
    anna = sending_customer(people=0)
    shop, me = program_of(anna), anna.owner.email.lower()
    made = shop.post("/test-lists", {"name": "Reviewers", "addresses": [anna.owner.email]}, 201)
    assert (made["name"], made["addresses"], made["skipped"]) == ("Reviewers", [me], [])
    path = f"/test-lists/{made['id']}"
    assert shop.refused("POST", "/test-lists", {"name": "Reviewers", "addresses": [me]}) == (409, "already-exists")
    for wrong in ("dora@briefkasten-lindenhof.de", "info@lindenhof.example"):
        assert shop.refused("POST", "/test-lists", {"name": "Wrong", "addresses": [wrong]}) == (422, "refused")
        assert shop.refused("PUT", path, {"name": "Wrong", "addresses": [me, wrong]}) == (422, "refused")
    changed = good(shop.call("PUT", path, {"name": "Colleagues", "addresses": [me]}))
    assert changed["name"] == "Colleagues"
    with tenancy.account(anna.account_id):
        TestList.objects.update(addresses=[me, "dora@briefkasten-lindenhof.de"])
    assert shop.get("/test-lists")["items"] == [shop.get(path)]
    assert shop.get(path)["skipped"] == ["dora@briefkasten-lindenhof.de"]
    test = f"/campaigns/{anna.draft().id}/test"
    assert shop.post(test, {"test_list_ids": [made["id"]]}, 202) == {"sent": 1}
    assert shop.refused("POST", test, {}) == (422, "invalid")

    carla, reads = (
        program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen")),
        program_of(anna, [KeyScope.READ]),
    )
    assert carla.get("/test-lists")["items"] == []
    for method, data in (("GET", None), ("PUT", {"name": "Hers", "addresses": [me]}), ("DELETE", None)):
        assert carla.refused(method, path, data) == (404, "not-found")
        if method != "GET":
            assert reads.refused(method, path, data) == (403, "scope-missing")
    hers = program_of(sending_customer(people=0))
    assert hers.refused("POST", test, {"test_list_ids": [made["id"]]}) == (404, "not-found")
    with tenancy.account(anna.account_id):
        assert list(Notice.objects.filter(kind=NoticeKind.TEST).values_list("recipient", flat=True)) == [me]
    assert good(shop.call("DELETE", path)) == {"done": True}
    assert shop.refused("GET", path) == (404, "not-found")
