-- Lock two for automations: who may be under way in one at all. Whatever inserts enrolments meets this trigger: the
-- automation belongs to the list, the version is released, and each person has a consent event for that list on which
-- their confirmed subscription rests, and is suppressed nowhere. The rows are read as a set.

CREATE OR REPLACE FUNCTION public.enrolment_needs_consent() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hole text;
BEGIN
    EXECUTE $check$
        SELECT format('contact %s may not enter automation %s', n.contact_id, n.automation_id)
        FROM new_rows n
        LEFT JOIN public.automation a ON a.id = n.automation_id AND a.account_id = n.account_id
            AND a.mailing_list_id = n.mailing_list_id AND a.state IN ('active', 'paused')
        LEFT JOIN public.automation_version v ON v.id = n.version_id AND v.account_id = n.account_id
            AND v.automation_id = n.automation_id AND v.state IN ('current', 'finishing')
        LEFT JOIN public.subscription s ON s.account_id = n.account_id AND s.mailing_list_id = n.mailing_list_id
            AND s.contact_id = n.contact_id AND s.consent_event_id = n.consent_event_id AND {{is_confirmed(s.state)}}
        LEFT JOIN public.consent_event e ON e.id = n.consent_event_id AND e.account_id = n.account_id
            AND e.contact_id = n.contact_id AND e.mailing_list_id = n.mailing_list_id
            AND e.kind IN ('confirmed', 'imported')
        LEFT JOIN public.contact c ON c.id = n.contact_id AND c.account_id = n.account_id
        {{suppression_joins(n.account_id, c.address_key)}}
        WHERE a.id IS NULL OR v.id IS NULL OR s.id IS NULL OR e.id IS NULL OR c.id IS NULL
            OR own.id IS NOT NULL OR everywhere.id IS NOT NULL OR n.state <> 'active'
        LIMIT 1
    $check$ INTO hole;
    IF hole IS NOT NULL THEN
        RAISE EXCEPTION 'no enrolment without consent: %', hole USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enrolment_needs_consent AFTER INSERT ON enrolment REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.enrolment_needs_consent();

-- The person of an enrolment never changes, and one that ended stays ended. A person who confirms again continues with
-- the new consent event, and moves to the current version of the same automation only.
CREATE OR REPLACE FUNCTION public.enrolment_keeps_its_basis() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.account_id, NEW.automation_id, NEW.contact_id, NEW.mailing_list_id, NEW.run)
        IS DISTINCT FROM (OLD.account_id, OLD.automation_id, OLD.contact_id, OLD.mailing_list_id, OLD.run)
        OR OLD.state <> 'active'
        OR NEW.version_id <> OLD.version_id AND NOT EXISTS (
            SELECT 1 FROM public.automation_version v
            WHERE v.id = NEW.version_id AND v.account_id = NEW.account_id AND v.automation_id = NEW.automation_id
                AND v.state = 'current')
        OR NEW.consent_event_id <> OLD.consent_event_id AND NOT EXISTS (
            SELECT 1 FROM public.subscription s
            WHERE s.account_id = NEW.account_id AND s.mailing_list_id = NEW.mailing_list_id
                AND s.contact_id = NEW.contact_id AND s.consent_event_id = NEW.consent_event_id
                AND {{is_confirmed(s.state)}})
    THEN
        RAISE EXCEPTION 'what an enrolment rests on never changes, and one that ended stays ended'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER enrolment_keeps_its_basis BEFORE UPDATE ON enrolment
    FOR EACH ROW WHEN (
        (NEW.account_id, NEW.automation_id, NEW.version_id, NEW.contact_id, NEW.mailing_list_id, NEW.consent_event_id,
            NEW.run)
            IS DISTINCT FROM (OLD.account_id, OLD.automation_id, OLD.version_id, OLD.contact_id, OLD.mailing_list_id,
            OLD.consent_event_id, OLD.run)
        OR OLD.state <> 'active'
    ) EXECUTE FUNCTION public.enrolment_keeps_its_basis();

CREATE OR REPLACE TRIGGER passage_kept BEFORE UPDATE ON enrolment_passage
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
