"""The outbox of withdrawals takes “this wasn't me”, which names an address of one account."""

from django.db import migrations

_SAYS = """
ALTER TABLE withdrawal_outbox DROP CONSTRAINT withdrawal_says_something;
ALTER TABLE withdrawal_outbox ADD CONSTRAINT withdrawal_says_something CHECK (CASE kind
    WHEN 'suppressed' THEN address_key IS NOT NULL AND reason IN
        ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'objection', 'erased', 'manual')
    WHEN 'standing' THEN account_id IS NOT NULL AND reason IN ('throttled', 'paused', 'suspended', 'closed')
    {more}ELSE account_id IS NOT NULL AND reason = ''
        AND kind IN ('withdrawn', 'objection', 'tracking_withdrawn', 'erased') END);
"""
_MISDIRECTED = "WHEN 'misdirected' THEN account_id IS NOT NULL AND address_key IS NOT NULL AND reason = ''\n    "


class Migration(migrations.Migration):
    dependencies = [("suppression", "0003_liftrequest")]

    operations = [
        migrations.RunSQL(_SAYS.format(more=_MISDIRECTED), _SAYS.format(more="")),
    ]
