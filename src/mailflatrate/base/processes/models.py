"""The table of worker processes. Only `job_queue.register_worker` writes it, with the pass for jobs."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class WorkerProcess(models.Model):
    """One of Procrastinate's workers: the process it runs in and the queues it serves. A process may have two."""

    worker = models.OneToOneField(
        "procrastinate.ProcrastinateWorker", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=80)
    host = models.CharField(max_length=80)
    pid = models.PositiveIntegerField()
    queues = ArrayField(models.CharField(max_length=40))
    started_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["WorkerProcess"]] = models.Manager()

    class Meta:
        db_table = "worker_process"

    def __str__(self) -> str:
        return f"{self.name} at {self.host}"
