"""A list's public archive: opening and closing it, its addresses, and which campaigns it leaves out."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.public_archive import public_campaigns
from mailflatrate.apps.forms.queries import asking_forms, typed_fields
from mailflatrate.apps.lists.actions import lists as lists_actions
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.presenters.archives import archive_and_form, archive_frame, archive_url, issue_url
from mailflatrate.entrypoints.presenters.lookups import find_list
from mailflatrate.entrypoints.presenters.signup.embeds import frame_snippet
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.forms import frozen_from_json
from mailflatrate.rules.roles import Permission

MOST_ROWS = 50


@studio("GET|POST lists/<int:list_id>/public-archive/", "list-public-archive", Permission.MANAGE, logs="list.changed")
def public_archive(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    here = reverse("studio:list-public-archive", args=[list_id])
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act in ("open", "close"):
            lists_actions.switch_public_archive(list_id, is_public=act == "open", by=request.user)
            done = _("The archive is public.") if act == "open" else _("The archive is closed.")
        else:
            campaign_id = whole_number(request.POST.get("campaign"))
            if not public_campaigns(mailing_list, with_hidden=True).filter(id=campaign_id).exists():
                return succeed(request, _("This campaign isn't in the archive."), here)
            lists_actions.hide_in_archive(list_id, campaign_id, is_hidden=act == "hide")
            done = _("Saved.")
        return succeed(request, done, here)
    rows = public_campaigns(mailing_list, with_hidden=True)[:MOST_ROWS]
    context = {
        "list": mailing_list,
        "rows": [
            (row, issue_url(mailing_list.code, row.mailing_id), row.id in mailing_list.archive_hidden_ids)
            for row in rows
        ],
        "url": archive_url(mailing_list.code),
        "feed_url": f"{archive_url(mailing_list.code)}feed.xml",
        "frame": archive_frame(mailing_list.code, mailing_list.public_name),
        "with_form": _with_form(mailing_list),
    }
    return page(request, "studio/audience/public_archive.html", context)


def _with_form(mailing_list: MailingList) -> str:
    form = next(iter(asking_forms(mailing_list.id)), None)
    if form is None or form.current is None:
        return ""
    frozen = frozen_from_json(form.current.content)
    snippet = frame_snippet(form.code, frozen, frozen.language(mailing_list.language), typed_fields(frozen.content))
    return archive_and_form(mailing_list.code, mailing_list.public_name, snippet)
