"""Tables of the database backend. Only `DatabaseFiles` writes rows; policies are in `tenancy.policies`."""

from typing import ClassVar

from django.db import models


class StoredFile(models.Model):
    """A file of an account; account 0 is the installation itself."""

    account_id = models.BigIntegerField()
    name = models.CharField(max_length=101)
    octets = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["StoredFile"]] = models.Manager()

    class Meta:
        db_table = "stored_file"
        constraints = [models.UniqueConstraint(fields=["account_id", "name"], name="stored_file_once")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.name}"


class StoredChunk(models.Model):
    """Up to a megabyte of a file."""

    account_id = models.BigIntegerField()
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, db_index=False, related_name="+")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    objects: ClassVar[models.Manager["StoredChunk"]] = models.Manager()

    class Meta:
        db_table = "stored_chunk"
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="stored_chunk_once")]

    def __str__(self) -> str:
        return f"{self.file_id}, part {self.number}"
