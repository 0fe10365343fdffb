"""Pictures under the account's own host: named, checked, used, and nothing but its own pictures there (ADR 0016)."""

import io
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions import brand
from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.media import WHOLE, media_path, media_url
from mailflatrate.apps.campaigns.models import Campaign, Media
from mailflatrate.apps.campaigns.queries import brand_style, newest_imprint
from mailflatrate.apps.domains.actions import domains, media_hosts
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import MediaHost, SenderDomain
from mailflatrate.apps.domains.queries import media_base
from mailflatrate.apps.forms.actions.landing_pages import publish_landing_page, save_landing_page
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.signup.landing_pages import compile_landing
from mailflatrate.entrypoints.studio.content.message_frame import shown_here
from mailflatrate.rules.forms.landing import LandingContent
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.probe import ProbeFailed
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.landing import SOURCE
from support.people import browser, followed, person

HOST, TARGET = "media.lindenhof.example", "pictures.mailflatrate.example"
ELSEWHERE = (
    "/", "/studio/", "/login/", "/healthz", "/metrics", "/static/dist/manifest.json", "/desk/", "/api/v1/me", "/m/",
    "/media-hosts/ask",
)  # fmt: skip
BRAND = {
    "primary": "#7a1f3d", "ink": "#222222", "sheet": "#ffffff", "page": "#eeeeee", "heading_font": "verdana",
    "body_font": "arial", "imprint_ink": "#333333", "imprint_ground": "#eeeeee",
}  # fmt: skip


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator has such hosts, and customers of other tests have none."""
    monkeypatch.setenv("MAILFLATRATE_MEDIA_HOST_TARGET", TARGET)
    load_settings.cache_clear()
    yield
    monkeypatch.undo()
    load_settings.cache_clear()
    with tenancy.platform(tenancy.PlatformReason.SETUP):
        MediaHost.objects.all().delete()


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


def picture(anna: Customer, colour: str = "teal") -> Media:
    out = io.BytesIO()
    Image.new("RGB", (700, 300), colour).save(out, "PNG")
    with tenancy.account(anna.account_id):
        return upload_media(out.getvalue(), name="wall.png", alt="A wall", decorative=False, by=anna.owner)


def no_certificate(host: str, server: str, port: int) -> None:
    raise ProbeFailed("certificate is not valid for this name")


def shakes(host: str, server: str, port: int) -> None:
    assert (host, server) == (HOST, TARGET), "the service's own server is asked, whatever the name leads to by now"


def look(anna: Customer, records: list[str] | None, handshake: Callable[[str, str, int], None] = shakes) -> MediaHost:
    """The hourly look, in a world where the name leads there; None: the DNS does not answer."""
    zone = {HOST: {"CNAME": records} if records else {"SILENT": [""]} if records is None else {"TXT": ["x"]}}
    with ZoneServer(zone) as dns, tenancy.account(anna.account_id):
        resolver = DnsResolver([dns.nameserver], timeout_seconds=0.5 if records is None else 5)
        media_hosts.check_media_host(SenderDomain.objects.get(), resolver, handshake)
        return MediaHost.objects.get(replaced_at=None)


def named(anna: Customer, host: str = HOST) -> MediaHost:
    with tenancy.account(anna.account_id):
        return media_hosts.name_media_host(SenderDomain.objects.get().id, host, by=anna.owner)


def base(anna: Customer) -> str:
    with tenancy.account(anna.account_id):
        return media_base()


def path_of(anna: Customer, media: Media) -> str:
    with tenancy.account(anna.account_id):
        return media_path(media, WHOLE, "png")


def asked(path: str, host: str = HOST, method: str = "GET") -> HttpResponse:
    answer = Client().generic(method, path, headers={"Host": host})
    assert isinstance(answer, HttpResponse)
    return answer


def test_it_is_used_from_the_moment_record_and_certificate_are_right(anna: Customer) -> None:
    public = load_settings().public_url
    assert base(anna) == public
    assert named(anna).passed_at is None
    assert base(anna) == public, "not looked at yet"
    assert look(anna, []).problem == "missing"
    assert look(anna, ["elsewhere.example"]).problem == "wrong"
    assert look(anna, [TARGET], no_certificate).problem == "certificate"
    assert base(anna) == public, "a picture that nobody can load is worse than one on our host"
    assert look(anna, [TARGET]).problem == ""
    assert base(anna) == f"https://{HOST}:8443"
    with tenancy.account(anna.account_id):
        assert media_url(picture(anna), WHOLE, "png").startswith(f"https://{HOST}:8443/m/")
    assert look(anna, None).problem == "unreachable"
    assert base(anna) == f"https://{HOST}:8443", "no answer changes nothing"
    look(anna, ["elsewhere.example"])
    assert base(anna) == public, "the fallback"


def test_it_serves_its_own_account_s_pictures_and_nothing_else(anna: Customer) -> None:
    eve = sending_customer(people=0)
    mine, hers = path_of(anna, picture(anna)), path_of(eve, picture(eve, "maroon"))
    assert asked(hers).status_code == 400, "as long as it is nobody's host, it is not served"
    named(anna)
    answer = asked(mine)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert asked(mine, method="HEAD").status_code == 200
    assert asked(mine, method="POST").status_code == 405
    for host in (HOST, HOST.upper(), f"{HOST}:443", f"{HOST}."):
        assert asked(mine, host).status_code == 200
        for path in (*ELSEWHERE, hers, f"{mine}/", f"/x{mine}", mine.replace("/m/", "/c/")):
            answer = asked(path, host)
            assert answer.status_code == 404, (host, path)
            assert answer.content == b"Nothing is here.\n"
            assert "Set-Cookie" not in answer.headers
    signed_in = anna.client.get("/studio/", headers={"Host": HOST})
    assert signed_in.status_code == 404, "a session is worth nothing there"
    assert asked(hers, "testserver").status_code == asked(mine, "testserver").status_code == 200, "the fallback"
    assert asked(mine, "other.lindenhof.example").status_code == 400, "a name of nobody"


def test_it_serves_its_own_account_s_landing_pages(anna: Customer) -> None:
    """With what such a page loads, and a sign-up; another account's pages and forms aren't there."""
    named(anna)
    look(anna, [TARGET])
    eve = sending_customer(people=0)
    paths = {}
    for customer in (anna, eve):
        form_id, code = add_form(customer)
        content = LandingContent("en", "Tulips", "News for gardeners.", source=SOURCE)
        with tenancy.account(customer.account_id):
            page = save_landing_page(form_id, content)
            assert publish_landing_page(form_id, content, *compile_landing(content), by=None) == []
        paths[customer.account_id] = (f"/l/{page.code}/", f"/f/{code}/task", f"/f/{code}/")
    mine, task, form = paths[anna.account_id]
    answer = asked(mine)
    assert answer.status_code == 200
    assert f'<link rel="canonical" href="https://{HOST}:8443{mine}">' in answer.content.decode()
    assert "Set-Cookie" not in answer.headers
    assert asked(task).status_code == 200
    assert asked(form).status_code == 404
    signed = Client(enforce_csrf_checks=True).post(
        mine, {"email": "dora77@briefkasten-lindenhof.de", "consent": "yes", "version": "1"}, headers={"Host": HOST}
    )
    assert (signed.status_code, signed.headers["Location"]) == (303, "?language=en&sent=1")
    with tenancy.account(anna.account_id):
        assert SignupRequest.objects.get().source_url == f"https://{HOST}:8443{mine}?version=1"
    assert [asked(path).status_code for path in paths[eve.account_id]] == [404, 404, 404]


def test_letters_that_went_out_still_find_their_pictures(anna: Customer) -> None:
    mine = path_of(anna, picture(anna))
    named(anna)
    look(anna, [TARGET])
    named(anna, "bilder.lindenhof.example")
    assert base(anna) == load_settings().public_url, "the new name has to be right first"
    assert asked(mine).status_code == asked(mine, "bilder.lindenhof.example").status_code == 200
    with tenancy.account(anna.account_id):
        media_hosts.leave_media_host(by=anna.owner)
        assert not MediaHost.objects.filter(replaced_at=None).exists()
    assert asked(mine).status_code == 200
    named(anna)
    with tenancy.account(anna.account_id):
        assert MediaHost.objects.get(replaced_at=None).host == HOST, "taken up again"
        with pytest.raises(DomainError):
            domains.remove_domain(SenderDomain.objects.get().id)


@pytest.mark.parametrize(
    "name",
    ["", "lindenhof.example", "bounce.lindenhof.example", "media.other.example", "a..lindenhof.example", "localhost",
     "evil.com/.lindenhof.example", "-a.lindenhof.example", "a b.lindenhof.example", "*.lindenhof.example"],
)  # fmt: skip
def test_only_a_name_of_one_s_own_domain(anna: Customer, name: str) -> None:
    with pytest.raises(DomainError):
        named(anna, name)


def test_a_domain_has_to_be_proved_and_a_name_is_given_once(anna: Customer) -> None:
    eve = sending_customer(people=0)
    named(anna)
    with pytest.raises(DomainError, match="in use"):
        named(eve)
    with tenancy.account(eve.account_id):
        SenderDomain.objects.update(verified_at=None)
    with pytest.raises(DomainError, match="isn't verified yet"):
        named(eve, "bilder.lindenhof.example")


def test_where_the_operator_has_none_nothing_is_offered(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    named(anna)
    look(anna, [TARGET])
    monkeypatch.delenv("MAILFLATRATE_MEDIA_HOST_TARGET")
    load_settings.cache_clear()
    assert base(anna) == load_settings().public_url
    with pytest.raises(DomainError):
        named(anna, "bilder.lindenhof.example")
    assert asked("/healthz").status_code == 200


def test_the_proxy_asks_which_names_are_ours(anna: Customer) -> None:
    named(anna)
    assert Client().get(f"/media-hosts/ask?domain={HOST}").status_code == 204
    for domain in ("", "studio.lindenhof.example", "localhost", "a" * 300, "\0"):
        assert Client().get("/media-hosts/ask", {"domain": domain}).status_code == 404


def test_the_name_of_the_host_is_no_part_of_what_was_confirmed(anna: Customer) -> None:
    """A host that becomes valid overnight does not hold up a campaign confirmed the evening before (R-04)."""
    media = picture(anna)
    with tenancy.account(anna.account_id):
        brand.save_brand(BRAND, logo_id=media.id)
    draft = anna.draft()
    named(anna)
    with tenancy.account(anna.account_id):
        before = content_hash(Campaign.objects.get(id=draft.id), newest_imprint())
    look(anna, [TARGET])
    with tenancy.account(anna.account_id):
        assert brand_style().logo_url.startswith(f"https://{HOST}")
        assert content_hash(Campaign.objects.get(id=draft.id), newest_imprint()) == before
    assert shown_here(f'<img src="https://{HOST}:8443{path_of(anna, media)}">') == f'<img src="{path_of(anna, media)}">'


def test_the_page(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        domain_id = SenderDomain.objects.get().id
    page = f"/studio/senders/{domain_id}/"
    assert f'value="{HOST}"' in anna.client.get(page).content.decode()
    assert "Choose a name like" in followed(anna.client, f"{page}media-host/", {"host": "media.other.example"})
    text = followed(anna.client, f"{page}media-host/", {"host": HOST})
    assert "CNAME" in text and TARGET in text and "Not checked" in text
    look(anna, ["elsewhere.example"])
    text = anna.client.get(page, headers={"Accept-Language": "de"}).content.decode()
    assert "Ersetzen Sie den Eintrag durch den erwarteten" in text and "elsewhere.example" in text
    look(anna, [TARGET])
    assert "Active" in anna.client.get(page).content.decode()
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    carla = browser(Customer.registered("Nordstern").owner)
    for order in ("media-host/", "media-host/leave/"):
        assert ben.post(page + order, {"host": "bilder.lindenhof.example"}).status_code == 403
        assert carla.post(page + order, {"host": "bilder.lindenhof.example"}).status_code == 404
        assert anna.client.get(page + order).status_code == 405
    assert base(anna) == f"https://{HOST}:8443"
    assert "Keep the record for the messages already sent" in followed(anna.client, f"{page}media-host/leave/", {})
    assert base(anna) == load_settings().public_url


@pytest.mark.usefixtures("database")
def test_pictures_of_ours_are_open_to_anyone_and_nothing_else_is() -> None:
    client = Client()
    answer = client.get("/m/shipped/social-mastodon.png")
    assert answer.status_code == 200
    assert (answer["Content-Type"], answer["Cross-Origin-Resource-Policy"]) == ("image/png", "cross-origin")
    assert client.get("/m/shipped/social-mastodon.png", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    for path in ("nothing.png", "..%2Fpalette.json", "../pictures/map.png", "map.png/", "map", "MAP.png"):
        assert client.get(f"/m/shipped/{path}").status_code in (404, 301), path
    assert client.post("/m/shipped/map.png").status_code == 405
