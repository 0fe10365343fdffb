-- R-21: a role address belongs to nobody, so whatever inserts a contact is refused one (ADR 0006). The law is in
-- `rules.addresses`; role_word holds the plain words of it, filled by each `migrate`. R-24: a contact keeps the address
-- that it came with, because consent belongs to it; another address is another contact, who was asked.

CREATE OR REPLACE FUNCTION public.is_refused_role(email text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT 1 FROM public.role_word w
        WHERE w.word = btrim(lower(split_part(split_part(email, '@', 1), '+', 1)), '0123456789._-')
    )
$$;

-- Inserted rows are read as a set, by a join: an import inserts a million, a sign-up one.
CREATE OR REPLACE FUNCTION public.contact_is_no_role() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    role text;
BEGIN
    SELECT n.email INTO role FROM new_rows n WHERE EXISTS (
        SELECT 1 FROM public.role_word w
        WHERE w.word = btrim(lower(split_part(split_part(n.email, '@', 1), '+', 1)), '0123456789._-')
    ) LIMIT 1;
    IF role IS NOT NULL THEN
        RAISE EXCEPTION 'a role address is nobody''s: %', split_part(role, '@', 1) USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER contact_is_no_role AFTER INSERT ON contact REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_is_no_role();

CREATE OR REPLACE FUNCTION public.contact_becomes_no_role() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a role address is nobody''s: %', split_part(NEW.email, '@', 1) USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER contact_becomes_no_role BEFORE UPDATE OF email ON contact
    FOR EACH ROW WHEN (
        NEW.email IS DISTINCT FROM OLD.email AND public.is_refused_role(NEW.email)
    ) EXECUTE FUNCTION public.contact_becomes_no_role();

CREATE OR REPLACE FUNCTION public.contact_keeps_its_address() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a contact keeps its address' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER contact_keeps_its_address BEFORE UPDATE OF email, address_key ON contact
    FOR EACH ROW WHEN (
        (NEW.email, NEW.address_key) IS DISTINCT FROM (OLD.email, OLD.address_key)
    ) EXECUTE FUNCTION public.contact_keeps_its_address();
