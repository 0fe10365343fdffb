"""A form's landing page (R-25 to R-35). No cookie is read or set; only our own scripts, styles and images load."""

from django.http import Http404, HttpRequest, HttpResponse

from mailflatrate.apps.forms.landing_pages import published_landing
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.signup.landing_pages import LANDING_PATH, landing_url
from mailflatrate.entrypoints.public.signup.page import answer_visit, posted_version
from mailflatrate.entrypoints.public.signup.visit import FormVisit
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.pages import public


@public(f"GET|POST {LANDING_PATH}/<slug:code>/", "landing-page")
def landing_page(request: HttpRequest, code: str) -> HttpResponse:
    """The proof names the page and the version of it that was shown."""
    landing = published_landing(code)
    if landing is None:
        raise Http404
    version = posted_version(request, landing.form)
    with tenancy.account(landing.form.account_id):
        path = landing_url(code)
    visit = FormVisit(
        request,
        landing.form,
        version,
        version.frozen.language(landing.shown.content.language),
        framed=False,
        path=f"{path}?version={landing.number}",
        landing=landing,
    )
    allow(request, inline_styles=True)  # the blocks of a campaign carry their styles
    return answer_visit(visit)
