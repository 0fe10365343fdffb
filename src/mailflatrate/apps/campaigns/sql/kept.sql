-- An edition is frozen, because its hash is what was approved and what recipients got. A comment is deleted, never
-- changed: its text may only be emptied, once. A count of fetched pages, or of questions to the language model, only
-- grows within its day: a limit that could be set back would be none.

CREATE OR REPLACE TRIGGER edition_frozen BEFORE UPDATE ON edition FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE FUNCTION public.comment_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a comment is deleted, never changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER comment_stays BEFORE UPDATE ON campaign_comment
    FOR EACH ROW WHEN (
        (NEW.account_id, NEW.campaign_id, NEW.author_id, NEW.written_at, NEW.about)
            IS DISTINCT FROM (OLD.account_id, OLD.campaign_id, OLD.author_id, OLD.written_at, OLD.about)
        OR NEW.text IS DISTINCT FROM OLD.text AND (NEW.text <> '' OR NEW.deleted_at IS NULL)
        OR OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS DISTINCT FROM OLD.deleted_at
    ) EXECUTE FUNCTION public.comment_stays();

CREATE OR REPLACE TRIGGER page_fetch_count_grows BEFORE UPDATE ON page_fetch_count
    FOR EACH ROW WHEN (OLD.fetched > NEW.fetched OR OLD.day <> NEW.day) EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER writing_help_grows BEFORE UPDATE ON writing_help
    FOR EACH ROW WHEN (
        OLD.day > NEW.day OR OLD.day = NEW.day AND OLD.used > NEW.used OR OLD.day IS NOT NULL AND NEW.day IS NULL
    ) EXECUTE FUNCTION public.refuse_change();
