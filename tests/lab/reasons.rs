//! The reason of a failed start: the log lines of that start, all of them, and of no other.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("reasons::a_unit_that_fails_at_once_is_quoted", fails_at_once)]
}

/// Under load, journald reads a line after its process has ended, and then does not know the invocation.
const STARTS: &str = r#"
printf '%s\n' '[Service]' 'Type=oneshot' \
    'ExecStart=/bin/sh -c "read -r n </run/number; echo port $n is taken; exit 1"' >/run/systemd/system/own.service
systemctl daemon-reload
for hog in 1 2 3 4; do timeout 60 sh -c 'while :; do :; done' & done
for number in $(seq 40); do
    echo $number >/run/number
    systemctl start own.service 2>/dev/null || :
    logged=$(service_log own.service)
    systemctl reset-failed own.service
    case $logged in
        *"port $((number - 1)) "*) echo "start $number shows an earlier one: $logged" ;;
        *"port $number is taken"*) ;;
        *) echo "start $number lacks its reason: $logged" ;;
    esac
done
kill $(jobs -p)
"#;

fn fails_at_once() -> Result<(), Failed> {
    let guest = Guest::blank("t-reasons", "bookworm");
    let functions = include_str!("../../src/resource/service.sh");
    assert_eq!(guest.run(&format!("{functions}\n{STARTS}")), "");
    guest.down();
    Ok(())
}
