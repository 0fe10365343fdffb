-- Tables without an account whose rows only the application's own code may write, whatever SQL somebody else runs (ADR
-- 0010). Workers run a job in the queue as if the application had asked for it, and a counter that is set back opens
-- its limit again. Neither table has an account to compare with, so the triggers ask for a pass. Foreign keys that
-- cascade run as the owner of the table. An account may delete its own waiting jobs and nothing else: with a key or a
-- lock of its choice a new row could hold up the jobs of others.

CREATE OR REPLACE FUNCTION public.job_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    owner text;
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_platform', 'mailflatrate_eraser', 'mailflatrate_limited')
        AND NOT public.job_open() AND NOT public.platform_open()
    THEN
        IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'procrastinate_jobs' THEN
            owner := to_jsonb(OLD) #>> '{args,account_id}';
        ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'procrastinate_events' THEN
            owner := (SELECT j.args ->> 'account_id' FROM public.procrastinate_jobs j
                WHERE j.id = (to_jsonb(OLD) ->> 'job_id')::bigint);
        END IF;
        IF owner IS NULL OR owner IS DISTINCT FROM current_setting('mailflatrate.account_id', true)
            OR NOT public.account_open()
        THEN
            RAISE EXCEPTION '% of % needs a pass', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER aa_job_held BEFORE INSERT OR UPDATE OR DELETE ON procrastinate_jobs
    FOR EACH ROW EXECUTE FUNCTION public.job_held();
CREATE OR REPLACE TRIGGER aa_job_held BEFORE UPDATE OR DELETE ON procrastinate_events
    FOR EACH ROW EXECUTE FUNCTION public.job_held();
CREATE OR REPLACE TRIGGER aa_job_held BEFORE INSERT OR UPDATE OR DELETE ON procrastinate_periodic_defers
    FOR EACH ROW EXECUTE FUNCTION public.job_held();
CREATE OR REPLACE TRIGGER aa_job_held BEFORE INSERT OR UPDATE OR DELETE ON procrastinate_workers
    FOR EACH ROW EXECUTE FUNCTION public.job_held();
CREATE OR REPLACE TRIGGER aa_job_held BEFORE INSERT OR UPDATE OR DELETE ON worker_process
    FOR EACH ROW EXECUTE FUNCTION public.job_held();

CREATE OR REPLACE FUNCTION public.platform_held() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_user IN ('mailflatrate_app', 'mailflatrate_platform', 'mailflatrate_eraser', 'mailflatrate_limited')
        AND NOT public.platform_open()
    THEN
        RAISE EXCEPTION '% of % needs a pass', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER aa_kept BEFORE DELETE ON signup_counter FOR EACH ROW EXECUTE FUNCTION public.platform_held();
CREATE OR REPLACE TRIGGER aa_grows BEFORE UPDATE ON signup_counter
    FOR EACH ROW WHEN (NEW.count < OLD.count) EXECUTE FUNCTION public.platform_held();
CREATE OR REPLACE TRIGGER aa_kept BEFORE DELETE ON confirmation_mark
    FOR EACH ROW EXECUTE FUNCTION public.platform_held();
