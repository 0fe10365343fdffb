-- The monthly archive of deliveries (ADR 0026): the view over both tables, and what the owner does for the archive's
-- job, which has no right to do it itself. Each function asks for the platform's pass and checks for itself what it was
-- told, so that whoever holds the application's password cannot move, hide or drop a delivery with it.

-- Rows are seen as the reader of the view sees them in the tables: row-level security stays in force.
DROP VIEW IF EXISTS public.delivery_record;
CREATE VIEW public.delivery_record WITH (security_invoker = true) AS
SELECT
    d.id, d.edition_id, d.rules_version, d.granted_at, d.confirmation_id, d.state, d.attempts, d.reply_code,
    d.reply_status, d.reply_text, d.bounce, d.reason, d.settled_at, d.created_at, d.account_id, d.campaign_id,
    d.chunk_id, d.consent_event_id, d.contact_id, d.decision_id, d.mailing_list_id, d.notice_id, d.enrolment_id,
    d.transactional_id, false AS archived
FROM public.delivery d
UNION ALL
SELECT
    a.id, a.edition_id, a.rules_version, a.granted_at, a.confirmation_id, a.state, a.attempts, a.reply_code,
    a.reply_status, a.reply_text, a.bounce, a.reason, a.settled_at, a.created_at, a.account_id, a.campaign_id,
    a.chunk_id, a.consent_event_id, a.contact_id, a.decision_id, a.mailing_list_id, a.notice_id, a.enrolment_id,
    a.transactional_id, true AS archived
FROM public.delivery_archive a;

-- In the archive, only a bounce that came late changes what became of a message.
CREATE OR REPLACE FUNCTION public.archived_delivery_stays_final() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'an archived delivery is final' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER archived_delivery_stays_final BEFORE UPDATE OF state ON delivery_archive
    FOR EACH ROW WHEN (
        NEW.state <> OLD.state AND NEW.state <> 'bounced'
    ) EXECUTE FUNCTION public.archived_delivery_stays_final();

CREATE OR REPLACE TRIGGER archived_delivery_keeps_its_basis BEFORE UPDATE OF contact_id, account_id, campaign_id,
    edition_id, mailing_list_id, decision_id, consent_event_id, confirmation_id, notice_id, enrolment_id,
    transactional_id ON delivery_archive FOR EACH ROW WHEN (
        (NEW.account_id, NEW.campaign_id, NEW.edition_id, NEW.mailing_list_id, NEW.decision_id, NEW.consent_event_id,
            NEW.confirmation_id, NEW.notice_id, NEW.enrolment_id, NEW.transactional_id)
            IS DISTINCT FROM (OLD.account_id, OLD.campaign_id, OLD.edition_id, OLD.mailing_list_id, OLD.decision_id,
            OLD.consent_event_id, OLD.confirmation_id, OLD.notice_id, OLD.enrolment_id, OLD.transactional_id)
        OR NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id
    ) EXECUTE FUNCTION public.delivery_keeps_its_basis();

-- Once a month: a partition for all ids that were given out until now and have none yet. It is filled alone and then
-- attached, which no reader waits for. Nobody has rights on it: it is reached through its parent and its policies only.
CREATE OR REPLACE FUNCTION public.open_archive_month() RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    last_month date := (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month')::date;
    name text := 'delivery_archive_' || to_char(last_month, 'YYYY_MM');
    low bigint;
    high bigint;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the archive needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOCK TABLE public.archive_month IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(to_id), 0) INTO low FROM public.archive_month;
    high := coalesce(pg_sequence_last_value(pg_get_serial_sequence('public.delivery', 'id')::regclass), 0) + 1;
    IF high <= low OR EXISTS (SELECT 1 FROM public.archive_month WHERE month >= last_month) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.delivery_archive
        INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, mailflatrate_app, mailflatrate_platform, mailflatrate_eraser,'
        ' mailflatrate_limited',
        name);
    EXECUTE format('ALTER TABLE public.delivery_archive ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)',
        name, low, high);
    INSERT INTO public.archive_month (month, partition, from_id, to_id) VALUES (last_month, name, low, high);
    RETURN name;
END $$;

-- From here on the campaign stays as it is, so that its keys may go. A result that nobody knows keeps it for two months
-- more: by then no journal will come back.
CREATE OR REPLACE FUNCTION public.archive_campaign(which bigint, days integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    c record;
    ended_before timestamptz := now() - make_interval(days => greatest(days, 1));
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the archive needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT id, account_id, state, finished_at INTO c FROM public.campaign WHERE id = which FOR UPDATE;
    IF c.id IS NULL OR c.state NOT IN {{campaign_states(OVER)}}
        OR c.finished_at IS NULL OR c.finished_at >= ended_before
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
END $$;

-- The next chunks of a closed campaign: out of one table and into the other in one statement. What is not final, or has
-- no partition, stays. Returns how many moved; NULL once nothing is left.
CREATE OR REPLACE FUNCTION public.archive_deliveries(which bigint, chunks integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    a public.archived_campaign;
    ids bigint[];
    lowest bigint;
    highest bigint;
    low bigint;
    high bigint;
    n integer;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the archive needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
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
END $$;

-- The oldest month, a step a call: first its attempts, then its recipients are folded into past_recipients, so that
-- links in their messages keep working, then its partition goes.
CREATE OR REPLACE FUNCTION public.drop_archive_month(ended_before timestamp with time zone) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    m public.archive_month;
    expired timestamptz := least(ended_before, date_trunc('year', now()) - interval '1 year');
    n integer;
    low bigint;
    high bigint;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the archive needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
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
    SELECT min(id) INTO low FROM public.delivery_archive
        WHERE id >= coalesce(m.folded_to, m.from_id) AND id < m.to_id;
    IF low IS NOT NULL THEN
        high := least(low + 50000, m.to_id);
        INSERT INTO public.past_recipients (account_id, campaign_id, mailing_list_id, from_id, to_id, offsets,
                                            contact_ids)
        SELECT account_id, campaign_id, mailing_list_id, low, max(id), array_agg((id - low)::integer ORDER BY id),
            array_agg(contact_id ORDER BY id)
        FROM public.delivery_archive
        WHERE id >= low AND id < high AND contact_id IS NOT NULL AND mailing_list_id IS NOT NULL
          AND state IN ('sent', 'bounced', 'in_doubt')
        GROUP BY account_id, campaign_id, mailing_list_id;
        UPDATE public.archive_month SET folded_to = high WHERE month = m.month;
        RETURN 'recipients';
    END IF;
    EXECUTE format('DROP TABLE public.%I', m.partition);
    UPDATE public.archive_month SET dropped_at = now() WHERE month = m.month;
    RETURN m.partition;
END $$;

-- A campaign whose deliveries were archived is never deleted and never moves again, because nothing else would keep it
-- from being sent a second time.
CREATE OR REPLACE FUNCTION public.campaign_stays_archived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.archived_campaign a WHERE a.campaign_id = OLD.id) THEN
        RAISE EXCEPTION 'campaign % is archived and is never sent again', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER campaign_stays_archived BEFORE DELETE ON campaign
    FOR EACH ROW EXECUTE FUNCTION public.campaign_stays_archived();
CREATE OR REPLACE TRIGGER campaign_stays_archived_state BEFORE UPDATE OF state, finished_at, account_id ON campaign
    FOR EACH ROW WHEN (
        (NEW.state, NEW.finished_at, NEW.account_id) IS DISTINCT FROM (OLD.state, OLD.finished_at,
        OLD.account_id)
    ) EXECUTE FUNCTION public.campaign_stays_archived();
