-- A webhook's job is enqueued in the transaction of the change, so it begins as soon as that is committed (ADR 0047).
-- One job for each transaction and endpoint: the job takes all that it finds. It runs as the owner, because a change
-- is made in many scopes. Slow endpoints share a few locks, so that others are served beside them. contact_touch has no
-- such trigger: each row of a bulk change would pay for it.

CREATE OR REPLACE FUNCTION public.webhooks_woken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one record;
    mark text;
BEGIN
    FOR one IN
        SELECT DISTINCT e.id, e.account_id, e.is_slow FROM (
            SELECT DISTINCT account_id, type,
                CASE WHEN type = 'automation.step' THEN (payload ->> 'webhook_id')::bigint END AS endpoint_id
            FROM added) a
        JOIN public.webhook_endpoint e ON e.account_id = a.account_id
        WHERE e.state = 'active' AND (e.paused_until IS NULL OR e.paused_until <= clock_timestamp())
            AND CASE WHEN a.endpoint_id IS NOT NULL THEN e.id = a.endpoint_id
                ELSE cardinality(e.types) = 0 OR a.type = ANY (e.types) END
    LOOP
        mark := concat('/', one.id, '/');
        IF position(mark IN coalesce(current_setting('mailflatrate.webhooks_woken', true), '')) = 0 THEN
            PERFORM set_config('mailflatrate.webhooks_woken',
                concat(current_setting('mailflatrate.webhooks_woken', true), mark), true);
            PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('webhook', 'events.deliver', 0,
                CASE WHEN one.is_slow THEN concat('webhooks-slow-', one.id % {{slow_webhooks_at_once()}})
                    ELSE concat('webhook-', one.id) END, NULL,
                jsonb_build_object('account_id', one.account_id, 'endpoint_id', one.id, 'is_slow', one.is_slow), NULL
            )::public.procrastinate_job_to_defer_v1]);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_webhooks_woken AFTER INSERT ON outbox_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.webhooks_woken();
