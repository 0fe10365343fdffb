-- Whoever notes an arrival enqueues the account's job as the transaction commits, so that people enter within a second.
-- One waiting job is enough for any number of arrivals. A job that is still waiting here may begin before this commit
-- is visible: so it first takes the lock that is shared here, and with it waits for every commit that counts on it. The
-- trigger is deferred because only then both the lock and a new job's key are held for no longer than the commit.

CREATE OR REPLACE FUNCTION public.automations_woken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    key text := concat('automations:', NEW.account_id);
    mark text := concat('/', NEW.account_id, '/');
BEGIN
    IF position(mark IN coalesce(current_setting('mailflatrate.automations_woken', true), '')) > 0 THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('mailflatrate.automations_woken',
        concat(current_setting('mailflatrate.automations_woken', true), mark), true);
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(key, 0));
    IF EXISTS (SELECT 1 FROM public.procrastinate_jobs WHERE queueing_lock = key AND status = 'todo')
        OR NOT EXISTS (SELECT 1 FROM public.automation WHERE account_id = NEW.account_id AND state = 'active')
    THEN
        RETURN NULL;
    END IF;
    BEGIN
        PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('plan', 'automations.advance', 0, key, key,
            jsonb_build_object('account_id', NEW.account_id), NULL)::public.procrastinate_job_to_defer_v1]);
    EXCEPTION WHEN unique_violation THEN
        NULL; -- enqueued elsewhere at the same moment
    END;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS zz_automations_woken ON automation_arrival;
CREATE CONSTRAINT TRIGGER zz_automations_woken AFTER INSERT ON automation_arrival DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.automations_woken();
