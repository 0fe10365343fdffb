-- What the planner knows of the tables that grow by whole lists and campaigns. Only a table's owner may analyze it, so
-- a function of the owner does, for these tables alone.

CREATE OR REPLACE FUNCTION public.refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    grown text;
BEGIN
    FOR grown IN SELECT c.relname FROM pg_class c
        WHERE c.oid IN ('public.contact'::regclass, 'public.subscription'::regclass, 'public.suppression'::regclass,
            'public.last_mailing'::regclass, 'public.delivery'::regclass, 'public.chunk'::regclass)
          AND pg_relation_size(c.oid) / current_setting('block_size')::int > 1.1 * greatest(c.relpages, 0) + 8
    LOOP
        BEGIN
            EXECUTE format('ANALYZE public.%I', grown);
        EXCEPTION WHEN lock_not_available THEN
            NULL;  -- somebody analyses it at this moment
        END;
    END LOOP;
END $$;
