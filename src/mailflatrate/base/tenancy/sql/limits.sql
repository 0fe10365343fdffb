-- What the policies of members ask who see only some lists (ADR 0048).

-- The lists of the member whose pass the session shows, as they are now; NULL, which equals nothing, for others. The
-- owner of the table reads them: a session cannot widen its limit, and a narrower one counts with the next statement.
CREATE OR REPLACE FUNCTION public.limited_lists() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER
PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT public.limited_open() THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT m.list_ids FROM public.membership m
        WHERE m.account_id = nullif(current_setting('mailflatrate.account_id', true), '')::bigint
          AND m.user_id = nullif(current_setting('mailflatrate.member', true), '')::bigint);
END $$;

-- Whether a contact is on a list that the member doesn't see. True for contacts that the member doesn't see either.
CREATE OR REPLACE FUNCTION public.is_on_other_lists(who bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine bigint[] := public.limited_lists();
BEGIN
    RETURN mine IS NULL OR NOT EXISTS (
        SELECT 1 FROM public.subscription s
        WHERE s.account_id = nullif(current_setting('mailflatrate.account_id', true), '')::bigint
          AND s.contact_id = who AND s.mailing_list_id = ANY (mine)
    ) OR EXISTS (
        SELECT 1 FROM public.subscription s
        WHERE s.account_id = nullif(current_setting('mailflatrate.account_id', true), '')::bigint
          AND s.contact_id = who AND s.mailing_list_id <> ALL (mine)
    );
END $$;
