"""What the desk asks a customer about a case, and their answer: all that an account ever sees of a case (R-80)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.abuse.models.cases import Case
from mailflatrate.base.tenancy import TenantModel


class CaseQuestion(TenantModel):
    """A question from the desk, which the account reads. `contact_id`: whose consent to prove; never a reporter."""

    platform_writes = True

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="questions")
    reference = models.CharField(max_length=12, help_text="within the case")
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.DO_NOTHING, db_index=False, related_name="+"
    )
    contact_id = models.BigIntegerField(null=True)
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="when the desk no longer needed an answer")

    class Meta:
        db_table = "case_question"
        indexes = [
            models.Index(fields=["account", "-id"], name="case_question_recent"),
            models.Index(
                fields=["due_at"],
                condition=Q(answered_at__isnull=True, settled_at__isnull=True),
                name="case_question_due",
            ),
        ]


class CaseAnswer(TenantModel):
    """A customer's answer, with at most one file; append-only."""

    question = models.ForeignKey(CaseQuestion, on_delete=models.CASCADE, related_name="answers")
    text = models.TextField(_("answer"))
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file = models.BinaryField(null=True)
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "case_answer"
