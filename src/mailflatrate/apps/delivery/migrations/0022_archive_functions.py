"""What the owner does for the archive's job, which has no right to do it itself (ADR 0026).

Each function asks for the platform's pass and checks for itself what it was told, so that whoever holds the
application's password cannot move, hide or drop a delivery with it.
"""

from django.db import migrations


def _function(signature: str, declared: str, body: str) -> str:
    """A function that runs as the owner, for whoever shows the platform's pass."""
    return f"""
CREATE FUNCTION {signature} LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE{declared}BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the archive needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;{body}END $$;
"""


# Once a month: a partition for all ids that were given out until now and have none yet. It is filled alone and then
# attached, which no reader waits for. Nobody has rights on it: it is reached through its parent and its policies only.
OPEN_MONTH = _function(
    "open_archive_month() RETURNS text",
    """
    last_month date := (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month')::date;
    name text := 'delivery_archive_' || to_char(last_month, 'YYYY_MM');
    low bigint;
    high bigint;
""",
    """
    LOCK TABLE public.archive_month IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(to_id), 0) INTO low FROM public.archive_month;
    high := coalesce(pg_sequence_last_value(pg_get_serial_sequence('public.delivery', 'id')::regclass), 0) + 1;
    IF high <= low OR EXISTS (SELECT 1 FROM public.archive_month WHERE month >= last_month) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.delivery_archive
        INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, mailflatrate_app, mailflatrate_platform, mailflatrate_eraser',
        name);
    EXECUTE format('ALTER TABLE public.delivery_archive ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)',
        name, low, high);
    INSERT INTO public.archive_month (month, partition, from_id, to_id) VALUES (last_month, name, low, high);
    RETURN name;
""",
)

# From here on the campaign stays as it is, so that its keys may go. A result that nobody knows keeps it for two months
# more: by then no journal will come back.
CLOSE_CAMPAIGN = _function(
    "archive_campaign(which bigint, days integer) RETURNS boolean",
    """
    c record;
    ended_before timestamptz := now() - make_interval(days => greatest(days, 1));
""",
    """
    SELECT id, account_id, state, finished_at INTO c FROM public.campaign WHERE id = which FOR UPDATE;
    IF c.id IS NULL OR c.state NOT IN ('sent', 'cancelled') OR c.finished_at IS NULL OR c.finished_at >= ended_before
        OR c.finished_at >= (SELECT max(m.made_at) FROM public.archive_month m)
        OR NOT EXISTS (SELECT 1 FROM public.archive_month)
        OR EXISTS (SELECT 1 FROM public.archived_campaign a WHERE a.campaign_id = which)
        OR EXISTS (SELECT 1 FROM public.chunk k WHERE k.account_id = c.account_id AND k.campaign_id = which
            AND k.state IN ('ready', 'sending'))
        OR EXISTS (SELECT 1 FROM public.retry r WHERE r.account_id = c.account_id AND r.campaign_id = which)
        OR EXISTS (SELECT 1 FROM public.relay_deferral q WHERE q.account_id = c.account_id AND q.campaign_id = which)
    THEN
        RETURN false;
    END IF;
    IF c.finished_at >= ended_before - interval '60 days' AND (
        EXISTS (SELECT 1 FROM public.lost_claim l WHERE l.account_id = c.account_id AND l.campaign_id = which
            AND l.settled_at IS NULL)
        OR (SELECT coalesce(sum(t.count), 0) > 0 FROM public.tally t
            WHERE t.account_id = c.account_id AND t.campaign_id = which AND t.state = 'in_doubt'))
    THEN
        RETURN false;
    END IF;
    UPDATE public.lost_claim SET settled_at = now()
        WHERE account_id = c.account_id AND campaign_id = which AND settled_at IS NULL;
    INSERT INTO public.archived_campaign (campaign_id, account_id, ended_at)
        VALUES (which, c.account_id, c.finished_at);
    RETURN true;
""",
)

