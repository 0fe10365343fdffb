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
