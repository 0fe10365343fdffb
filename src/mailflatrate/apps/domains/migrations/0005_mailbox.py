"""R-46 in the database: what counts as a proved mailbox, and that no sender does without one."""

import django.db.models.deletion
from django.db import migrations, models

from mailflatrate.settings.roles import APP_ROLE

# The account's own scope may ask and give up; that a mailbox was proved is said by the page behind the mail alone.
SQL = f"""
CREATE FUNCTION mailbox_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = '{APP_ROLE}' AND NEW.proved_at IS NOT NULL AND (TG_OP = 'INSERT'
        OR (NEW.account_id, NEW.email, NEW.proved_at) IS DISTINCT FROM (OLD.account_id, OLD.email, OLD.proved_at))
    THEN
        RAISE EXCEPTION 'a mailbox is proved by its reader (R-46)' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mailbox_held BEFORE INSERT OR UPDATE ON mailbox FOR EACH ROW EXECUTE FUNCTION mailbox_held();

CREATE FUNCTION sender_address_proved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verified_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM public.mailbox m
        WHERE m.account_id = NEW.account_id AND m.email = lower(NEW.email) AND m.proved_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'nobody at % confirmed that it is the account''s (R-46)', NEW.email
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sender_address_proved BEFORE INSERT OR UPDATE OF verified_at, email, account_id ON sender_address
    FOR EACH ROW EXECUTE FUNCTION sender_address_proved();

-- Until now an address counted with its domain; its mailbox was never asked.
UPDATE sender_address SET verified_at = NULL;
"""  # noqa: S608  # made of constants
UNDO = """
DROP FUNCTION mailbox_held() CASCADE;
DROP FUNCTION sender_address_proved() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_sender_notice"),
        ("domains", "0004_key_turns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail address")),
                (
                    "for_replies",
                    models.BooleanField(default=False, help_text="listed as an address that answers may go to"),
                ),
                ("round", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                (
                    "expires_at",
                    models.DateTimeField(help_text="until when the link of the present round holds", null=True),
                ),
                ("proved_at", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "db_table": "mailbox",
                "constraints": [models.UniqueConstraint(fields=("account", "email"), name="mailbox_once")],
            },
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
