"""Only the triggers write the outbox of withdrawals, as the owner, and a row that could not be replayed is refused."""

from django.db import migrations

FUNCTIONS = ("withdrawal_of_suppression", "withdrawal_of_standing")
CHECKS = """
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_says_something CHECK (CASE kind
    WHEN 'suppressed' THEN address_key IS NOT NULL AND reason IN
        ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'objection', 'erased', 'manual')
    WHEN 'standing' THEN account_id IS NOT NULL AND reason IN ('throttled', 'paused', 'suspended', 'closed')
    ELSE account_id IS NOT NULL AND reason = ''
        AND kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased') END) NOT VALID;
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_key_fits
    CHECK (octet_length(address_key) BETWEEN 1 AND 64) NOT VALID;
"""
UNCHECK = """
ALTER TABLE withdrawal_outbox DROP CONSTRAINT withdrawal_says_something;
ALTER TABLE withdrawal_outbox DROP CONSTRAINT withdrawal_key_fits;
"""
OWNED = "ALTER FUNCTION public.{}() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;"
OPEN = "ALTER FUNCTION public.{}() SECURITY INVOKER RESET search_path;"


class Migration(migrations.Migration):
    dependencies = [("suppression", "0005_withdrawals")]
    operations = [
        migrations.RunSQL(CHECKS, UNCHECK),
        *(migrations.RunSQL(OWNED.format(name), OPEN.format(name)) for name in FUNCTIONS),
    ]
