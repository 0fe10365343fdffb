"""Addresses of people who left before the database took them off test lists go now."""

from django.db import migrations

LEFT = """
WITH kept AS (
    SELECT t.id, array(
        SELECT each.address FROM unnest(t.addresses) WITH ORDINALITY AS each(address, place)
        WHERE EXISTS (
            SELECT 1 FROM membership m JOIN user_account u ON u.id = m.user_id
            WHERE m.account_id = t.account_id AND lower(u.email) = each.address
        ) OR EXISTS (
            SELECT 1 FROM mailbox b WHERE b.account_id = t.account_id AND lower(b.email) = each.address
                AND b.proved_at IS NOT NULL AND b.refused_at IS NULL
        )
        ORDER BY each.place
    ) AS addresses
    FROM test_list t
), gone AS (
    DELETE FROM test_list t USING kept WHERE t.id = kept.id AND cardinality(kept.addresses) = 0
)
UPDATE test_list t SET addresses = kept.addresses
FROM kept WHERE t.id = kept.id AND cardinality(kept.addresses) BETWEEN 1 AND cardinality(t.addresses) - 1
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_limited_members"),
        ("campaigns", "0022_test_list"),
        ("domains", "0001_initial"),
    ]

    operations = [migrations.RunSQL(LEFT, migrations.RunSQL.noop)]
