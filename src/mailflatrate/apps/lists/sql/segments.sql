-- The version before writes only the list of conditions: its change replaces the tree that this version reads.
CREATE OR REPLACE FUNCTION public.segment_tree_is_current() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.tree := NULL;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER segment_tree_is_current BEFORE UPDATE OF conditions ON segment
    FOR EACH ROW WHEN (
        NEW.conditions IS DISTINCT FROM OLD.conditions AND NEW.tree IS NOT DISTINCT FROM OLD.tree
    ) EXECUTE FUNCTION public.segment_tree_is_current();
