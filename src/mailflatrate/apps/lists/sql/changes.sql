-- How a contact's fields and tags changed, for the contact's page and for the person who asks. Triggers write it, so
-- that no way of changing a contact can leave it out; the code says who changes it (apps/lists/changes.py).

CREATE OR REPLACE FUNCTION public.contact_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    author jsonb := coalesce(nullif(current_setting('mailflatrate.changed_by', true), ''), '{}')::jsonb;
BEGIN
    IF author ->> 'source' = 'conversion' THEN
        RETURN NULL; -- the same values in another type
    END IF;
    INSERT INTO public.contact_change (account_id, contact_id, kind, values, source, user_id, reference)
    SELECT NEW.account_id, NEW.id, 'fields', jsonb_object_agg(key, jsonb_build_array(was, becomes)),
        coalesce(author ->> 'source', 'system'), (author ->> 'user')::bigint, coalesce(author ->> 'reference', '')
    FROM (
        SELECT 'first_name' AS key, to_jsonb(OLD.first_name) AS was, to_jsonb(NEW.first_name) AS becomes
        UNION ALL SELECT 'last_name', to_jsonb(OLD.last_name), to_jsonb(NEW.last_name)
        -- An import's own event says what it brought to people who had none.
        UNION ALL SELECT 'external-id', to_jsonb(OLD.external_id), to_jsonb(NEW.external_id)
        WHERE OLD.external_id IS NOT NULL OR author ->> 'source' IS DISTINCT FROM 'import'
        UNION ALL SELECT key, OLD.attributes -> key, NEW.attributes -> key
        FROM (SELECT jsonb_object_keys(OLD.attributes) UNION SELECT jsonb_object_keys(NEW.attributes)) known(key)
    ) each WHERE was IS DISTINCT FROM becomes
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_changed AFTER UPDATE OF first_name, last_name, attributes, external_id ON contact
    FOR EACH ROW WHEN (
        (OLD.first_name, OLD.last_name, OLD.attributes, OLD.external_id) IS DISTINCT FROM (NEW.first_name,
        NEW.last_name, NEW.attributes, NEW.external_id)
    ) EXECUTE FUNCTION public.contact_changed();

-- An import's own event says what it brought; a tag taken with its contact is nobody's any longer.
CREATE OR REPLACE FUNCTION public.contact_tagged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    author jsonb := coalesce(nullif(current_setting('mailflatrate.changed_by', true), ''), '{}')::jsonb;
BEGIN
    IF author ->> 'source' = 'import' THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.contact_change (account_id, contact_id, kind, values, source, user_id, reference)
    SELECT touched.account_id, touched.contact_id, 'tags', jsonb_object_agg(t.name, TG_OP = 'INSERT'),
        coalesce(author ->> 'source', 'system'), (author ->> 'user')::bigint, coalesce(author ->> 'reference', '')
    FROM touched JOIN public.tag t ON t.id = touched.tag_id AND t.account_id = touched.account_id
    JOIN public.contact c ON c.id = touched.contact_id AND c.account_id = touched.account_id
    GROUP BY 1, 2;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_tagged AFTER INSERT ON contact_tag REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_tagged();
CREATE OR REPLACE TRIGGER zz_untagged AFTER DELETE ON contact_tag REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_tagged();
