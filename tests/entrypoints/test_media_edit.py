"""Pictures of the library: cropped into new ones, their focal point, folders."""

import io

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.models import Media
from mailflatrate.base import tenancy
from support.customers import sending_customer

pytestmark = pytest.mark.usefixtures("database")


def picture(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), color).save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_cropped_into_a_new_one_and_stays_as_it_was() -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    with tenancy.account(anna.account_id):
        field = upload_media(
            picture("green"), name="Field", alt="A field", decorative=False, by=None, folder=" Summer "
        )
        upload_media(picture("navy"), name="Sea", alt="The sea", decorative=False, by=None)
    place, edit = f"/studio/media/{field.id}/", f"/studio/media/{field.id}/edit/"
    page = anna.page("media/?folder=Summer")
    assert ">Field<" in page
    assert ">Sea<" not in page
    words = {"name": "Field", "alt": "A field", "folder": "Autumn", "focus_x": "90", "focus_y": "50"}
    assert anna.client.post(place, words).status_code == 303
    assert anna.client.post(place, words | {"focus_x": "101"}).status_code == 422
    whole = {"turn": "0", "shape": "", "left": "0", "top": "0", "right": "100", "bottom": "100", "width": ""}
    assert anna.client.post(edit, whole).status_code == 422, "nothing is changed"
    assert anna.client.post(edit, whole | {"left": "100"}).status_code == 422
    done = anna.client.post(edit, whole | {"shape": "1:1", "turn": "90", "width": "100"})
    assert done.status_code == 303
    again = anna.client.post(edit, whole | {"shape": "1:1", "turn": "90", "width": "100"})
    assert again.headers["Location"] == done.headers["Location"], "the same edit is the same picture"
    with tenancy.account(anna.account_id):
        made = Media.objects.get(original=field)
        kept = Media.objects.get(id=field.id)
        assert (made.width, made.height, made.alt, made.folder) == (100, 100, "A field", "Autumn")
        assert (kept.width, kept.height, kept.focus_x, kept.folder) == (400, 200, 90, "Autumn")
    assert "Open the original" in anna.page(f"media/{made.id}/")
    for method in (carla.client.get, carla.client.post):
        assert method(edit).status_code == 404
