-- Messages that bounced, at once or after days, for the outbox (ADR 0047), where the account wants events for each
-- message. What was sent is told by the statements that record it, as a trigger would run for every message of all.

CREATE OR REPLACE FUNCTION public.bounce_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.outbox_event (account_id, type, payload)
    SELECT NEW.account_id, 'message.bounced', jsonb_build_object('message_id', NEW.id, 'campaign_id', NEW.campaign_id,
        'contact_id', NEW.contact_id, 'bounce', NEW.bounce)
    FROM public.event_setting s WHERE s.account_id = NEW.account_id AND s.per_message;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER zz_bounce_told AFTER UPDATE OF state ON delivery
    FOR EACH ROW WHEN (
        NEW.state = 'bounced' AND OLD.state <> 'bounced' AND NEW.campaign_id IS NOT NULL AND NEW.contact_id IS NOT NULL
    ) EXECUTE FUNCTION public.bounce_told();
CREATE OR REPLACE TRIGGER zz_bounce_told AFTER UPDATE OF state ON delivery_archive
    FOR EACH ROW WHEN (
        NEW.state = 'bounced' AND OLD.state <> 'bounced' AND NEW.campaign_id IS NOT NULL AND NEW.contact_id IS NOT NULL
    ) EXECUTE FUNCTION public.bounce_told();
