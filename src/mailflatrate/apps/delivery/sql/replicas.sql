-- Whether every replica has the log up to a position on its disk (ADR 0093). A replica that was connected in the last
-- ten minutes and isn't now counts as one that doesn't, and so does one whose slot is behind. NULL: this server doesn't
-- show it to the owner of the database, who then lacks pg_read_all_stats.

CREATE OR REPLACE FUNCTION public.replicas_have("position" pg_lsn) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    connected int;
    behind int;
    expected int;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_stat_replication WHERE state IS NULL) THEN
        RETURN NULL;
    END IF;
    SELECT count(*), count(*) FILTER (WHERE flush_lsn < "position") INTO connected, behind
    FROM pg_stat_replication
    WHERE state = 'streaming' AND flush_lsn IS NOT NULL AND application_name NOT IN ('pg_basebackup', 'pg_receivewal');
    UPDATE public.sending_fence SET replicas = connected, replicas_at = now()
    WHERE id = 1 AND (connected > replicas OR (connected > 0 AND connected = replicas
        AND replicas_at < now() - interval '10 seconds')
        OR (replicas > 0 AND replicas_at < now() - interval '10 minutes'));
    SELECT replicas INTO expected FROM public.sending_fence WHERE id = 1;
    RETURN behind = 0 AND connected >= coalesce(expected, 0) AND NOT EXISTS (
        SELECT 1 FROM pg_replication_slots
        WHERE slot_type = 'physical' AND NOT temporary AND wal_status <> 'lost' AND restart_lsn < "position");
END $$;
