-- Whatever the spec sets for everybody: counting a large table takes its time.
DO $$
BEGIN
    PERFORM set_config(name, '0', false) FROM pg_catalog.pg_settings
        WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout');
END $$;
