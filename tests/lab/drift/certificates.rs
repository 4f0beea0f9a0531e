//! Certificates, their keys, and the authority of the host.

use super::case::{Case, NONE};

const FRONT: &str = "certificate:/etc/ssl/matrixform/front";
const LEAF: &str = "certificate:/etc/ssl/matrixform/postgres";
const AUTHORITY: &str = "certificate_authority:/etc/ssl/matrixform/postgres-ca";
const NGINX: &str = "service:nginx.service";
const SERVER: &str = "service:postgresql@{major}-main.service";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "certificate_replaced",
        breaks: "cd /etc/ssl/matrixform; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
            -days 365 -subj /CN=other.example -addext subjectAltName=DNS:other.example \
            -keyout front.key -out front.crt 2>/dev/null",
        planned: &[FRONT, NGINX],
        holds: "openssl x509 -in /etc/ssl/matrixform/front.crt -noout -ext subjectAltName | grep -q matrix.example.org",
        ..NONE
    },
    Case {
        name: "certificate_of_another_authority",
        breaks: "cd /etc/ssl/matrixform; openssl req -x509 -key postgres.key -days 730 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -out postgres.crt 2>/dev/null",
        planned: &[LEAF, SERVER],
        holds: "openssl verify -CAfile /etc/ssl/matrixform/postgres-ca.crt /etc/ssl/matrixform/postgres.crt >/dev/null",
        ..NONE
    },
    Case {
        name: "certificate_expiring",
        breaks: "cd /etc/ssl/matrixform; openssl req -new -key postgres.key -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -out /run/request
            openssl x509 -req -in /run/request -copy_extensions copy -CA postgres-ca.crt -CAkey postgres-ca.key \
            -days 9 -out postgres.crt 2>/dev/null; rm /run/request; systemctl reload postgresql@{major}-main",
        planned: &[LEAF, SERVER],
        holds: "openssl x509 -in /etc/ssl/matrixform/postgres.crt -noout -checkend $((700 * 86400)) >/dev/null
            openssl s_client -connect 127.0.0.1:5432 -starttls postgres -CAfile /etc/ssl/matrixform/postgres-ca.crt \
                -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -checkend $((700 * 86400)) >/dev/null",
        ..NONE
    },
    Case {
        name: "key_lost",
        breaks: "rm /etc/ssl/matrixform/front.key",
        planned: &[FRONT, NGINX],
        ..NONE
    },
    Case {
        name: "key_open_to_all",
        breaks: "chmod 644 /etc/ssl/matrixform/postgres.key",
        planned: &[LEAF, SERVER],
        ..NONE
    },
    Case {
        name: "key_of_the_authority_lost",
        breaks: "rm /etc/ssl/matrixform/postgres-ca.key",
        planned: &[AUTHORITY, LEAF, SERVER],
        holds: "openssl verify -CAfile /etc/ssl/matrixform/postgres-ca.crt /etc/ssl/matrixform/postgres.crt >/dev/null",
        ..NONE
    },
    Case {
        name: "renewal_program_edited",
        breaks: "echo 'exit 0' >/usr/local/lib/matrixform/renew-postgres",
        planned: &["certificate_renewal:/usr/local/lib/matrixform/renew-postgres"],
        holds: "systemctl start matrixform-renew-postgres.service",
        ..NONE
    },
];
