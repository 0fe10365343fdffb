"""Who is due at a step is read in the order of enrolments, so that a batch lies close together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automations", "0003_snapshot")]

    operations = [
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("state", "active")),
                fields=["account", "version", "step", "due_at", "id"],
                name="enrolment_due_in_order",
            ),
        ),
        migrations.RemoveIndex(model_name="enrolment", name="enrolment_due"),
    ]
