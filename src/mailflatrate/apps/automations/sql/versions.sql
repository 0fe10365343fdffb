-- A released version stays as it is, with its steps: its hash is what the policy was ticked for. It becomes current
-- only when the gate allowed every message in it, each with the edition that its step names.

-- An erasure takes a person's address out of what is frozen (R-94): only the placeholder comes in its place, so nobody
-- can change whom a condition means.
CREATE OR REPLACE FUNCTION public.only_addresses_erased(before jsonb, after jsonb) RETURNS boolean LANGUAGE sql
IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT regexp_replace(before::text, '[^\s"\\]+@[^\s"\\]+', '@', 'g')
            = regexp_replace(after::text, '[^\s"\\]+@[^\s"\\]+', '@', 'g')
        AND NOT EXISTS (
            SELECT 1 FROM regexp_matches(before::text, '[^\s"\\]+@[^\s"\\]+', 'g') WITH ORDINALITY b (said, place)
            JOIN regexp_matches(after::text, '[^\s"\\]+@[^\s"\\]+', 'g') WITH ORDINALITY a (said, place) USING (place)
            WHERE a.said[1] <> b.said[1] AND strpos(a.said[1], 'erased@example.invalid') = 0)
$$;

CREATE OR REPLACE FUNCTION public.automation_version_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hole text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a version begins as a draft' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'releasing'), ('releasing', 'draft'), ('releasing', 'current'), ('current', 'finishing'),
        ('current', 'over'), ('finishing', 'over'))
    THEN
        RAISE EXCEPTION 'no version goes from % to %', OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.account_id, NEW.automation_id, NEW.number) IS DISTINCT FROM (OLD.account_id, OLD.automation_id, OLD.number)
        OR OLD.state IN ('current', 'finishing', 'over') AND (
            (NEW.content_hash, NEW.policy_hash, NEW.policy_ticked_at, NEW.released_at)
            IS DISTINCT FROM (OLD.content_hash, OLD.policy_hash, OLD.policy_ticked_at, OLD.released_at)
            OR NEW.graph <> OLD.graph AND NOT public.only_addresses_erased(OLD.graph, NEW.graph))
        OR OLD.state = 'releasing' AND NEW.state <> 'draft' AND (
            NEW.graph <> OLD.graph AND NOT public.only_addresses_erased(OLD.graph, NEW.graph)
            OR (NEW.content_hash, NEW.policy_hash) <> (OLD.content_hash, OLD.policy_hash))
    THEN
        RAISE EXCEPTION 'a released version stays as it is' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'current' AND OLD.state <> 'current' THEN
        SELECT format('the message of step %s is not released', t.key) INTO hole
        FROM public.automation_step t
        LEFT JOIN public.campaign c ON c.id = t.campaign_id AND c.account_id = NEW.account_id
            AND c.automation_id = NEW.automation_id AND c.state IN {{campaign_states(UNFINISHED)}}
        LEFT JOIN public.edition e ON e.id = t.edition_id AND e.account_id = NEW.account_id
            AND e.campaign_id = t.campaign_id AND e.content_hash = c.policy_hash
        LEFT JOIN public.gate_decision g ON g.id = t.decision_id AND g.account_id = NEW.account_id
            AND g.campaign_id = t.campaign_id AND g.edition_id = t.edition_id AND g.chain = 'campaign' AND g.allowed
        WHERE t.version_id = NEW.id AND t.kind = 'send' AND (c.id IS NULL OR e.id IS NULL OR g.id IS NULL)
        LIMIT 1;
        IF hole IS NOT NULL THEN
            RAISE EXCEPTION 'this version is not released: %', hole USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER automation_version_frozen BEFORE INSERT OR UPDATE ON automation_version
    FOR EACH ROW EXECUTE FUNCTION public.automation_version_frozen();

CREATE OR REPLACE FUNCTION public.automation_step_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_version bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'parameters' = to_jsonb(OLD) - 'parameters'
        AND public.only_addresses_erased(OLD.parameters, NEW.parameters)
    THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.automation_version v WHERE v.id = of_version AND v.state NOT IN ('draft', 'releasing'))
    THEN
        RAISE EXCEPTION 'the steps of a released version stay as they are' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER automation_step_frozen BEFORE INSERT OR UPDATE OR DELETE ON automation_step
    FOR EACH ROW EXECUTE FUNCTION public.automation_step_frozen();
