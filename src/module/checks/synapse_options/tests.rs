//! Checks `[synapse.extra]` against a small module that writes a few options itself.

use crate::diagnostic::Source;
use crate::module::{ModuleDirectory, Modules, settings};
use crate::spec::Spec;
use crate::spec::files::InMemory;
use std::sync::Arc;

const MANIFEST: &str = r#"
format = 1
summary = "x"
[params.media]
type = "table"
doc = "x"
fields = { max_upload = { type = "size", default = "50M", sets = "max_upload_size", doc = "x" } }
[params.rooms]
type = "table"
doc = "x"
fields = { presence = { type = "bool", default = true, sets = "presence.enabled", doc = "x" } }
[params.federation]
type = "table"
doc = "x"
fields = { mode = { type = "bool", default = true, sets = "federation_whitelist_endpoint_enabled", doc = "x" } }
[params.turn]
type = "table"
doc = "x"
fields = { uris = { type = "list", of = { type = "string" }, doc = "x" } }
[params.server_name]
type = "server_name"
required = true
doc = "x"
[params.email]
type = "table"
doc = "x"
fields = { host = { type = "domain", sets = "email.smtp_host", doc = "x" }, password = { type = "string", sets = "email.smtp_pass", doc = "x" } }
[params.extra]
type = "map"
of = { type = "any" }
check = "synapse_options"
doc = "x"
[const]
conf = "/etc/x"
[[resource]]
kind = "file"
name = "/x.yaml"
format = "yaml"
document = "homeserver"
[resource.contents]
turn_uris = "{{ synapse.turn.uris or none }}"
form_secret_path = "{{ synapse.conf }}/form.secret"
listeners = [{ port = 1 }]
"#;

fn problems(extra: &str) -> String {
    let directory =
        ModuleDirectory::new("synapse", "modules/synapse").with("module.toml", MANIFEST);
    let modules = Modules::load(&[directory], &[]).unwrap();
    let text = format!(
        "[host]\naddress = \"a\"\n[synapse]\nserver_name = \"example.org\"\n[synapse.extra]\n{extra}"
    );
    let spec = Spec::read(&Source::new("s.toml", text), Arc::new(InMemory::default())).unwrap();
    let problems = settings::read(&spec, &modules).err().unwrap_or_default();
    problems.iter().map(|problem| problem.render(false) + "\n").collect()
}

#[test]
fn valid_options_pass_at_any_depth() {
    let extra = r#"
enable_search = false
max_spider_size = "10M"
max_avatar_size = 1048576
unused_expiration_time = "1d"
dummy_events_threshold = 5
presence = { include_offline_users_on_sync = true }
worker_replication_secret = { secret = "x/worker" }
autocreate_auto_join_room_preset = "private_chat"
[synapse.extra.caches.per_cache_factors]
get_users_who_share_room_with_user = 2
[[synapse.extra.oidc_providers]]
idp_id = "a"
idp_name = "A"
issuer = "https://login.example.org/"
client_id = "a"
client_secret = { secret = "x/oidc" }
[[synapse.extra.modules]]
module = "a.B"
config = { any = { thing = [1, "two"] }, token = { secret = "x/token" } }
[synapse.extra.federation]
client_timeout = "30s"
[synapse.extra.jwt_config]
algorithm = "HS256"
secret = { secret = "x/jwt" }
"#;
    assert_eq!(problems(extra), "");
}

#[test]
fn unknown_names_come_with_suggestions() {
    insta::assert_snapshot!(problems(
        r#"
enable_serch = true
smtp_host = "mail.example.org"
[synapse.extra.rc_joins]
per_second = 1
[[synapse.extra.oidc_providers]]
idp = "a"
[synapse.extra.something]
else = 1
"#
    ));
}

/// Unbounded, 20,000 names took 39 s.
#[test]
fn suggestions_are_bounded_for_many_names() {
    let extra: String = (0..300).map(|n| format!("serch_{n} = {n}\n")).collect();
    let problems = problems(&format!("{extra}enable_serch = true\n"));
    assert_eq!(problems.matches("has no option").count(), 301);
    assert!(!problems.contains("did you mean `enable_search`"), "{problems}");
}

#[test]
fn wrong_types_name_the_expected_type() {
    insta::assert_snapshot!(problems(
        r##"
enable_search = "false"
max_spider_size = "50MB"
unused_expiration_time = "1 day"
key_refresh_interval = "500ms"
bcrypt_rounds = "12"
auto_join_rooms = "#a:example.org"
caches = 3
filter_timeline_limit = 1.5
autocreate_auto_join_room_preset = "private"
log_config = "log.yaml"
enable_metrics = { secret = "x/a" }
gc_thresholds = [1, "2"]
"##
    ));
}

