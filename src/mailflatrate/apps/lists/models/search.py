"""Search data for people."""

from django.db import models

from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel


class ContactText(TenantModel):
    """Address and name of a contact as one text, with a trigram index. Apart, because it costs more than all else an
    import writes: a job fills it. Deleted with the contact, and when name or address change.
    """

    platform_writes = True

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.OneToOneField(Contact, primary_key=True, on_delete=models.DO_NOTHING, related_name="+")
    said = models.TextField()

    class Meta:
        db_table = "contact_text"


class SearchTodo(TenantModel):
    """A range of an account's contact ids whose text is not written yet. Triggers on `contact` add rows."""

    platform_writes = True

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        db_table = "search_todo"
        indexes = [models.Index(fields=["account"], name="search_todo_account")]
