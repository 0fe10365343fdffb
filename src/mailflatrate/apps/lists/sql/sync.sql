-- Which contacts changed, written as runs of neighboring ids, so that a slice of an import is one row and not
-- thousands. It is only ever added to: no statement waits for another because of it.

CREATE OR REPLACE FUNCTION public.contact_touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO public.contact_touch (account_id, first_id, last_id, is_gone, xid, oldest, at)
        VALUES (NEW.account_id, NEW.id, NEW.id, false, pg_current_xact_id()::text::bigint,
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint, clock_timestamp());
    ELSE
        INSERT INTO public.contact_touch (account_id, first_id, last_id, is_gone, xid, oldest, at)
        SELECT account_id, min(id), max(id), TG_OP = 'DELETE', pg_current_xact_id()::text::bigint,
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint, clock_timestamp()
        FROM (SELECT account_id, id, id - row_number() OVER (PARTITION BY account_id ORDER BY id) AS run
            FROM touched) runs
        GROUP BY account_id, run;
    END IF;
    RETURN NULL;
END $$;

-- A subscription or a tag of a contact came, changed or went.
CREATE OR REPLACE FUNCTION public.contact_row_touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.contact_touch (account_id, first_id, last_id, is_gone, xid, oldest, at)
    SELECT account_id, min(id), max(id), false, pg_current_xact_id()::text::bigint,
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint, clock_timestamp()
    FROM (SELECT account_id, contact_id AS id,
            contact_id - dense_rank() OVER (PARTITION BY account_id ORDER BY contact_id) AS run FROM touched) runs
    GROUP BY account_id, run;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_touched_new AFTER INSERT ON contact REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_touched();
CREATE OR REPLACE TRIGGER zz_touched_gone AFTER DELETE ON contact REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_touched();
CREATE OR REPLACE TRIGGER zz_touched_itself AFTER UPDATE OF email, first_name, last_name, attributes, external_id
    ON contact FOR EACH ROW WHEN (
        (OLD.email, OLD.first_name, OLD.last_name, OLD.attributes, OLD.external_id) IS DISTINCT FROM
        (NEW.email, NEW.first_name, NEW.last_name, NEW.attributes, NEW.external_id)
    ) EXECUTE FUNCTION public.contact_touched();
CREATE OR REPLACE TRIGGER zz_touched_in AFTER INSERT ON subscription REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_row_touched();
CREATE OR REPLACE TRIGGER zz_touched_over AFTER UPDATE ON subscription REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_row_touched();
CREATE OR REPLACE TRIGGER zz_touched_out AFTER DELETE ON subscription REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_row_touched();
CREATE OR REPLACE TRIGGER zz_touched_in AFTER INSERT ON contact_tag REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_row_touched();
CREATE OR REPLACE TRIGGER zz_touched_out AFTER DELETE ON contact_tag REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION public.contact_row_touched();
