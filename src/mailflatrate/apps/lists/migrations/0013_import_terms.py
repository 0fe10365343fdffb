from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0012_role_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="terms",
            field=models.JSONField(
                db_default=models.Value({}, output_field=models.JSONField()),
                default=dict,
                help_text="what the customer said about the file besides its columns (intake.terms), and what was decided",
            ),
        ),
    ]
