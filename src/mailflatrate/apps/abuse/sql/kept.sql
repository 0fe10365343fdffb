-- What happened in a case stays as it happened. A case may be joined to another one, and may learn later whose message
-- it is about; an open case is never deleted.

CREATE OR REPLACE TRIGGER abuse_case_kept BEFORE DELETE ON abuse_case
    FOR EACH ROW WHEN (OLD.closed_at IS NULL) EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER case_event_fixed BEFORE UPDATE ON case_event
    FOR EACH ROW WHEN (
        (OLD.kind, OLD.actor_id, OLD.actor_name, OLD.text, OLD.details, OLD.at)
        IS DISTINCT FROM (NEW.kind, NEW.actor_id, NEW.actor_name, NEW.text, NEW.details, NEW.at)
    ) EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER case_question_fixed BEFORE UPDATE ON case_question
    FOR EACH ROW WHEN (
        (OLD.reference, OLD.text, OLD.asked_at, OLD.contact_id)
        IS DISTINCT FROM (NEW.reference, NEW.text, NEW.asked_at, NEW.contact_id)
    ) EXECUTE FUNCTION public.refuse_change();
CREATE OR REPLACE TRIGGER case_answer_fixed BEFORE UPDATE ON case_answer
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
