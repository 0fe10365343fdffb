"""A case as a file: a ZIP of everything, or XARF without personal identities. Each export is logged (R-98)."""

from django.http import Http404, HttpResponse, JsonResponse

from mailflatrate.apps.abuse.export import case_zip, xarf_reports
from mailflatrate.apps.abuse.queries.case import CaseView, case_view
from mailflatrate.apps.privacy.actions.proof import MEDIA_TYPES, ProofFormat, export_proof
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.base import audit, tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk


def _view(case_id: int) -> CaseView:
    view = case_view(case_id)
    if view is None:
        raise Http404
    return view


@desk("POST cases/<int:case_id>/export/", "case-export")
def export(request: DeskRequest, case_id: int) -> HttpResponse:
    """Download the case as `zip` or `xarf`. A POST, because handing out evidence is recorded in the audit log."""
    view, choice = _view(case_id), request.POST.get("format", "")
    if choice not in ("zip", "xarf"):
        raise Http404
    request.audit(
        "case.exported",
        account_id=view.case.account_id,
        subject=f"case:{view.case.reference}",
        details={"format": choice},
    )
    name = f"case-{view.case.reference}"
    if choice == "xarf":
        answer = JsonResponse(xarf_reports(view), safe=False, json_dumps_params={"ensure_ascii": False, "indent": 1})
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.xarf.json"'
        return answer
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return HttpResponse(case_zip(view), content_type="application/zip", headers=headers)


@desk("POST cases/<int:case_id>/certificate/", "case-certificate")
def certificate(request: DeskRequest, case_id: int) -> HttpResponse:
    """Return the certificate of a recipient's consent to the list through which they got the campaign (R-30)."""
    view, chosen = _view(case_id), request.POST.get("report", "")
    person = next((row for row in view.people if str(row.report.id) == chosen), None)
    if person is None or person.contact is None or person.list_id is None or view.case.account_id is None:
        raise Http404
    reason = f"case {view.case.reference}"
    try:
        with tenancy.account(view.case.account_id):
            made = export_proof(
                person.contact.id,
                person.list_id,
                ProofFormat.PDF,
                language=request.user.language,
                by=audit.person(request.user),
                reason=reason,
            )
    except PrivacyError as problem:
        raise Http404(str(problem)) from problem
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return HttpResponse(made.octets, content_type=MEDIA_TYPES[ProofFormat.PDF], headers=headers)
