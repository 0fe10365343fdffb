"""What the customer owes a person: proof, a copy of all stored data, erasure. Also people's own data requests."""

from functools import partial

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists.limits import is_on_other_lists
from mailflatrate.apps.lists.models import Contact, ContactNote, MailingList, Subscription
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.actions.proof import Download, ProofFormat, export_person, export_proof
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.queries import PAGE_ROWS, requests
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import audit, tenancy
from mailflatrate.base.pdf import PdfUnavailable
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.entrypoints.presenters.lookups import find_contact
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse
from mailflatrate.rules.roles import Permission

_ERASE_ELSEWHERE = gettext_lazy(
    "%(email)s is also on lists that you don't see. Ask someone who sees all lists to erase them."
)


def handed_out(download: Download) -> HttpResponse:
    """Return a file as a response that must not be cached."""
    answer = HttpResponse(download.octets, content_type=download.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@studio(
    "POST contacts/<int:contact_id>/proof/<int:list_id>/",
    "contact-proof",
    Permission.CONTACTS,
    Permission.CONTACTS,
    limited=True,
    logs="person.exported",
)
def proof(request: StudioRequest, contact_id: int, list_id: int) -> HttpResponse:
    """Download the certificate of one subscription; a POST, because handing it out is recorded in the audit log."""
    if not (Contact.objects.filter(id=contact_id).exists() and MailingList.objects.filter(id=list_id).exists()):
        raise Http404
    try:
        proof_format = ProofFormat(request.POST.get("format", ""))
    except ValueError as problem:
        raise Http404 from problem
    try:
        return handed_out(
            export_proof(
                contact_id, list_id, proof_format, language=get_language() or "en", by=audit.person(request.user)
            )
        )
    except (PrivacyError, PdfUnavailable) as problem:
        return refuse(request, str(problem), reverse("studio:contact", args=[contact_id]))


def _stored(contact: Contact) -> dict[str, object]:
    deliveries = DeliveryRecord.objects.filter(contact_id=contact.id)
    return {
        "contact": contact,
        "subscriptions": Subscription.objects.filter(contact=contact).count(),
        "events": ConsentEvent.objects.filter(contact_id=contact.id).count(),
        "mailings": deliveries.count(),
        "notes": ContactNote.objects.filter(contact=contact).count(),
        "clicks": Click.objects.filter(delivery_id__in=deliveries.values("id")).count(),
        "requests": list(requests(contact_id=contact.id)[:PAGE_ROWS]),
    }


@studio("GET|POST contacts/<int:contact_id>/data/", "contact-data", Permission.CONTACTS, logs="person.exported")
def data(request: StudioRequest, contact_id: int) -> HttpResponse:
    contact = find_contact(contact_id)
    if request.method != "POST":
        return page(request, "studio/audience/person_data.html", _stored(contact))
    return handed_out(export_person(contact.id, language=get_language() or "en", by=audit.person(request.user)))


@studio(
    "GET|POST contacts/<int:contact_id>/erase/",
    "contact-erase",
    Permission.CONTACTS,
    limited=True,
    logs="person.erased",
)
def erase(request: StudioRequest, contact_id: int) -> HttpResponse:
    contact = find_contact(contact_id)
    if is_on_other_lists(contact.id):
        return refuse(
            request, _ERASE_ELSEWHERE % {"email": contact.email}, reverse("studio:contact", args=[contact.id])
        )
    if request.method != "POST":
        return page(request, "studio/audience/person_erase.html", _stored(contact))
    if request.POST.get("sure") != "on":
        context = {**_stored(contact), "unsure": True}
        return page(request, "studio/audience/person_erase.html", context, status=422)
    done = _("This person's data has been erased. The address stays blocked through its fingerprint only.")
    return perform(
        request,
        partial(tenancy.unlimited(UnlimitedReason.ERASURE)(erase_for_customer), contact.id, by=request.user),
        done,
        reverse("studio:contacts"),
        refused=PrivacyError,
        back=reverse("studio:contact", args=[contact.id]),
    )


@studio(
    "GET requests/",
    "requests",
    Permission.CONTACTS,
    tab=Tab(SETTINGS, gettext_lazy("Data requests"), gettext_lazy("GDPR, privacy, erasure, access"), place=90),
)
def asked(request: StudioRequest) -> HttpResponse:
    rows = requests()
    before = whole_number(request.GET.get("before"))
    if before:
        rows = rows.filter(id__lt=before)
    visible = list(rows[: PAGE_ROWS + 1])
    following = f"?before={visible[PAGE_ROWS - 1].id}" if len(visible) > PAGE_ROWS else ""
    context = {"requests": visible[:PAGE_ROWS], "next": following, "first": not before}
    return page(request, "studio/audience/requests.html", context)
