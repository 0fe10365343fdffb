-- The address of a person whose membership ends leaves the account's test lists, in the transaction that ends it,
-- however that was done. A confirmed mailbox of the account stays; a list without any address goes. It runs as the
-- owner, because not everyone who removes a member sees the lists.

CREATE OR REPLACE FUNCTION public.test_lists_lose_member() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE gone text := (SELECT lower(u.email) FROM user_account u WHERE u.id = OLD.user_id);
BEGIN
    IF gone IS NULL OR EXISTS (
        SELECT 1 FROM mailbox b WHERE b.account_id = OLD.account_id AND lower(b.email) = gone
            AND b.proved_at IS NOT NULL AND b.refused_at IS NULL
    ) THEN
        RETURN NULL;
    END IF;
    DELETE FROM test_list t WHERE t.account_id = OLD.account_id AND t.addresses <@ ARRAY[gone]::varchar[];
    UPDATE test_list t SET addresses = array_remove(t.addresses, gone::varchar)
        WHERE t.account_id = OLD.account_id AND gone = ANY (t.addresses);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER test_lists_lose_member AFTER DELETE ON membership
    FOR EACH ROW EXECUTE FUNCTION public.test_lists_lose_member();

-- A colleague who changes their address keeps getting tests; the old address may be someone else's by now.
CREATE OR REPLACE FUNCTION public.test_lists_follow_address() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE test_list t SET addresses = CASE
            WHEN lower(NEW.email) = ANY (t.addresses) THEN array_remove(t.addresses, lower(OLD.email)::varchar)
            ELSE array_replace(t.addresses, lower(OLD.email)::varchar, lower(NEW.email)::varchar) END
        FROM membership m
        WHERE m.user_id = NEW.id AND t.account_id = m.account_id AND lower(OLD.email) = ANY (t.addresses)
            AND NOT EXISTS (
                SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id AND lower(b.email) = lower(OLD.email)
                    AND b.proved_at IS NOT NULL AND b.refused_at IS NULL
            );
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER test_lists_follow_address AFTER UPDATE OF email ON user_account
    FOR EACH ROW WHEN (lower(OLD.email) <> lower(NEW.email)) EXECUTE FUNCTION public.test_lists_follow_address();
