-- Papers, strikes and API keys stay what they were when somebody relied on them: agreements and what was accepted, a
-- frozen imprint, what a strike was given for, and a key, which can be revoked but never changed or brought back.

CREATE OR REPLACE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON agreement_document
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER acceptance_append_only BEFORE UPDATE OR DELETE ON acceptance
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER acknowledgement_kept BEFORE UPDATE OR DELETE ON acknowledgement
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER imprint_frozen BEFORE UPDATE ON imprint FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER strike_kept BEFORE DELETE ON strike FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER strike_fixed BEFORE UPDATE ON strike
    FOR EACH ROW WHEN (
        (OLD.reason_code, OLD.text, OLD.evidence, OLD.given_by_id, OLD.given_at, OLD.ends_at)
        IS DISTINCT FROM (NEW.reason_code, NEW.text, NEW.evidence, NEW.given_by_id, NEW.given_at, NEW.ends_at)
    ) EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER api_key_kept BEFORE DELETE ON api_key FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER api_key_as_made BEFORE UPDATE ON api_key
    FOR EACH ROW WHEN (
        (OLD.account_id, OLD.prefix, OLD.secret_hash, OLD.scopes, OLD.form_ids, OLD.daily_asks, OLD.networks,
            OLD.created_by_id, OLD.created_at, OLD.expires_at)
        IS DISTINCT FROM (NEW.account_id, NEW.prefix, NEW.secret_hash, NEW.scopes, NEW.form_ids, NEW.daily_asks,
            NEW.networks, NEW.created_by_id, NEW.created_at, NEW.expires_at)
    ) EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER api_key_stays_revoked BEFORE UPDATE ON api_key
    FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) EXECUTE FUNCTION public.refuse_change();
