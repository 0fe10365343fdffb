"""The bytes of pictures move into the storage, so that an operator may keep them outside of the database."""

from django.db import migrations

MOVE = """
WITH kept AS (
    INSERT INTO stored_file (account_id, name, octets, created_at)
    SELECT account_id, 'pictures/' || media_id || '-' || slot, octet_length(data), statement_timestamp()
    FROM media_file
    RETURNING id, account_id, name
)
INSERT INTO stored_chunk (account_id, file_id, number, data)
SELECT k.account_id, k.id, 0, f.data FROM media_file f
JOIN kept k ON k.account_id = f.account_id AND k.name = 'pictures/' || f.media_id || '-' || f.slot
WHERE octet_length(f.data) > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0019_sealed_editions"),
        ("storage", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="mediafile", name="data"),
    ]
