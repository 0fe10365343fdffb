-- Whatever inserts a decision, under whatever role: nothing is let out that no rule was asked about, or that a rule
-- blocks. And only the gate says what the rules found about a campaign or a transactional message, because other SQL
-- could write that all passed.
-- Decisions stay; the database deletes the refusals of a draft with the draft, and a permit never.

CREATE OR REPLACE FUNCTION public.gate_decision_honest() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.allowed AND NEW.chain IN ('campaign', 'contract') AND NOT public.decision_open() THEN
        RAISE EXCEPTION 'only the gate lets a campaign out' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.allowed AND (jsonb_array_length(NEW.findings) = 0
        OR jsonb_path_exists(NEW.findings, '$[*] ? (@.passed == false && @.severity == "block")')) THEN
        RAISE EXCEPTION 'a rule blocks this decision' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER gate_decision_honest BEFORE INSERT ON gate_decision
    FOR EACH ROW EXECUTE FUNCTION public.gate_decision_honest();

CREATE OR REPLACE TRIGGER gate_decision_append_only BEFORE UPDATE ON gate_decision
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER gate_permit_kept BEFORE DELETE ON gate_decision
    FOR EACH ROW WHEN (OLD.allowed) EXECUTE FUNCTION public.refuse_change();