#[test]
fn missing_neighbours_are_reported() {
    insta::assert_snapshot!(problems(
        r#"
alias_creation_rules = [{ user_id = "*" }]
cas_config = { enabled = false }
server_notices = {}
jwt_config = { enabled = true, algorithm = "HS256" }
recaptcha_private_key = { secret = "x/captcha" }
recaptcha_private_key_path = "/etc/captcha"
recaptcha_public_key = "6LcPublic"
recaptcha_public_key_path = "/etc/captcha"
backup_media_store_path = "/srv/backup"
media_storage_providers = [{ module = "file_system", config = { directory = "/srv/media" } }]
room_invite_state_types = ["m.room.name"]
room_prejoin_state = { disable_default_event_types = true }
experimental_features = { msc4108_enabled = true, msc4108_delegation_endpoint = "https://a.example.org", msc3890_enabled = true }
account_validity = { enabled = true }
caches = { cache_autotuning = { min_cache_ttl = "5m" } }
matrix_authentication_service = { enabled = true }
oidc_config = { enabled = true, client_id = "a", client_secret_jwt_key = { key = { secret = "x/jwt" }, key_file = "/etc/key", jwt_header = { alg = "ES256" } } }
"#
    ));
}

#[test]
fn options_of_the_module_name_its_parameter() {
    insta::assert_snapshot!(problems(
        r#"
max_upload_size = "100M"
turn_uris = ["turn:example.org"]
presence = { enabled = false }
form_secret = { secret = "x/form" }
server_name = "other.example.org"
[[synapse.extra.listeners]]
port = 8008
"#
    ));
}

#[test]
fn suggestions_are_valid_themselves() {
    insta::assert_snapshot!(problems(
        r#"
Server_name = "example.org"
smtp_pass = { secret = "mail/x" }
no_tls = true
use_presence = false
log_file = "/x"
[synapse.extra.experimental_features]
msc9999_enabled = true
"#
    ));
}

#[test]
fn required_options_are_looked_up_from_the_top() {
    let problems = problems("experimental_features = { msc4108_enabled = true }\n");
    let needs =
        "`experimental_features.msc4108_enabled` needs `matrix_authentication_service.enabled`";
    assert!(problems.contains(needs), "{problems}");
}

#[test]
fn disabled_options_require_and_exclude_nothing() {
    assert_eq!(
        problems(
            r#"
backup_media_store_path = "/srv/backup"
media_storage_providers = []
account_validity = { enabled = false }
experimental_features = { msc4108_enabled = false, msc4108_delegation_endpoint = "https://a.example.org", msc3890_enabled = true, msc3391_enabled = true }
matrix_authentication_service = { enabled = true, endpoint = "http://127.0.0.1:8090/", secret = { secret = "x/mas" } }
"#
        ),
        ""
    );
}

/// A value that a checker refuses is removed, so it causes no further problems.
#[test]
fn refused_values_are_removed() {
    let directory =
        ModuleDirectory::new("synapse", "modules/synapse").with("module.toml", MANIFEST);
    let modules = Modules::load(&[directory], &[]).unwrap();
    let text = "[host]\naddress = \"a\"\n[synapse]\nserver_name = \"example.org\"\n[synapse.extra]\n\
                use_presence = true\nenable_search = false\nrc_joins = { typo = 1 }";
    let spec = Spec::read(&Source::new("s.toml", text), Arc::new(InMemory::default())).unwrap();
    let (settings, problems) = settings::read_lenient(&spec, &modules);
    assert_eq!(problems.len(), 2);
    let extra = settings["synapse"].entries[0].value.get_attr("extra").unwrap();
    assert_eq!(extra.to_string(), "{'enable_search': False}");
}

#[test]
fn removed_options_name_their_version_and_hide_secrets() {
    insta::assert_snapshot!(problems(
        r#"
worker_replication_host = "127.0.0.1"
acme = { enabled = true }
turn_password = "hunter2"
[synapse.extra.account_threepid_delegates]
email = "https://example.org"
"#
    ));
}

#[test]
fn option_names_from_guides_are_explained() {
    insta::assert_snapshot!(problems(
        r#"
registration_enabled = false
federation_domain_blacklist = ["bad.example"]
access_token_lifetime = "24h"
"#
    ));
}
