-- Refuse a change of a row that is kept as it was written. Triggers in the files of each app say which rows and which
-- columns; the triggers of a table run for every role, its owner included.

CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Cannot % rows from % table', lower(TG_OP), TG_TABLE_NAME;
END $$;
