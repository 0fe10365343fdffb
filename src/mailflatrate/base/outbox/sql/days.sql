-- The outbox has a partition for each day, so that what is too old goes without a row being deleted (ADR 0047). Only
-- the owner makes and drops partitions: these functions do it for a job with the platform's pass. Nobody has rights on
-- a partition: it is reached through its parent and its policies only.

-- Make partitions for the days after today that have none. Today's may already have rows elsewhere.
CREATE OR REPLACE FUNCTION public.open_outbox_days(ahead integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' SET timezone = 'UTC' AS $$
DECLARE
    one date;
    name text;
    made integer := 0;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the outbox needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR one IN SELECT generate_series(current_date + 1, current_date + least(ahead, 30), interval '1 day')::date LOOP
        name := 'outbox_event_' || to_char(one, 'YYYY_MM_DD');
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL
            OR EXISTS (SELECT 1 FROM public.outbox_event_other WHERE at >= one AND at < one + 1);
        EXECUTE format('CREATE TABLE public.%I (LIKE public.outbox_event
            INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('REVOKE ALL ON public.%I
            FROM PUBLIC, mailflatrate_app, mailflatrate_platform, mailflatrate_eraser', name);
        EXECUTE format('ALTER TABLE public.outbox_event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            name, one::timestamptz, (one + 1)::timestamptz);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Drop the days that ended so many days ago, never a younger one than is promised. A restored database may have events
-- of transactions that its server hasn't begun: they would lie ahead of all readers, so they go too.
CREATE OR REPLACE FUNCTION public.drop_outbox_days(days integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' SET timezone = 'UTC' AS $$
DECLARE
    name text;
    until date := current_date - greatest(days, 30);
    dropped integer := 0;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'the outbox needs a pass' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.outbox_event'::regclass AND c.relname ~ '^outbox_event_\d{4}_\d\d_\d\d$'
            AND to_date(right(c.relname, 10), 'YYYY_MM_DD') < until ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM public.outbox_event_other
        WHERE at < until OR xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    RETURN dropped;
END $$;
