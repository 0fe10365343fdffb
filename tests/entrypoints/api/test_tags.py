"""Tags by API."""

from mailflatrate.apps.accounts.models import KeyScope
from support.api import program_of
from support.customers import Customer
from support.forms import FormCustomer


def test_tags_are_made_given_found_by_and_deleted(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    made = shop.post("/tags", {"name": "VIP", "color": "red"}, 201)
    assert (made["name"], made["color"], made["people"]) == ("VIP", "red", 0)
    assert shop.refused("POST", "/tags", {"name": "vip"}) == (409, "already-exists")
    assert shop.refused("POST", "/tags", {"name": "Religion"}) == (422, "refused")
    person = shop.get("/contacts?search=reader0")["items"][0]
    contact = f"/contacts/{person['id']}"
    changed = shop.call("PATCH", contact, {"tags": {"add": ["vip", "Shop"]}})
    assert changed.status_code == 200
    assert shop.get(contact)["tags"] == ["Shop", "VIP"]
    assert [row["id"] for row in shop.get(f"/contacts?tag_id={made['id']}")["items"]] == [person["id"]]
    assert shop.get(f"/contacts?tag_id={made['id']}")["items"][0]["tags"] == ["Shop", "VIP"]
    assert shop.call("PATCH", contact, {"tags": {"remove": ["SHOP", "unknown"]}}).status_code == 200
    assert shop.get(contact)["tags"] == ["VIP"]
    assert shop.refused("PATCH", contact, {"first_name": "X", "tags": {"add": ["a,b"]}}) == (422, "refused")
    assert shop.get(contact)["first_name"] != "X"
    assert shop.call("PATCH", f"/tags/{made['id']}", {"name": "Best"}).status_code == 200
    assert shop.refused("POST", f"/tags/{made['id']}/delete", {}) == (422, "invalid")
    assert shop.post(f"/tags/{made['id']}/delete", {"sure": True}) == {"people": 1}
    assert [row["name"] for row in shop.get("/tags")["items"]] == ["Shop"]


def test_strangers_and_keys_without_the_scope_change_nothing(home: FormCustomer) -> None:
    made = program_of(home.anna).post("/tags", {"name": "Mine"}, 201)
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    reads = program_of(home.anna, [KeyScope.READ])
    assert carla.get("/tags")["items"] == []
    for method, address, data in (
        ("PATCH", f"/tags/{made['id']}", {"name": "Hers"}),
        ("POST", f"/tags/{made['id']}/delete", {"sure": True}),
    ):
        assert carla.refused(method, address, data) == (404, "not-found")
        assert reads.refused(method, address, data)[0] == 403
    assert reads.refused("POST", "/tags", {"name": "X"})[0] == 403
    assert "Mine" in [row["name"] for row in reads.get("/tags")["items"]]
