"""One visitor at one form: on its own page, in a frame, or on its landing page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from django.http import HttpRequest

from mailflatrate.apps.forms.landing_pages import PublishedLanding
from mailflatrate.apps.forms.models import FURTHER
from mailflatrate.apps.forms.queries import PublishedForm, ShownVersion
from mailflatrate.entrypoints.presenters.signup.form_inputs import clean
from mailflatrate.rules.forms import FrozenList
from mailflatrate.rules.forms.placement import FRAME, HOSTED, LANDING


@dataclass(frozen=True, slots=True)
class FormVisit:
    """`move_in_id`: the move whose link led here; `path`: this page's; `landing`: this is the form's landing page."""

    request: HttpRequest
    form: PublishedForm
    version: ShownVersion
    language: str
    framed: bool
    path: str
    move_in_id: int | None = None
    landing: PublishedLanding | None = None

    @property
    def placement(self) -> str:
        if self.landing is not None:
            return LANDING
        return FRAME if self.framed else HOSTED

    def url(self, **changes: str) -> str:
        parts = {"language": self.language, **({"frame": "1"} if self.framed else {}), **changes}
        return f"?{urlencode(parts)}"

    def prefill(self) -> dict[str, str]:
        names = ("email", *(field.key for field in self.version.frozen.content.fields))
        return {name: clean(self.request.GET[name]) for name in names if name in self.request.GET}


def landing_context(visit: FormVisit) -> dict[str, Any]:
    assert visit.landing is not None
    url, picture = visit.path.partition("?")[0], visit.landing.shown.content.picture
    return {
        "landing": visit.landing.shown,
        "page_url": url,
        "picture_url": urljoin(url, picture) if picture else "",
    }


def offered_boxes(form: PublishedForm, version: ShownVersion, language: str) -> list[tuple[FrozenList, str]]:
    texts = version.frozen.frozen[language]
    return [(offer, f"{FURTHER}:{offer.list_id}") for offer in texts.further if offer.list_id in form.open_further]
