-- The orders of the contact list that an index of a field's values serves.

CREATE OR REPLACE FUNCTION public.contact_unsorted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.sort_key k USING gone WHERE k.contact_id = gone.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_unsorted AFTER DELETE ON contact REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_unsorted();

-- The index of a field of the current account: its id, when it was last wanted, and the ids of the contacts whose rows
-- in it may be outdated. The id is null if the index is behind by more than `most` contacts; there is no answer if it
-- isn't built, is of another type, or comes from a backup. Members who see only some lists have no right to read what
-- changed, so the owner reads it; they learn ids only.
CREATE OR REPLACE FUNCTION public.sort_index_state(wanted_field bigint, wanted_type text, most integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine bigint := nullif(current_setting('mailflatrate.account_id', true), '')::bigint;
    built record;
    changed int8multirange;
    people bigint;
BEGIN
    IF mine IS NULL OR NOT (public.account_open() OR public.limited_open()) THEN
        RETURN NULL;
    END IF;
    SELECT s.id, s.read_to, s.wanted_at INTO built FROM public.sort_index s
    WHERE s.account_id = mine AND s.field_id = wanted_field AND s.type = wanted_type AND s.built_at IS NOT NULL
      AND s.read_to <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}'), coalesce(sum(last_id - first_id + 1), 0)
    INTO changed, people FROM public.contact_touch t WHERE t.account_id = mine AND t.xid >= built.read_to;
    RETURN jsonb_build_object('index', CASE WHEN people <= most THEN built.id END, 'wanted_at', built.wanted_at,
        'changed', CASE WHEN people <= most THEN changed::text END);
END $$;
