"""A campaign can follow up another one, once."""

from django.db import migrations, models

# An index that an earlier try left unfinished is invalid.
_LEFT = "DROP INDEX CONCURRENTLY IF EXISTS campaign_follow_up_once"
_ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY campaign_follow_up_once ON campaign (account_id, follow_up_of)
    WHERE follow_up_of IS NOT NULL
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0005_automation")]

    operations = [
        migrations.AddField(model_name="campaign", name="follow_up_of", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="campaign", name="follow_up_goal", field=models.JSONField(null=True)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="campaign",
                    constraint=models.UniqueConstraint(
                        fields=["account", "follow_up_of"],
                        condition=models.Q(follow_up_of__isnull=False),
                        name="campaign_follow_up_once",
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(_LEFT, migrations.RunSQL.noop),
                migrations.RunSQL(_ONCE, migrations.RunSQL.noop),
            ],
        ),
    ]
