"""From a message in the test inbox to a copy of one's data and to erasure, as a reader does it; and the customer's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailflatrate.rules.proof.certificate import check_certificate, read_certificate
from support.browsers import chosen, received
from support.waiting import wait_until

pytestmark = pytest.mark.browser

LOOKS = chosen(("de", "letter", True), ("en", "ink", False))


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def anna(request: pytest.FixtureRequest, visitor: Any) -> Iterator[Any]:
    with visitor(*request.param) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


def looked_at(somebody: Any, name: str) -> None:
    """A picture, no violation, nothing sideways."""
    somebody.shoot(name)
    assert somebody.sideways() <= 0
    assert somebody.violations() == []


def link_to(anna: Any, address: str, path: str, known: set[str]) -> str:
    """A link that no mail to `address` had before, to a page whose path begins with `path`; waits for the engine."""
    wanted = re.compile(rf"https://[^\s\"<>]+{path}[0-9a-f]{{40}}")

    def fresh_link() -> str:
        links = re.findall(r'href="(/studio/test-inbox/\d+/)"', received(anna, f"/studio/test-inbox/?q={address}"))
        for place in dict.fromkeys(links):
            source = received(anna, f"{place}raw/")
            fresh = set(wanted.findall(re.sub(r"=\r?\n", "", source).replace("=3D", "="))) - known
            if fresh:
                return fresh.pop()
        return ""

    found = wait_until(fresh_link, f"a message to {address} that leads to {path}", pause=0.3)
    known.add(found)
    return found


def test_a_reader_sees_and_erases_what_is_stored(anna: Any, tmp_path: Path) -> None:
    """The certificate first, then the way from the mail: ask, confirm, see, ask, confirm, gone."""
    page = anna.page
    anna.go("/studio/contacts/?q=wolke.example")
    page.locator("a[href^='/studio/contacts/']").filter(has_text="@wolke.example").first.click()
    page.wait_for_load_state("networkidle")
    address = page.inner_text("#address").strip()
    looked_at(anna, "contact")
    page.locator("summary", has_text=re.compile("Proof|Nachweis")).first.click()
    with page.expect_download() as download:
        page.locator("button[name=format][value=pdf]").click()
    download.value.save_as(tmp_path / "certificate.pdf")
    certificate = read_certificate((tmp_path / "certificate.pdf").read_bytes())
    assert not any(finding.bad for finding in check_certificate(certificate).findings)
    assert certificate["person"]["email"] == address
    for part in ("data", "erase"):
        anna.go(f"/studio/contacts/{certificate['person']['contact']}/{part}/")
        looked_at(anna, f"person-{part}")
    known: set[str] = set()
    preferences = link_to(anna, address, "/p/", known)
    for kind in ("access", "erasure"):
        page.goto(preferences)
        page.locator("a[href^='/d/']").last.click()
        looked_at(anna, "rights-ask")
        page.check(f"#kind_{kind}")
        with page.expect_navigation():
            page.locator("main form button").first.click()
        assert address not in page.content()
        page.goto(link_to(anna, address, "/r/", known))
        looked_at(anna, f"rights-confirm-{kind}")
        with page.expect_navigation():
            page.locator("main form button").click()
        looked_at(anna, f"rights-{kind}")
        assert (address in page.content()) is (kind == "access")
    anna.go(f"/studio/contacts/?q={address}")
    assert page.locator("a", has_text=address).count() == 0
    anna.go("/studio/requests/")
    looked_at(anna, "requests")
