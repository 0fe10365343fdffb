-- Lock two, for messages of automations: a delivery of one names an enrolment of the same person, list and consent
-- event that is at exactly this step of a released version and didn't pass it before, with exactly the edition that was
-- released; and a campaign that belongs to an automation has no other deliveries. All that every delivery needs is in
-- the lock of `delivery`. The range of enrolments is the same condition said twice: with it, a batch of neighbours
-- reads a piece of an index, and no loop over it is right. A batch whose enrolments lie far apart would read everything
-- between them, so each of those is looked up. Which of the two it is, the batch says; the planner may know too little
-- about a table that has just grown.

CREATE OR REPLACE FUNCTION public.delivery_needs_enrolment() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off SET enable_hashjoin = on
SET enable_mergejoin = on SET enable_seqscan = on SET enable_material = on AS $$
DECLARE
    hole text;
    span record;
BEGIN
    SELECT min(n.first_id) AS first_id, max(n.last_id) AS last_id,
        max(n.last_id) - min(n.first_id) > 20 * sum(n.rows) AS is_scattered,
        coalesce(bool_or(n.first_id IS NOT NULL OR c.automation_id IS NOT NULL), false) AS is_step INTO span
    FROM (SELECT campaign_id, min(enrolment_id) AS first_id, max(enrolment_id) AS last_id, count(*) AS rows
          FROM new_rows GROUP BY 1) n
    LEFT JOIN public.campaign c ON c.id = n.campaign_id;
    IF NOT span.is_step THEN
        RETURN NULL;
    END IF;
    IF span.is_scattered THEN
        PERFORM set_config('enable_nestloop', 'on', true);
        PERFORM set_config(name, 'off', true)
        FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_material']) AS name;
    END IF;
    EXECUTE $check$
        SELECT min(format('contact %s is not at this step of an automation', n.contact_id))
        FROM new_rows n
        LEFT JOIN public.campaign c ON c.id = n.campaign_id AND c.account_id = n.account_id
        LEFT JOIN public.enrolment e ON e.id = n.enrolment_id AND e.account_id = n.account_id
            AND e.contact_id = n.contact_id AND e.mailing_list_id = n.mailing_list_id
            AND e.consent_event_id = n.consent_event_id AND e.state = 'active' AND e.id BETWEEN $1 AND $2
        LEFT JOIN public.automation a ON a.id = e.automation_id AND a.account_id = n.account_id AND a.state = 'active'
        LEFT JOIN public.automation_version v ON v.id = e.version_id AND v.account_id = n.account_id
            AND v.automation_id = a.id AND v.state IN ('current', 'finishing')
        LEFT JOIN public.automation_step t ON t.account_id = n.account_id AND t.version_id = v.id AND t.key = e.step
            AND t.campaign_id = n.campaign_id AND t.edition_id = n.edition_id AND t.decision_id = n.decision_id
        LEFT JOIN public.enrolment_passage p ON p.account_id = n.account_id AND p.enrolment_id = e.id
            AND p.step = e.step AND p.enrolment_id BETWEEN $1 AND $2
        WHERE (n.enrolment_id IS NOT NULL OR c.automation_id IS NOT NULL)
            AND (e.id IS NULL OR v.id IS NULL OR t.id IS NULL OR p.id IS NOT NULL
                OR c.automation_id IS DISTINCT FROM a.id)
    $check$ INTO hole USING span.first_id, span.last_id;
    IF hole IS NOT NULL THEN
        RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delivery_needs_enrolment AFTER INSERT ON delivery REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.delivery_needs_enrolment();
