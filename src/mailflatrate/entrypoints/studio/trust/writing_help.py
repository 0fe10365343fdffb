"""Writing help in the account's settings: an owner switches it off, or on again."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.writing import writing_help
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


@studio("POST settings/writing-help/", "settings-writing-help", Permission.MANAGE, logs="writing_help.switched_off")
def switch(request: StudioRequest) -> HttpResponse:
    if not writing_help.is_installed():
        raise Http404
    is_off = request.POST.get("switch") == "off"
    writing_help.switch(is_off=is_off, by=request.user)
    said = _("Writing help is off.") if is_off else _("Writing help is on.")
    return succeed(request, said, reverse("studio:settings"))
