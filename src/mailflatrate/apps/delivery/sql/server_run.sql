-- The server's run (ADR 0093). Its table is unlogged, so it is empty after a crash and in a promoted replica: then a
-- new run begins, and marks of the one before may lack what had not reached the disk.

CREATE OR REPLACE FUNCTION public.server_run() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found uuid;
BEGIN
    SELECT run INTO found FROM public.server_run WHERE id = 1;
    IF found IS NULL THEN
        INSERT INTO public.server_run (id, run) VALUES (1, gen_random_uuid()) ON CONFLICT DO NOTHING;
        SELECT run INTO found FROM public.server_run WHERE id = 1;
    END IF;
    RETURN found;
END $$;
