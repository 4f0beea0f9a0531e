//! Synapse options that the module itself writes, from several parameters or from none, and what a spec says in their
//! place. An option set unchanged by one parameter needs no line here (`sets` names it); a test compares this table
//! with what the module writes.

use super::GuideName;

const WRITTEN: &str = "it is a Synapse option that is set here through other options";

const fn own(name: &'static str, instead: &'static str) -> GuideName {
    GuideName { name, why: WRITTEN, instead }
}

pub(super) const OWN_NAMES: &[GuideName] = &[
    own(
        "enable_registration",
        "write `mode = \"closed\"`, `\"token\"` or `\"open\"` under `[synapse.registration]`",
    ),
    own("session_lifetime", "write `lifetime` under `[synapse.sessions]`"),
    own("registration_requires_token", "write `mode = \"token\"` under `[synapse.registration]`"),
    own("registrations_require_3pid", "write `verify_email = true` under `[synapse.registration]`"),
    own(
        "enable_registration_without_verification",
        "write `mode = \"open\"` under `[synapse.registration]`, and accept the finding MF001",
    ),
    own(
        "macaroon_secret_key",
        "leave it out: it is generated and stored, as `macaroon` of `[synapse.secrets]`",
    ),
    own(
        "macaroon_secret_key_path",
        "leave it out: the file is written from `macaroon` of `[synapse.secrets]`",
    ),
    own(
        "form_secret",
        "leave it out: it is generated and stored, as `form` of `[synapse.secrets]`",
    ),
    own("form_secret_path", "leave it out: the file is written from `form` of `[synapse.secrets]`"),
    own("signing_key_path", "leave it out: the file is written from `signing_key` of `[synapse]`"),
    own(
        "federation_domain_whitelist",
        "write `mode = \"allow\"` and `allow = [\"friend.example\"]` under `[synapse.federation]`; `mode = \"off\"` turns federation off",
    ),
    own(
        "federation_whitelist_endpoint_enabled",
        "leave it out: it is on if the mode of `[synapse.federation]` is not `open`",
    ),
    own("ip_range_whitelist", "write `private_ranges` under `[synapse.federation]`"),
    own(
        "suppress_key_server_warning",
        "leave it out: `[[synapse.trusted_key_servers]]` lists the servers to ask",
    ),
    own("media_store_path", "write `path` under `[synapse.media]`"),
    own(
        "media_upload_limits",
        "write `quota = [{ period = \"7d\", size = \"2G\" }]` under `[synapse.media]`",
    ),
    own(
        "url_preview_ip_range_blacklist",
        "leave it out: previews (`previews` of `[synapse.media]`) never reach private networks",
    ),
    own("limit_remote_rooms", "write `max_complexity` under `[synapse.rooms]`"),
    own("turn_uris", "write `uris` under `[synapse.turn]`"),
    own(
        "turn_shared_secret",
        "write `secret = { secret = \"turn/shared\" }` under `[synapse.turn]`",
    ),
    own(
        "turn_shared_secret_path",
        "write `secret = { secret = \"turn/shared\" }` under `[synapse.turn]`",
    ),
    own(
        "turn_password",
        "write `password = { secret = \"turn/password\" }` under `[synapse.turn]`",
    ),
    own("turn_user_lifetime", "write `user_lifetime` under `[synapse.turn]`"),
    own("turn_allow_guests", "write `guests` under `[synapse.turn]`"),
    own(
        "listeners",
        "write `port` under `[synapse]`: there is one listener, on the loopback interface behind nginx; the one for metrics is `port` under `[synapse.metrics]`",
    ),
    own(
        "database",
        "write `[postgres]` for a database on this host, or `host` and `ca` under `[synapse.database]` for one elsewhere",
    ),
    own("enable_metrics", "write `port = 9000` under `[synapse.metrics]`"),
    own("metrics_port", "write `port = 9000` under `[synapse.metrics]`"),
    own("metrics_bind_host", "write `port` under `[synapse.metrics]`: it is on the loopback"),
    own("manhole", "leave it out: only HTTP is served here, on the loopback interface"),
    own("log_config", "write `level` under `[synapse.logging]`"),
    own(
        "password_config",
        "write `[synapse.passwords]`; the pepper is generated and stored, as `pepper` of `[synapse.secrets]`",
    ),
    own(
        "password_config.pepper",
        "leave it out: one is generated and stored; to use one from another server, store it with `matrixform secrets set SPEC synapse/pepper`, and write `pepper = { secret = \"synapse/pepper\" }` under `[synapse.secrets]`",
    ),
    own("pid_file", "leave it out: systemd tracks the process"),
    own(
        "tls_certificate_path",
        "write `[tls]`: nginx has the certificate, and Synapse listens on the loopback interface",
    ),
    own(
        "tls_private_key_path",
        "write `[tls]`: nginx has the key, and Synapse listens on the loopback interface",
    ),
    own("serve_server_wellknown", "write `[well_known]`: nginx serves the document"),
];
