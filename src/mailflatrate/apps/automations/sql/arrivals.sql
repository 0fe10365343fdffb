-- What starts automations is noted in the transaction in which it happens, so that none is missed however late it
-- commits. The engine takes the rows. The functions run as the owner: what writes here may not see automations.

CREATE OR REPLACE FUNCTION public.automation_hears_confirmation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.automation_arrival (account_id, automation_id, contact_id, reference)
    SELECT NEW.account_id, a.id, NEW.contact_id, NEW.id
    FROM public.automation a
    WHERE a.account_id = NEW.account_id AND a.entry_on = 'confirmed' AND a.state IN ('active', 'paused')
        AND a.mailing_list_id = NEW.mailing_list_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER automation_hears_confirmation AFTER INSERT ON consent_event
    FOR EACH ROW WHEN (
        NEW.kind = 'confirmed' AND NEW.source_import_id IS NULL AND NEW.mailing_list_id IS NOT NULL
    ) EXECUTE FUNCTION public.automation_hears_confirmation();

CREATE OR REPLACE FUNCTION public.automation_hears_tag() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.automation_arrival (account_id, automation_id, contact_id)
    SELECT n.account_id, a.id, n.contact_id
    FROM new_rows n JOIN public.automation a ON a.account_id = n.account_id AND a.entry_on = 'tag_added'
        AND a.entry_reference = n.tag_id AND a.state IN ('active', 'paused');
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER automation_hears_tag AFTER INSERT ON contact_tag REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.automation_hears_tag();

-- A click names its delivery only where the person agreed to that (R-107).
CREATE OR REPLACE FUNCTION public.automation_hears_click() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.automation_arrival (account_id, automation_id, contact_id)
    SELECT NEW.account_id, a.id, d.contact_id
    FROM public.automation a
    JOIN public.delivery_record d ON d.id = NEW.delivery_id AND d.account_id = NEW.account_id
        AND d.contact_id IS NOT NULL
    LEFT JOIN public.edition e ON e.id = NEW.edition_id AND e.account_id = NEW.account_id
    WHERE a.account_id = NEW.account_id AND a.entry_on = 'clicked' AND a.state IN ('active', 'paused')
        AND (a.entry_reference IS NULL OR a.entry_reference = NEW.campaign_id)
        AND (a.entry_text = '' OR EXISTS (
            SELECT 1 FROM jsonb_array_elements(e.links) link
            WHERE link ->> 'number' = NEW.link_number::text AND link ->> 'url' = a.entry_text));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER automation_hears_click AFTER INSERT ON click
    FOR EACH ROW WHEN (
        NEW.delivery_id IS NOT NULL AND NOT NEW.machine
    ) EXECUTE FUNCTION public.automation_hears_click();

-- An event of a customer's system starts automations, and ends waits for it. One that is reported long after it
-- happened does neither: it comes with a history that someone uploads. The row that ends waits comes first, so that the
-- event that lets someone in doesn't end their wait for the next one of its name.
CREATE OR REPLACE FUNCTION public.automation_hears_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.automation_arrival (account_id, automation_id, contact_id, event)
    SELECT n.account_id, heard.automation_id, n.contact_id, heard.event
    FROM (SELECT DISTINCT account_id, event_type_id FROM new_rows) kind
    JOIN public.event_type t ON t.id = kind.event_type_id AND t.account_id = kind.account_id
    CROSS JOIN LATERAL (
        SELECT a.id AS automation_id, '' AS event FROM public.automation a
        WHERE a.account_id = t.account_id AND a.entry_on = 'event' AND a.entry_text = t.name
            AND a.state IN ('active', 'paused')
        UNION
        SELECT a.id, t.name FROM public.automation a
        JOIN public.automation_version v ON v.account_id = a.account_id AND v.automation_id = a.id
            AND v.state IN ('current', 'finishing')
        JOIN public.automation_step s ON s.account_id = v.account_id AND s.version_id = v.id AND s.kind = 'wait'
            AND s.parameters ->> 'kind' = 'event' AND s.parameters ->> 'event' = t.name
        WHERE a.account_id = t.account_id AND a.state IN ('active', 'paused')) heard
    JOIN new_rows n ON n.account_id = kind.account_id AND n.event_type_id = kind.event_type_id
    WHERE n.at > statement_timestamp() - interval '{{fresh_event_days()}} days'
    ORDER BY n.id, heard.event = '';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER automation_hears_event AFTER INSERT ON contact_event REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.automation_hears_event();
