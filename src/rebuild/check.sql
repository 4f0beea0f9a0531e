DO $$
DECLARE
    t record;
    n bigint;
    bad text := '';
BEGIN
    CREATE TEMPORARY TABLE known ON COMMIT DROP AS SELECT name, rows FROM (VALUES -- KNOWN
    ) AS v (name, rows);
    FOR t IN SELECT * FROM known LOOP
        n := NULL;
        IF to_regclass(t.name) IS NOT NULL THEN
            EXECUTE format('SELECT count(*) FROM ONLY %s', to_regclass(t.name)) INTO n;
        END IF;
        IF n IS DISTINCT FROM t.rows THEN
            bad := bad || format('; %s has %s rows instead of %s', t.name, coalesce(n::text, 'no'), t.rows);
        END IF;
    END LOOP;
    FOR t IN
        SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_catalog.pg_tables
        WHERE schemaname <> 'information_schema' AND schemaname !~ '^pg_'
            AND NOT EXISTS (SELECT FROM known WHERE to_regclass(known.name) = to_regclass(format('%I.%I', schemaname, tablename)))
    LOOP
        EXECUTE format('SELECT count(*) FROM ONLY %s', t.name) INTO n;
        IF n > 0 THEN
            bad := bad || format('; %s has %s rows instead of none', t.name, n);
        END IF;
    END LOOP;
    IF bad <> '' THEN
        RAISE EXCEPTION 'the restored database differs from the backup: %', left(substr(bad, 3), 600);
    END IF;
END $$;
