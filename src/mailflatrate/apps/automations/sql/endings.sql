-- A "no" wins: whatever ends a person's consent ends their enrolments in the same transaction. The functions run as the
-- owner, because a suppression of the platform reaches into every account.

CREATE OR REPLACE FUNCTION public.enrolment_ends_with_subscription() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND {{is_confirmed(NEW.state)}} THEN
        UPDATE public.enrolment SET consent_event_id = NEW.consent_event_id
        WHERE account_id = NEW.account_id AND contact_id = NEW.contact_id AND mailing_list_id = NEW.mailing_list_id
            AND state = 'active' AND consent_event_id <> NEW.consent_event_id;
        RETURN NULL;
    END IF;
    WITH ended AS (
        UPDATE public.enrolment SET state = 'left', why = 'unsubscribed', ended_at = statement_timestamp()
        WHERE account_id = OLD.account_id AND contact_id = OLD.contact_id AND mailing_list_id = OLD.mailing_list_id
            AND state = 'active'
        RETURNING account_id, version_id, step
    )
    INSERT INTO public.automation_count (account_id, version_id, step, what, detail, count)
    SELECT account_id, version_id, step, 'left', 'unsubscribed', count(*) FROM ended GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enrolment_ends_with_state AFTER UPDATE OF state, consent_event_id ON subscription
    FOR EACH ROW WHEN (
        {{is_confirmed(OLD.state)}}
        AND (NEW.state, NEW.consent_event_id) IS DISTINCT FROM (OLD.state, OLD.consent_event_id)
    ) EXECUTE FUNCTION public.enrolment_ends_with_subscription();
CREATE OR REPLACE TRIGGER enrolment_ends_with_row AFTER DELETE ON subscription
    FOR EACH ROW WHEN (
        {{is_confirmed(OLD.state)}}
    ) EXECUTE FUNCTION public.enrolment_ends_with_subscription();

CREATE OR REPLACE FUNCTION public.enrolment_ends_with_suppression() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH ended AS (
        UPDATE public.enrolment e SET state = 'left', why = 'suppressed', ended_at = statement_timestamp()
        FROM new_rows n
        JOIN (SELECT DISTINCT account_id FROM public.automation WHERE state IN ('active', 'paused')) a
            ON n.account_id IS NULL OR a.account_id = n.account_id
        JOIN public.contact c ON c.account_id = a.account_id AND c.address_key = n.address_key
        WHERE {{in_force(n)}} AND e.account_id = c.account_id AND e.contact_id = c.id AND e.state = 'active'
        RETURNING e.account_id, e.version_id, e.step
    )
    INSERT INTO public.automation_count (account_id, version_id, step, what, detail, count)
    SELECT account_id, version_id, step, 'left', 'suppressed', count(*) FROM ended GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enrolment_ends_with_new AFTER INSERT ON suppression REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.enrolment_ends_with_suppression();
CREATE OR REPLACE TRIGGER enrolment_ends_again AFTER UPDATE ON suppression REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.enrolment_ends_with_suppression();

-- An erased person leaves no path behind; the counts stay.
CREATE OR REPLACE FUNCTION public.enrolment_goes_with_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.enrolment_passage p USING gone g
    JOIN public.enrolment e ON e.account_id = g.account_id AND e.contact_id = g.id
    WHERE p.account_id = e.account_id AND p.enrolment_id = e.id;
    WITH ended AS (
        DELETE FROM public.enrolment e USING gone g WHERE e.account_id = g.account_id AND e.contact_id = g.id
        RETURNING e.account_id, e.version_id, e.step, e.state
    )
    INSERT INTO public.automation_count (account_id, version_id, step, what, detail, count)
    SELECT account_id, version_id, step, 'left', 'suppressed', count(*) FROM ended
    WHERE state = 'active' GROUP BY 1, 2, 3;
    DELETE FROM public.automation_member m USING gone g
    JOIN public.automation a ON a.account_id = g.account_id
    WHERE m.account_id = g.account_id AND m.automation_id = a.id AND m.contact_id = g.id;
    DELETE FROM public.automation_arrival m USING gone g
    JOIN public.automation a ON a.account_id = g.account_id
    WHERE m.account_id = g.account_id AND m.automation_id = a.id AND m.contact_id = g.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enrolment_goes_with_contact AFTER DELETE ON contact REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION public.enrolment_goes_with_contact();

-- An account that may no longer send has its automations paused; a person of the account resumes them.
CREATE OR REPLACE FUNCTION public.automations_pause_with_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.automation SET state = 'paused', paused_at = statement_timestamp()
    WHERE account_id = NEW.id AND state = 'active';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER automations_pause_with_account AFTER UPDATE OF standing ON account
    FOR EACH ROW WHEN (
        NOT ({{may_send(NEW)}})
    ) EXECUTE FUNCTION public.automations_pause_with_account();
