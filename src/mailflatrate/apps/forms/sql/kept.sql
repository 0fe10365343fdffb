-- A published version of a form is frozen, because consent names its wording. Tallies of confirmation messages only
-- grow: a limit that could be set back would be none.

CREATE OR REPLACE TRIGGER form_version_frozen BEFORE UPDATE OR DELETE ON form_version
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER landing_version_frozen BEFORE UPDATE OR DELETE ON landing_version
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER asking_tally_grows BEFORE UPDATE ON asking_tally
    FOR EACH ROW WHEN (
        OLD.asked > NEW.asked OR OLD.confirmed > NEW.confirmed OR OLD.denied > NEW.denied OR OLD.unknown >
        NEW.unknown OR OLD.at_stands > NEW.at_stands
    ) EXECUTE FUNCTION public.refuse_change();
