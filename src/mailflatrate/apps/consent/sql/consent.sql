-- The consent ledger is append-only (ARCHITECTURE section 7): events and their seals never change and never go; of the
-- personal half only deletion is left, to one role. The key that signs seals stays what it is, and a retired one stays
-- retired.

CREATE OR REPLACE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON consent_event
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER consent_evidence_frozen BEFORE UPDATE ON consent_evidence
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER consent_seal_append_only BEFORE UPDATE OR DELETE ON consent_seal
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER consent_stamp_append_only BEFORE UPDATE OR DELETE ON consent_stamp
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE OR REPLACE TRIGGER signing_key_is_kept BEFORE DELETE ON signing_key
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER signing_key_stays BEFORE UPDATE ON signing_key
    FOR EACH ROW WHEN (
        (OLD.public_key, OLD.private_sealed, OLD.created_at)
        IS DISTINCT FROM (NEW.public_key, NEW.private_sealed, NEW.created_at)
    ) EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER signing_key_stays_retired BEFORE UPDATE ON signing_key
    FOR EACH ROW WHEN (OLD.retired_at IS NOT NULL) EXECUTE FUNCTION public.refuse_change();
