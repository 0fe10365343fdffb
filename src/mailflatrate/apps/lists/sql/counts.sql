-- The size of each list by state, kept by the database in rows that only add up, so that no page counts a million
-- subscriptions and no two transactions wait for one counter.

CREATE OR REPLACE FUNCTION public.subscription_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, count(*) FROM added GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, -count(*) FROM removed GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO public.list_tally (account_id, mailing_list_id, state, people)
        SELECT account_id, mailing_list_id, state, sum(people) FROM (
            SELECT account_id, mailing_list_id, state, 1 AS people FROM added
            UNION ALL SELECT account_id, mailing_list_id, state, -1 FROM removed) changed
        GROUP BY 1, 2, 3 HAVING sum(people) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_counted_in AFTER INSERT ON subscription REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
CREATE OR REPLACE TRIGGER zz_counted_out AFTER DELETE ON subscription REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
CREATE OR REPLACE TRIGGER zz_counted_over AFTER UPDATE ON subscription
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.subscription_counted();
