"""The ledger's trigger writes the outbox of withdrawals as the owner; no role of the application may."""

from django.db import migrations

OWNED = "ALTER FUNCTION public.withdrawal_of_event() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
OPEN = "ALTER FUNCTION public.withdrawal_of_event() SECURITY INVOKER RESET search_path"


class Migration(migrations.Migration):
    """A trigger only."""

    dependencies = [("lists", "0018_withdrawals"), ("suppression", "0006_owned_outbox")]
    operations = [migrations.RunSQL(OWNED, OPEN)]
