-- Lock two, in the database: which deliveries may come into being at all (ARCHITECTURE section 2). Whatever inserts
-- deliveries, the planner or SQL under any role, meets this trigger: the account is active (R-01), its agreements are
-- those in force (R-04, R-92), the release was ticked for exactly this content and the gate allowed it, the sender
-- proved mailbox and domain (R-46), the origin of the list is known (R-10), and each recipient has a consent event
-- that says so (R-25, R-36), that no later no in the ledger ends (ADR 0087), and is suppressed nowhere (R-16). A
-- confirmation message answers a request that is recorded for its person at a published form, or for a change of
-- address, and that the gate let pass. A transactional message has a version that a reviewer approved, of an account
-- that an operator switched on, from a domain without campaigns, for an address that nothing stops and that got few
-- enough of them today (R-112). A campaign whose deliveries were archived gets no more of them, so that nobody gets it
-- twice (ADR 0026). ADR 0010 says what an attacker could forge.
--
-- The trigger reads the rows of a statement as a set, so that planning stays fast. What many rows share is collected
-- once. Each recipient's subscription, consent and contact are looked up in the range of numbers that the rows lie in.
-- That is the same condition said twice: it lets a slice of a campaign read a piece of an index instead of searching
-- it thousands of times. 'consent' and 'suppression' are planned with the numbers at hand (EXECUTE), which decide about
-- that, and ask for the smallest of all holes, so that the plan is made for finding nothing. The conditions are checked
-- in order; the first hole is the one that is named.

-- A relation of pg_temp would be found before one without a schema, so every name has its schema.
CREATE OR REPLACE FUNCTION public.delivery_needs_permission() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    condition text;
    hole text;
    shared jsonb;
    span record;
