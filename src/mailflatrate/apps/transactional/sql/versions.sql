-- What a reviewer read is what is sent (R-112): a version is frozen when it is submitted, only the desk decides about
-- it, and what it compiles to is kept as it was.

CREATE OR REPLACE FUNCTION public.template_version_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    review text[] :=
        '{state,submitted_by_id,submitted_at,hints,decided_by_id,decided_at,decision_reason,sender_id,edited_by_id}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'a submitted version is kept' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN OLD;
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.decided_at IS NOT NULL OR NEW.submitted_at IS NOT NULL THEN
            RAISE EXCEPTION 'a version begins as a draft' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.account_id, NEW.template_id, NEW.number, NEW.mailing_id)
        IS DISTINCT FROM (OLD.account_id, OLD.template_id, OLD.number, OLD.mailing_id)
        OR OLD.state <> 'draft' AND (to_jsonb(NEW) - review IS DISTINCT FROM to_jsonb(OLD) - review
            -- A sender or a person who is deleted leaves NULL behind.
            OR NEW.sender_id IS NOT NULL AND NEW.sender_id IS DISTINCT FROM OLD.sender_id
            OR NEW.edited_by_id IS NOT NULL AND NEW.edited_by_id IS DISTINCT FROM OLD.edited_by_id)
    THEN
        RAISE EXCEPTION 'a submitted version stays as it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state <> 'draft' AND NEW.state <> 'draft' AND (NEW.submitted_by_id, NEW.submitted_at, NEW.hints)
        IS DISTINCT FROM (OLD.submitted_by_id, OLD.submitted_at, OLD.hints)
    THEN
        RAISE EXCEPTION 'what was submitted stays as it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('draft', 'submitted'), ('submitted', 'draft'),
        ('submitted', 'approved'), ('submitted', 'returned'), ('approved', 'withdrawn'))
    THEN
        RAISE EXCEPTION 'no version goes from % to %', OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.state IN ('approved', 'returned', 'withdrawn') AND NEW.state <> OLD.state
        OR (NEW.decided_by_id, NEW.decided_at, NEW.decision_reason)
            IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.decision_reason))
        AND current_user <> 'mailflatrate_platform'
    THEN
        RAISE EXCEPTION 'only the desk decides about a version' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER template_version_guard BEFORE INSERT OR UPDATE OR DELETE ON template_version
    FOR EACH ROW EXECUTE FUNCTION public.template_version_guard();

CREATE OR REPLACE TRIGGER template_edition_kept BEFORE UPDATE ON template_edition
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE FUNCTION public.template_edition_of_approved() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.template_version v
        WHERE v.id = NEW.version_id AND v.account_id = NEW.account_id AND v.state = 'approved')
    THEN
        RAISE EXCEPTION 'only an approved version is compiled for sending' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER template_edition_of_approved BEFORE INSERT ON template_edition
    FOR EACH ROW EXECUTE FUNCTION public.template_edition_of_approved();
