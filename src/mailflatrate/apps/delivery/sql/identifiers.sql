-- After a promotion or a restore, identifiers that appear in tokens and journals jump ahead, so that none is given out
-- twice (ADR 0002). It runs as the owner, because the application's roles may only count on.

CREATE OR REPLACE FUNCTION public.jump_identifiers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name text;
    numbers text;
BEGIN
    IF NOT public.platform_open() THEN
        RAISE EXCEPTION 'identifiers jump with a pass only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOREACH name IN ARRAY ARRAY[
        'delivery', 'campaign', 'edition', 'chunk', 'contact', 'subscription', 'signup_request', 'account',
        'mailing_list', 'notice'
    ] LOOP
        numbers := pg_get_serial_sequence('public.' || name, 'id');
        PERFORM setval(numbers, nextval(numbers) + 10000000);
    END LOOP;
END $$;
