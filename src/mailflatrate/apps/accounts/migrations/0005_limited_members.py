"""A member, or a person who is invited, may be limited to some of the account's lists."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_account_second_factor")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="list_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=None, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="list_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=None,
                help_text="the limit of the new member",
                null=True,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=~Q(role="owner") | Q(list_ids__isnull=True), name="membership_owner_has_all_lists"
            ),
        ),
    ]
