"""The account's status is called by that name in code. Its columns keep theirs, so both versions run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_account_status_change")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("account", "account_activated_by_a_person"),
                migrations.AlterField(
                    "account", "standing", models.CharField(db_column="standing", default="registered", max_length=12)
                ),
                migrations.RenameField("account", "standing", "status"),
                migrations.AlterField(
                    "account", "standing_reason", models.TextField(blank=True, db_column="standing_reason")
                ),
                migrations.RenameField("account", "standing_reason", "status_reason"),
                migrations.AddConstraint(
                    "account",
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["active", "throttled"]), _negated=True),
                            models.Q(
                                ("activated_at__isnull", False),
                                ("activated_by__isnull", False),
                                ("vetting_record__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="account_activated_by_a_person",
                    ),
                ),
            ]
        )
    ]
