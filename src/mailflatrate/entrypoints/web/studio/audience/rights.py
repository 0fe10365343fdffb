"""What a person may ask of the customer: the proof of consent as a file."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from mailflatrate.apps.lists.models import Contact, MailingList
from mailflatrate.apps.privacy.actions import Download, ProofFormat, export_proof
from mailflatrate.apps.privacy.errors import PdfUnavailable, PrivacyError
from mailflatrate.base import audit
from mailflatrate.entrypoints.web.studio.access import StudioRequest, see_other, studio


def handed_out(download: Download) -> HttpResponse:
    """A file as an answer; nobody on the way keeps it."""
    answer = HttpResponse(download.octets, content_type=download.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@studio
def proof(request: StudioRequest, contact_id: int, list_id: int) -> HttpResponse:
    """The certificate of one subscription; a POST, because handing it out leaves a line in the audit log."""
    if not (Contact.objects.filter(id=contact_id).exists() and MailingList.objects.filter(id=list_id).exists()):
        raise Http404
    try:
        wanted = ProofFormat(request.POST.get("format", ""))
    except ValueError as problem:
        raise Http404 from problem
    try:
        return handed_out(
            export_proof(contact_id, list_id, wanted, language=get_language() or "en", by=audit.person(request.user))
        )
    except (PrivacyError, PdfUnavailable) as problem:
        messages.error(request, str(problem))
        return see_other(reverse("studio:contact", args=[contact_id]))
