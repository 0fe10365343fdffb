"""The abuse desk's questions to the customer, and their answers. Nothing else of the case is shown (R-80)."""

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.actions import answers
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.queries import case as queries
from mailflatrate.apps.lists.models import Contact
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission

REFUSED = 422


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Your reply"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy("Where and when did these people sign up, and what proof do you have?"),
    )
    file = forms.FileField(
        label=gettext_lazy("Proof (file)"),
        required=False,
        help_text=gettext_lazy("PDF, image, ZIP or text, up to 5 MB."),
    )


@studio("GET questions/", "questions", Permission.SETUP, nav="account-status", has_tabs=True)
def questions(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/trust/questions.html", {"rows": queries.questions(), "tab": "questions"})


@studio(
    "GET|POST questions/<int:question_id>/",
    "question",
    Permission.SETUP,
    logs="question.answered",
    nav="account-status",
)
def one(request: StudioRequest, question_id: int) -> HttpResponse:
    question = queries.question(question_id)
    if question is None:
        raise Http404
    form = AnswerForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            answers.answer_question(question_id, form.cleaned_data["text"], by=request.user, attachment=_file(form))
        except AbuseError as problem:
            form.add_error(None, str(problem))
        else:
            return succeed(request, _("We've received your answer."), reverse("studio:question", args=[question_id]))
    contact = Contact.objects.filter(id=question.contact_id or 0).first()
    context = {"question": question, "form": form, "contact": contact, "tab": "questions"}
    return page(request, "studio/trust/question.html", context, status=REFUSED if request.method == "POST" else 200)


def _file(form: AnswerForm) -> answers.Attachment | None:
    upload = form.cleaned_data["file"]
    return answers.Attachment(upload.name or "", upload.read()) if upload else None
