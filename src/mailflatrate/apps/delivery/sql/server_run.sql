-- The server's run (ADR 0093). Its table is unlogged, so it is empty after a crash and in a promoted replica: then a
-- new run begins, and marks of the one before may lack what had not reached the disk. A hold begins anew, too: in a
-- copy of its database, hosts may have sent since they reported (ADR 0093).

CREATE OR REPLACE FUNCTION public.server_run() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    known uuid;
BEGIN
    SELECT run INTO known FROM public.server_run WHERE id = 1;
    IF known IS NULL THEN
        INSERT INTO public.server_run (id, run) VALUES (1, gen_random_uuid()) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            UPDATE public.sending_fence SET held_at = now() WHERE held_at IS NOT NULL AND cause <> 'paused';
            IF FOUND THEN
                UPDATE public.withdrawals_place SET replayed_at = NULL;
            END IF;
        END IF;
        SELECT run INTO known FROM public.server_run WHERE id = 1;
    END IF;
    RETURN known;
END $$;
