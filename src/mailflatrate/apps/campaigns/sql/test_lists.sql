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