# The next chunks of a closed campaign: out of one table and into the other in one statement. What is not final, or has
# no partition, stays. Returns how many moved; NULL once nothing is left.
MOVE = _function(
    "archive_deliveries(which bigint, chunks integer) RETURNS integer",
    """
    a public.archived_campaign;
    ids bigint[];
    lowest bigint;
    highest bigint;
    low bigint;
    high bigint;
    n integer;
""",
    """
    SELECT * INTO a FROM public.archived_campaign WHERE campaign_id = which AND finished_at IS NULL
        FOR UPDATE SKIP LOCKED;
    IF a.campaign_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(id ORDER BY id) INTO ids FROM (
        SELECT k.id FROM public.chunk k
        WHERE k.account_id = a.account_id AND k.campaign_id = which AND k.id > a.after_chunk_id
        ORDER BY k.id LIMIT chunks) next;
    IF ids IS NULL THEN
        UPDATE public.archived_campaign SET finished_at = now() WHERE campaign_id = which;
        RETURN NULL;
    END IF;
    SELECT min(from_id), max(to_id) INTO lowest, highest FROM public.archive_month WHERE dropped_at IS NULL;
    WITH moved AS (
        DELETE FROM public.delivery d
        WHERE d.chunk_id = ANY (ids) AND d.account_id = a.account_id AND d.campaign_id = which
          AND d.state IN ('sent', 'bounced', 'withheld', 'cancelled', 'in_doubt')
          AND d.id >= lowest AND d.id < highest
        RETURNING d.*
    ), kept AS (
        INSERT INTO public.delivery_archive SELECT * FROM moved
    ), mailed AS (
        INSERT INTO public.last_mailing AS l (contact_id, account_id, at, sent_at)
        SELECT contact_id, account_id, max(coalesce(settled_at, created_at)),
            max(settled_at) FILTER (WHERE state = 'sent')
        FROM moved WHERE contact_id IS NOT NULL GROUP BY contact_id, account_id ORDER BY contact_id
        ON CONFLICT (contact_id) DO UPDATE
        SET at = greatest(l.at, excluded.at), sent_at = greatest(l.sent_at, excluded.sent_at)
    )
    SELECT count(*), min(id), max(id) + 1 INTO n, low, high FROM moved;
    UPDATE public.archived_campaign
        SET after_chunk_id = ids[array_length(ids, 1)], deliveries = deliveries + n,
            from_id = least(from_id, low), to_id = greatest(to_id, high)
        WHERE campaign_id = which;
    UPDATE public.archive_month SET ended_at = greatest(ended_at, a.ended_at)
        WHERE dropped_at IS NULL AND from_id < high AND to_id > low AND (ended_at IS NULL OR ended_at < a.ended_at);
    RETURN n;
""",
)

# The oldest month, once everything in it had ended before the limit of the proof; never before a whole calendar year
# has passed, whatever it is told. Its attempts go first, some at a time. Returns what it did, NULL for nothing.
DROP_MONTH = _function(
    "drop_archive_month(ended_before timestamptz) RETURNS text",
    """
    m public.archive_month;
    expired timestamptz := least(ended_before, date_trunc('year', now()) - interval '1 year');
    n integer;
""",
    """
    SELECT * INTO m FROM public.archive_month WHERE dropped_at IS NULL ORDER BY from_id LIMIT 1 FOR UPDATE;
    IF m.month IS NULL OR m.made_at >= expired OR coalesce(m.ended_at, m.made_at) >= expired THEN
        RETURN NULL;
    END IF;
    DELETE FROM public.attempt WHERE id IN (
        SELECT t.id FROM public.archived_campaign a JOIN public.attempt t ON t.account_id = a.account_id
            AND t.delivery_id >= greatest(a.from_id, m.from_id) AND t.delivery_id < least(a.to_id, m.to_id)
        WHERE a.from_id < m.to_id AND a.to_id > m.from_id
          AND NOT EXISTS (SELECT 1 FROM public.delivery d WHERE d.id = t.delivery_id)
        LIMIT 20000);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
        RETURN 'attempts';
    END IF;
    EXECUTE format('DROP TABLE public.%I', m.partition);
    UPDATE public.archive_month SET dropped_at = now() WHERE month = m.month;
    RETURN m.partition;
""",
)

# The campaign's row is locked while it is closed, so that nothing slips in between.
STAYS = """
CREATE FUNCTION campaign_stays_archived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.archived_campaign a WHERE a.campaign_id = OLD.id) THEN
        RAISE EXCEPTION 'campaign % is archived and is never sent again', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER campaign_stays_archived_state BEFORE UPDATE OF state, finished_at, account_id ON campaign FOR EACH ROW
    WHEN (ROW (NEW.state, NEW.finished_at, NEW.account_id) IS DISTINCT FROM
          ROW (OLD.state, OLD.finished_at, OLD.account_id))
    EXECUTE FUNCTION campaign_stays_archived();
CREATE TRIGGER campaign_stays_archived BEFORE DELETE ON campaign FOR EACH ROW
    EXECUTE FUNCTION campaign_stays_archived();
"""
GONE = """
DROP TRIGGER campaign_stays_archived ON campaign;
DROP TRIGGER campaign_stays_archived_state ON campaign;
DROP FUNCTION campaign_stays_archived();
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0021_archive")]
    operations = [
        migrations.RunSQL(OPEN_MONTH, "DROP FUNCTION open_archive_month()"),
        migrations.RunSQL(CLOSE_CAMPAIGN, "DROP FUNCTION archive_campaign(bigint, integer)"),
        migrations.RunSQL(MOVE, "DROP FUNCTION archive_deliveries(bigint, integer)"),
        migrations.RunSQL(DROP_MONTH, "DROP FUNCTION drop_archive_month(timestamptz)"),
        migrations.RunSQL(STAYS, GONE),
    ]
