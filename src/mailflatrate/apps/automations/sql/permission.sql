-- Lock two, for messages of automations: a delivery of one names an enrolment of the same person, list and consent
-- event that is at exactly this step of a released version and didn't pass it before, with exactly the edition that was
-- released; and a campaign that belongs to an automation has no other deliveries. All that every delivery needs is in
-- the lock of `delivery`.

CREATE OR REPLACE FUNCTION public.delivery_needs_enrolment() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hole text;
BEGIN
    PERFORM 1 FROM (SELECT DISTINCT account_id, campaign_id, enrolment_id IS NOT NULL AS is_step FROM new_rows) n
    LEFT JOIN public.campaign c ON c.id = n.campaign_id
    WHERE n.is_step OR c.automation_id IS NOT NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE $check$
        SELECT format('contact %s is not at this step of an automation', n.contact_id)
        FROM new_rows n
        LEFT JOIN public.campaign c ON c.id = n.campaign_id AND c.account_id = n.account_id
        LEFT JOIN public.enrolment e ON e.id = n.enrolment_id AND e.account_id = n.account_id
            AND e.contact_id = n.contact_id AND e.mailing_list_id = n.mailing_list_id
            AND e.consent_event_id = n.consent_event_id AND e.state = 'active'
        LEFT JOIN public.automation a ON a.id = e.automation_id AND a.account_id = n.account_id AND a.state = 'active'
        LEFT JOIN public.automation_version v ON v.id = e.version_id AND v.account_id = n.account_id
            AND v.automation_id = a.id AND v.state IN ('current', 'finishing')
        LEFT JOIN public.automation_step t ON t.account_id = n.account_id AND t.version_id = v.id AND t.key = e.step
            AND t.campaign_id = n.campaign_id AND t.edition_id = n.edition_id AND t.decision_id = n.decision_id
        WHERE (n.enrolment_id IS NOT NULL OR c.automation_id IS NOT NULL)
            AND (e.id IS NULL OR v.id IS NULL OR t.id IS NULL OR c.automation_id IS DISTINCT FROM a.id
                OR EXISTS (SELECT 1 FROM public.enrolment_passage p WHERE p.account_id = e.account_id
                    AND p.enrolment_id = e.id AND p.step = e.step))
        LIMIT 1
    $check$ INTO hole;
    IF hole IS NOT NULL THEN
        RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delivery_needs_enrolment AFTER INSERT ON delivery REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.delivery_needs_enrolment();
