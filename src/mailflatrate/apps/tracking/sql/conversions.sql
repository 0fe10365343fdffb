-- The link between a person and a campaign ends with the event, and with the consent to be recorded (R-107), in the
-- transaction that ends it. Both run as the owner: a member who sees only some lists may take someone's "no", too.

CREATE OR REPLACE FUNCTION public.conversions_of_events_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM conversion c USING old_rows o WHERE c.event_id = o.id AND c.account_id = o.account_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER conversions_of_events_end AFTER DELETE ON contact_event
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.conversions_of_events_end();

-- The clicks and answers themselves stay as numbers of the campaign, and comments without a name.
CREATE OR REPLACE FUNCTION public.recording_ends() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM conversion c WHERE c.account_id = NEW.account_id AND c.contact_id = NEW.id AND c.source = 'click';
    UPDATE click SET delivery_id = NULL FROM delivery_record d
        WHERE d.account_id = NEW.account_id AND d.contact_id = NEW.id
        AND click.account_id = NEW.account_id AND click.delivery_id = d.id;
    DELETE FROM poll_answer a USING delivery_record d
        WHERE d.account_id = NEW.account_id AND d.contact_id = NEW.id
        AND a.account_id = NEW.account_id AND a.delivery_id = d.id;
    UPDATE poll_comment SET delivery_id = NULL FROM delivery_record d
        WHERE d.account_id = NEW.account_id AND d.contact_id = NEW.id
        AND poll_comment.account_id = NEW.account_id AND poll_comment.delivery_id = d.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER recording_ends AFTER UPDATE OF tracking_event_id ON contact
    FOR EACH ROW WHEN (OLD.tracking_event_id IS NOT NULL AND NEW.tracking_event_id IS NULL)
    EXECUTE FUNCTION public.recording_ends();