BEGIN
    SELECT coalesce(jsonb_agg(s), '[]') INTO shared FROM (
        SELECT n.account_id, n.campaign_id, n.edition_id, n.decision_id, n.mailing_list_id,
            n.consent_event_id IS NOT NULL AS is_mailing, n.confirmation_id IS NOT NULL AS is_confirmation,
            n.transactional_id IS NOT NULL AS is_contract,
            n.notice_id IS NULL AS needs_permission,
            min(n.contact_id) AS first_contact, max(n.contact_id) AS last_contact,
            min(n.consent_event_id) AS first_event, max(n.consent_event_id) AS last_event
        FROM new_rows n GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) s;
    SELECT array_agg(DISTINCT x.account_id) AS account_ids, array_agg(DISTINCT x.mailing_list_id) AS list_ids,
        min(x.first_contact) AS first_contact, max(x.last_contact) AS last_contact,
        min(x.first_event) AS first_event, max(x.last_event) AS last_event INTO span
    FROM jsonb_to_recordset(shared) AS x (account_id bigint, mailing_list_id bigint, is_mailing boolean,
        first_contact bigint, last_contact bigint, first_event bigint, last_event bigint)
    WHERE x.is_mailing;
    FOREACH condition IN ARRAY ARRAY['account', 'agreements', 'release', 'sender', 'list', 'consent', 'suppression',
        'contract', 'confirmation'] LOOP
        CASE condition
        WHEN 'account' THEN
            SELECT format('account %s may not send', n.account_id) INTO hole
            FROM (SELECT DISTINCT account_id
                  FROM jsonb_to_recordset(shared) AS x (account_id bigint, needs_permission boolean)
                  WHERE needs_permission) n
            LEFT JOIN public.account a ON a.id = n.account_id
            WHERE a.id IS NULL OR NOT ({{may_send(a)}})
                OR a.activated_by_id IS NULL OR a.activated_at IS NULL
            LIMIT 1;
        WHEN 'agreements' THEN
            SELECT format('account %s has not accepted %s in force', n.account_id, kinds.kind) INTO hole
            FROM (SELECT DISTINCT account_id
                  FROM jsonb_to_recordset(shared) AS x (account_id bigint, needs_permission boolean)
                  WHERE needs_permission) n
            CROSS JOIN (VALUES ('terms'), ('anti_spam_policy'), ('data_processing')) AS kinds (kind)
            WHERE NOT EXISTS (
                SELECT 1 FROM public.acceptance x JOIN public.agreement_document d ON d.id = x.document_id
                WHERE x.account_id = n.account_id AND d.kind = kinds.kind AND d.version = (
                    SELECT f.version FROM public.agreement_document f
                    WHERE f.kind = kinds.kind AND f.valid_from <= now() ORDER BY f.valid_from DESC, f.id DESC LIMIT 1))
            LIMIT 1;
        WHEN 'release' THEN
            SELECT format('campaign %s is not released with this content', n.campaign_id) INTO hole
            FROM (SELECT DISTINCT account_id, campaign_id, edition_id, decision_id
                  FROM jsonb_to_recordset(shared) AS x (account_id bigint, campaign_id bigint, edition_id bigint,
                      decision_id bigint, is_mailing boolean)
                  WHERE is_mailing) n
            LEFT JOIN public.campaign c ON c.id = n.campaign_id AND c.account_id = n.account_id
            LEFT JOIN public.edition e ON e.id = n.edition_id AND e.account_id = n.account_id
                AND e.campaign_id = n.campaign_id
            LEFT JOIN public.gate_decision g ON g.id = n.decision_id AND g.account_id = n.account_id
                AND g.campaign_id = n.campaign_id AND g.edition_id = n.edition_id AND g.chain = 'campaign' AND g.allowed
            WHERE c.id IS NULL OR e.id IS NULL OR g.id IS NULL OR c.state NOT IN {{campaign_states(UNFINISHED)}}
                OR EXISTS (SELECT 1 FROM public.archived_campaign x WHERE x.campaign_id = n.campaign_id)
                OR c.policy_ticked_at IS NULL OR c.policy_ticked_by_id IS NULL OR c.policy_hash <> e.content_hash
                OR c.policy_version <> (
                    SELECT f.version FROM public.agreement_document f
                    WHERE f.kind = 'anti_spam_policy' AND f.valid_from <= now()
                    ORDER BY f.valid_from DESC, f.id DESC LIMIT 1)
            LIMIT 1;
        WHEN 'sender' THEN
            SELECT format('campaign %s has no proved sender or reply address', n.campaign_id) INTO hole
            FROM (SELECT DISTINCT account_id, campaign_id
                  FROM jsonb_to_recordset(shared) AS x (account_id bigint, campaign_id bigint, is_mailing boolean)
                  WHERE is_mailing) n
            JOIN public.campaign c ON c.id = n.campaign_id
            LEFT JOIN public.sender_address s ON s.id = c.sender_id AND s.account_id = n.account_id
            LEFT JOIN public.sender_domain d ON d.id = s.domain_id AND d.account_id = n.account_id
            WHERE s.verified_at IS NULL OR d.verified_at IS NULL OR (c.reply_to <> '' AND NOT EXISTS (
                SELECT 1 FROM public.mailbox m
                WHERE m.account_id = n.account_id AND m.email = lower(c.reply_to) AND m.proved_at IS NOT NULL))
            LIMIT 1;
        WHEN 'list' THEN
            SELECT format('list %s may not be mailed', n.mailing_list_id) INTO hole
            FROM (SELECT DISTINCT account_id, campaign_id, mailing_list_id
                  FROM jsonb_to_recordset(shared) AS x (account_id bigint, campaign_id bigint, mailing_list_id bigint,
                      is_mailing boolean)
                  WHERE is_mailing) n
            LEFT JOIN public.mailing_list l ON l.id = n.mailing_list_id AND l.account_id = n.account_id
            LEFT JOIN public.campaign c ON c.id = n.campaign_id AND n.mailing_list_id = ANY (c.list_ids)
            WHERE l.id IS NULL OR c.id IS NULL OR l.origin_state = 'rejected'
            LIMIT 1;
        WHEN 'consent' THEN
            CONTINUE WHEN span.account_ids IS NULL;
            EXECUTE $check$
                SELECT min(format('contact %s has not consented to list %s', n.contact_id, n.mailing_list_id))
                FROM new_rows n
                LEFT JOIN public.subscription s ON s.account_id = n.account_id AND s.mailing_list_id = n.mailing_list_id
                    AND s.contact_id = n.contact_id AND s.account_id = ANY ($1) AND s.mailing_list_id = ANY ($2)
                    AND s.contact_id BETWEEN $3 AND $4
                LEFT JOIN public.consent_event e ON e.id = n.consent_event_id AND e.id BETWEEN $5 AND $6
                LEFT JOIN public.import i ON i.id = e.source_import_id AND i.account_id = n.account_id
                LEFT JOIN public.list_origin o ON o.id = i.origin_id AND o.account_id = n.account_id
                    AND o.mailing_list_id = n.mailing_list_id
                WHERE n.consent_event_id IS NOT NULL AND (
                    ({{is_confirmed(s.state)}}) IS NOT TRUE OR s.consent_event_id IS DISTINCT FROM n.consent_event_id
                    OR e.account_id IS DISTINCT FROM n.account_id OR e.contact_id IS DISTINCT FROM n.contact_id
                    OR e.mailing_list_id IS DISTINCT FROM n.mailing_list_id OR e.kind NOT IN ('confirmed', 'imported')
                    OR (e.kind = 'imported' AND o.state IS DISTINCT FROM 'approved') OR {{consent_ended(e)}})
            $check$ INTO hole USING span.account_ids, span.list_ids, span.first_contact, span.last_contact,
                span.first_event, span.last_event;
        WHEN 'suppression' THEN
            CONTINUE WHEN span.account_ids IS NULL;
            EXECUTE $check$
                SELECT min(format('contact %s is suppressed or gone', n.contact_id))
                FROM new_rows n
                LEFT JOIN public.contact c ON c.id = n.contact_id AND c.account_id = n.account_id
                    AND c.account_id = ANY ($1) AND c.id BETWEEN $2 AND $3
                {{suppression_joins(n.account_id, c.address_key)}}
                WHERE n.consent_event_id IS NOT NULL
                    AND (c.id IS NULL OR own.id IS NOT NULL OR everywhere.id IS NOT NULL)
            $check$ INTO hole USING span.account_ids, span.first_contact, span.last_contact;
        WHEN 'contract' THEN
            CONTINUE WHEN NOT shared @> '[{"is_contract": true}]';
            PERFORM public.contract_turn(s.account_id, s.address_key) FROM (
                SELECT DISTINCT t.account_id, coalesce(nullif(t.mailbox_key, ''), t.address_key) AS address_key
                FROM new_rows n
                JOIN public.transactional_message t ON t.id = n.transactional_id AND t.account_id = n.account_id
                ORDER BY 1, 2) s;
            SELECT format('message %s rests on no contract', n.transactional_id) INTO hole
            FROM new_rows n
            LEFT JOIN public.transactional_message t ON t.id = n.transactional_id AND t.account_id = n.account_id
                AND t.refused_by = '' AND t.recipient <> '' AND btrim(t.reference) <> ''
                AND t.created_at > now() - interval '1 day'
            LEFT JOIN public.template_version v ON v.id = t.version_id AND v.account_id = n.account_id
                AND v.state = 'approved'
            LEFT JOIN public.template_edition e ON e.id = t.edition_id AND e.account_id = n.account_id
                AND e.version_id = v.id
            LEFT JOIN public.sender_address s ON s.id = v.sender_id AND s.account_id = n.account_id
            LEFT JOIN public.sender_domain d ON d.id = s.domain_id AND d.account_id = n.account_id
            LEFT JOIN public.gate_decision g ON g.id = n.decision_id AND g.account_id = n.account_id
                AND g.chain = 'contract' AND g.allowed
            WHERE n.transactional_id IS NOT NULL AND (
                t.id IS NULL OR v.id IS NULL OR e.id IS NULL OR g.id IS NULL
                OR s.verified_at IS NULL OR d.verified_at IS NULL
                OR n.contact_id IS NOT NULL OR n.campaign_id IS NOT NULL OR n.mailing_list_id IS NOT NULL
                OR NOT {{contract_enabled(n.account_id)}}
                OR {{contract_stopped(n.account_id, t.address_key, t.mailbox_key)}}
                OR EXISTS (SELECT 1 FROM public.campaign c
                    JOIN public.sender_address o ON o.id = c.sender_id AND o.domain_id = d.id
                    WHERE c.account_id = n.account_id AND c.state NOT IN {{campaign_states(NOT_BEGUN)}})
                OR (SELECT count(*) FROM public.transactional_message r
                    JOIN public.delivery x ON x.transactional_id = r.id AND x.account_id = r.account_id
                    WHERE r.account_id = n.account_id AND (r.address_key = t.address_key
                        OR r.mailbox_key = nullif(t.mailbox_key, ''))
                        AND r.created_at > now() - interval '1 day') > {{limit(contract_per_address_day)}})
            LIMIT 1;
        WHEN 'confirmation' THEN
            CONTINUE WHEN NOT shared @> '[{"is_confirmation": true}]';
            SELECT format('nobody asked for confirmation %s', n.confirmation_id) INTO hole
            FROM new_rows n
            LEFT JOIN public.signup_request r ON r.id = n.confirmation_id AND r.account_id = n.account_id
            LEFT JOIN public.signup_form f ON f.id = r.form_id AND f.account_id = n.account_id AND f.state = 'published'
            LEFT JOIN public.form_version v ON v.id = r.version_id AND v.account_id = n.account_id AND v.form_id = f.id
            LEFT JOIN public.contact c ON c.id = n.contact_id AND c.account_id = n.account_id
                AND c.address_key = r.address_key
            LEFT JOIN public.consent_event e ON e.id = r.requested_event_id AND e.account_id = n.account_id
                AND e.contact_id = n.contact_id AND e.mailing_list_id = n.mailing_list_id AND e.kind = 'requested'
            LEFT JOIN public.gate_decision g ON g.id = n.decision_id AND g.account_id = n.account_id
                AND g.chain = 'confirmation' AND g.allowed
            WHERE n.confirmation_id IS NOT NULL AND (
                r.id IS NULL OR g.id IS NULL OR r.state <> 'asked' OR {{kept_away(n.account_id, r.address_key)}}
                OR c.id IS NULL OR e.id IS NULL OR r.mailing_list_id IS DISTINCT FROM n.mailing_list_id
                OR CASE WHEN r.kind = 'move' THEN NOT EXISTS (
                    SELECT 1 FROM public.subscription s
                    WHERE s.account_id = n.account_id AND s.contact_id = r.moves_id AND {{is_confirmed(s.state)}})
                   ELSE f.id IS NULL OR v.id IS NULL END)
            LIMIT 1;
        END CASE;
        IF hole IS NOT NULL THEN
            RAISE EXCEPTION 'no delivery without permission: %', hole USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delivery_needs_permission AFTER INSERT ON delivery REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.delivery_needs_permission();

-- What a delivery rests on never changes afterward. A contact that is erased leaves NULL behind.
CREATE OR REPLACE FUNCTION public.delivery_keeps_its_basis() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what a delivery rests on never changes' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER delivery_keeps_its_basis BEFORE UPDATE OF contact_id, account_id, campaign_id,
    edition_id, mailing_list_id, decision_id, consent_event_id, confirmation_id, notice_id, enrolment_id,
    transactional_id ON delivery
    FOR EACH ROW WHEN (
        (NEW.account_id, NEW.campaign_id, NEW.edition_id, NEW.mailing_list_id, NEW.decision_id, NEW.consent_event_id,
            NEW.confirmation_id, NEW.notice_id, NEW.enrolment_id, NEW.transactional_id)
            IS DISTINCT FROM (OLD.account_id, OLD.campaign_id, OLD.edition_id, OLD.mailing_list_id, OLD.decision_id,
            OLD.consent_event_id, OLD.confirmation_id, OLD.notice_id, OLD.enrolment_id, OLD.transactional_id)
        OR NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id
    ) EXECUTE FUNCTION public.delivery_keeps_its_basis();
