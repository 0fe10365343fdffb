"""Custom fields by API, and values that are checked against them."""

from mailflatrate.apps.accounts.models import KeyScope
from support.api import program_of
from support.customers import Customer
from support.forms import FormCustomer

COLOR = {"label": "Color", "type": "choice", "choices": ["Red", "Blue"], "purpose": "to show fitting plants"}


def test_a_field_is_declared_changed_archived_and_checked(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    made = shop.post("/fields", COLOR | {"default": "blue"}, 201)
    assert (made["key"], made["default"], made["archived_at"]) == ("color", "Blue", None)
    path = f"/fields/{made['id']}"
    assert shop.get(path) == made
    assert shop.refused("POST", "/fields", COLOR) == (409, "already-exists")
    assert shop.refused("POST", "/fields", COLOR | {"key": "Not A Key"}) == (422, "invalid")
    assert shop.refused("POST", "/fields", COLOR | {"purpose": ""}) == (422, "invalid")
    assert shop.refused("POST", "/fields", COLOR | {"key": "religion"}) == (422, "refused")
    person = shop.get("/contacts?search=reader0")["items"][0]
    contact = f"/contacts/{person['id']}"
    assert shop.refused("PATCH", contact, {"attributes": {"color": "Green"}}) == (422, "refused")
    assert shop.call("PATCH", contact, {"attributes": {"color": "RED"}}).status_code == 200
    assert shop.get(contact)["attributes"]["color"] == "Red"
    assert shop.call("PATCH", path, {"type": "choices"}).status_code == 200
    assert shop.get(path)["label"] == "Color"
    assert shop.call("PATCH", contact, {"attributes": {"color": ["Blue", "Red"]}}).status_code == 200
    assert shop.get(contact)["attributes"]["color"] == ["Red", "Blue"]
    assert shop.post(f"{path}/archive", {})["archived_at"]
    assert made["id"] not in [field["id"] for field in shop.get("/fields")["items"]]
    assert made["id"] in [field["id"] for field in shop.get("/fields?archived=true")["items"]]
    assert shop.post(f"{path}/restore", {})["archived_at"] is None


def test_strangers_and_keys_without_the_scope_change_nothing(home: FormCustomer) -> None:
    shop = program_of(home.anna)
    made = shop.post("/fields", COLOR | {"label": "Shade"}, 201)
    path = f"/fields/{made['id']}"
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    reads = program_of(home.anna, [KeyScope.READ])
    writes = program_of(home.anna, [KeyScope.CONTACTS_WRITE])
    assert carla.refused("GET", path) == (404, "not-found")
    assert carla.get("/fields")["items"] == []
    assert writes.refused("GET", path)[0] == 403
    for method, address, data in (
        ("PATCH", path, {"label": "Mine"}),
        ("POST", f"{path}/archive", {}),
        ("POST", f"{path}/restore", {}),
    ):
        assert carla.refused(method, address, data) == (404, "not-found")
        assert reads.refused(method, address, data)[0] == 403
    assert reads.refused("POST", "/fields", COLOR)[0] == 403
    assert shop.get(path) == made
