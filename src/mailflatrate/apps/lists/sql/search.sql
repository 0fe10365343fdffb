-- The text that the search for people reads, and what of it is not written yet.

CREATE OR REPLACE FUNCTION public.contact_unsearched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.search_todo (account_id, first_id, last_id)
        SELECT account_id, min(id), max(id) FROM added GROUP BY 1;
    ELSE
        DELETE FROM public.contact_text WHERE contact_id = NEW.id;
        INSERT INTO public.search_todo (account_id, first_id, last_id) VALUES (NEW.account_id, NEW.id, NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_unsearched_new AFTER INSERT ON contact REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_unsearched();
CREATE OR REPLACE TRIGGER zz_unsearched_changed AFTER UPDATE OF email, first_name, last_name ON contact
    FOR EACH ROW WHEN (
        (OLD.email, OLD.first_name, OLD.last_name) IS DISTINCT FROM (NEW.email, NEW.first_name,
        NEW.last_name)
    ) EXECUTE FUNCTION public.contact_unsearched();

-- It runs as the owner, because row-level security would keep the index from being used; it asks for the account and
-- its pass as the policies do. The values are constants of the statement, and only bitmap scans are left to the
-- planner, since it thinks too well of the others where it does not know a text.
CREATE OR REPLACE FUNCTION public.contact_matches(patterns text[], most integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = 'off' SET enable_indexscan = 'off' AS $$
DECLARE
    mine bigint := nullif(current_setting('mailflatrate.account_id', true), '')::bigint;
    cap integer := least(most, 10000) + 1;
    alike text;
    found bigint[];
    more bigint[];
    unwritten record;
BEGIN
    IF mine IS NULL OR NOT public.account_open() OR to_regclass('public.contact_search') IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(format('said ILIKE %L', pattern), ' OR ') INTO alike FROM unnest(patterns[1:10]) pattern;
    EXECUTE format('SELECT array_agg(contact_id) FROM (SELECT contact_id FROM public.contact_text'
        ' WHERE account_id = %L::bigint AND (%s) LIMIT %L) found', mine, coalesce(alike, 'false'), cap) INTO found;
    found := coalesce(found, '{}');
    FOR unwritten IN SELECT first_id, last_id FROM public.search_todo WHERE account_id = mine LOOP
        EXIT WHEN cardinality(found) >= cap;
        EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM (SELECT id,'
            ' E''\n'' || email || E''\n'' || first_name || '' '' || last_name AS said FROM public.contact'
            ' WHERE account_id = %L::bigint AND id BETWEEN %L AND %L OFFSET 0) people WHERE %s LIMIT %L) found',
            mine, unwritten.first_id, unwritten.last_id, coalesce(alike, 'false'), cap) INTO more;
        found := found || coalesce(more, '{}');
    END LOOP;
    RETURN found;
END $$;
