"""Copy a message from another system: ask for it, and see what came over and what was left out."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.actions.message_copies import recent_copies, request_copy
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.base.long_task import OUR_ERROR
from mailflatrate.entrypoints.presenters.lookups import find_message_copy
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.mail.fetched.values import MAX_PAGE_OCTETS, LeftOut
from mailflatrate.rules.roles import Permission

NOTES = {
    LeftOut.SCRIPTS: gettext_lazy("Scripts and embedded content were removed: no email program runs them."),
    LeftOut.FORMS: gettext_lazy("Form fields were removed. Link to a page with the form instead."),
    LeftOut.PIXELS: gettext_lazy("Invisible images that count openings were removed."),
    LeftOut.UNSUBSCRIBE: gettext_lazy("Links to unsubscribe or to change preferences lead to ours now."),
    LeftOut.WEB_VIEW: gettext_lazy("The link to the web version leads to ours now."),
    LeftOut.FOOTER: gettext_lazy(
        "The old footer was removed. Your imprint and unsubscribe link are added to every email."
    ),
    LeftOut.BADGES: gettext_lazy("Badges of the other system were removed."),
    LeftOut.TRACKED_LINKS: gettext_lazy(
        "These links led through the other system's click counting, which hides where they go. Enter their addresses."
    ),
    LeftOut.FIELDS: gettext_lazy("Personal fields were turned into ours."),
    LeftOut.UNKNOWN_FIELDS: gettext_lazy("Personal fields that we don't have were removed."),
    LeftOut.MORE_PICTURES: gettext_lazy(
        "Images beyond the thirtieth weren't copied. They're loaded from the old address."
    ),
    LeftOut.LOST_PICTURES: gettext_lazy("These images couldn't be copied. Upload them to Media and replace them."),
}
PROBLEMS = {
    "missing": gettext_lazy("There's no page at this address. Check it, and try again."),
    "failed": gettext_lazy("The page doesn't open. Save it as an HTML file in your browser, and upload that."),
    "unreachable": gettext_lazy("The page can't be reached from here. Save it as an HTML file, and upload that."),
    "unreadable": gettext_lazy(
        "This page takes too long to read. Remove what isn't part of the message, and try again."
    ),
    "empty": gettext_lazy(
        "There's no text on this page. If it's built by scripts, save it as an HTML file in your browser."
    ),
    "used_up": gettext_lazy(
        "Your account has reached its daily limit of web pages (UTC). Try again tomorrow, or upload the message as an "
        "HTML file."
    ),
    OUR_ERROR: gettext_lazy(
        "We couldn't copy this message. Try again, or save it as an HTML file in your browser and upload that."
    ),
    "too_long": gettext_lazy("The message is larger than 200 kB. Shorten it, and upload it as an HTML file."),
}


class CopyForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Web address"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("The web version of your email: “View in browser” leads there."),
        widget=forms.TextInput({"inputmode": "url", "placeholder": "https://"}),
    )
    file = forms.FileField(
        label=gettext_lazy("HTML file"),
        required=False,
        help_text=gettext_lazy("Or a file that the other system exported, up to 768 kB."),
        widget=forms.FileInput({"accept": ".html,.htm,text/html"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Only your team sees it. Without one, the title of the page is used."),
    )


@studio("GET|POST copies/", "campaign-import", Permission.DRAFT, logs="campaign.copy_requested", nav="campaigns")
def new(request: StudioRequest) -> HttpResponse:
    form = CopyForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data.get("file")
        data = bytes(file.read(MAX_PAGE_OCTETS + 1)) if isinstance(file, UploadedFile) else b""
        values = form.cleaned_data
        try:
            copy = request_copy(name=values["name"], url=values["url"], file=data, by=request.user)
        except CampaignError as refused:
            form.add_error("url", str(refused))
        else:
            return see_other(reverse("studio:campaign-copied", args=[copy.id]))
    context = {"form": form, "recent": recent_copies()}
    return page(request, "studio/content/copy_new.html", context)


@studio("GET copies/<int:copy_id>/", "campaign-copied", Permission.DRAFT, nav="campaigns")
def one(request: StudioRequest, copy_id: int) -> HttpResponse:
    copy = find_message_copy(copy_id)
    context = {
        "copy": copy,
        "waits": copy.is_under_way,
        "notes": [(NOTES[LeftOut(what)], count, samples) for what, count, samples in copy.notes],
        "problem": PROBLEMS.get(copy.problem, _("The message couldn't be copied.")) if copy.problem else "",
    }
    template = "studio/content/copied_state.html" if is_htmx(request) else "studio/content/copied.html"
    return page(request, template, context)
