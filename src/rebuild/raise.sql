BEGIN;
DO $$
DECLARE
    s record;
    wanted bigint;
    clock bigint := extract(epoch FROM clock_timestamp())::bigint;
    raised text[] := ARRAY[-- RAISED];
    short text[] := ARRAY[-- SHORT];
BEGIN
    -- One that is not known is raised too, unless it is too small for that or counts down, as Synapse's never do.
    FOR s IN
        SELECT schemaname, sequencename, last_value, seen.value, sequencename = ANY (raised) AS known, max_value
        FROM pg_catalog.pg_sequences
        LEFT JOIN (VALUES -- SEEN
        ) AS seen (name, value) ON seen.name = sequencename
        WHERE sequencename = ANY (raised) OR increment_by > 0 AND NOT sequencename = ANY (ARRAY[-- LEFT])
    LOOP
        -- One at its end stays there.
        wanted := greatest(least(greatest(s.last_value, s.value, 0), 9223372036853775807) + 1000000, clock);
        CONTINUE WHEN NOT s.known AND wanted > s.max_value;
        IF s.sequencename = ANY (short) AND wanted >= 2147483647 THEN
            RAISE EXCEPTION 'the sequence % cannot be raised: its column has 32 bits', s.sequencename;
        END IF;
        PERFORM setval(format('%I.%I', s.schemaname, s.sequencename)::regclass, wanted, true);
    END LOOP;
END $$;
DO $$
DECLARE
    s record;
    issued bigint;
    held bigint;
    ahead text := '';
BEGIN
    FOR s IN SELECT * FROM (VALUES -- STREAMS
        ) AS v (sequence, stream, tab, col)
    LOOP
        SELECT last_value INTO issued FROM pg_catalog.pg_sequences WHERE schemaname = 'public' AND sequencename = s.sequence;
        held := NULL;
        IF s.stream <> '' THEN
            SELECT max(stream_id) INTO held FROM stream_positions WHERE stream_name = s.stream;
        ELSIF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('public.' || s.tab) AND attname = s.col) THEN
            EXECUTE format('SELECT max(%I) FROM public.%I', s.col, s.tab) INTO held;
        END IF;
        IF held > coalesce(issued, 0) THEN
            ahead := ahead || format('; %s of %s is ahead of %s, which issued %s',
                held, coalesce(nullif(s.tab, ''), 'stream_positions'), s.sequence, coalesce(issued::text, 'none'));
        END IF;
    END LOOP;
    IF ahead <> '' THEN
        RAISE EXCEPTION 'the restored database contradicts itself: %', left(substr(ahead, 3), 600);
    END IF;
END $$;
TRUNCATE e2e_one_time_keys_json;
UPDATE e2e_fallback_keys_json SET used = true;
COMMIT;
-- What belongs to the cluster is skipped, with a warning for each table.
SET client_min_messages = error;
ANALYZE;
