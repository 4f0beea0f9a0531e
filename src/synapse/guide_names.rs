//! Options that guides name and that no version of Synapse has. It ignores them without a word, so an
//! admin believes to be protected: each is told apart from a typo and explained. Checked against Synapse
//! 1.163.2 and its history; a name that becomes real leaves this table.

use super::GuideName;

pub(super) const GUIDE_NAMES: &[GuideName] = &[
    GuideName {
        name: "registration_enabled",
        why: "it is a name inside Synapse's code and no option; as one it is ignored, whatever it says",
        instead: "write `mode = \"closed\"`, `\"token\"` or `\"open\"` under `[synapse.registration]`; closed is the default",
    },
    GuideName {
        name: "registration_token",
        why: "tokens are no option: they are made through the admin API, by default for any number of people and for ever",
        instead: "write `mode = \"token\"` under `[synapse.registration]`, and make each token with `uses_allowed` and `expiry_time`",
    },
    GuideName {
        name: "federation_domain_blacklist",
        why: "Synapse has no deny-list of servers: nobody would be shut out",
        instead: "write `blocked_servers` under `[synapse.media]` to show no media of theirs, or `mode = \"allow\"` with `allow` under `[synapse.federation]` to talk to the listed ones alone; a single room shuts servers out by its ACL, which a moderation bot keeps",
    },
    GuideName {
        name: "federation_domain_denylist",
        why: "Synapse has no deny-list of servers: nobody would be shut out",
        instead: "write `blocked_servers` under `[synapse.media]` to show no media of theirs, or `mode = \"allow\"` with `allow` under `[synapse.federation]` to talk to the listed ones alone",
    },
    GuideName {
        name: "federation_domain_allowlist",
        why: "Synapse calls it `federation_domain_whitelist`",
        instead: "write `mode = \"allow\"` and `allow = [\"friend.example\"]` under `[synapse.federation]`",
    },
    GuideName {
        name: "federation_ratelimiting",
        why: "no version of Synapse has it",
        instead: "write `limits.federation` under `[nginx]`, which stops a flood before it reaches Synapse; `federation` under `[synapse.rate_limits]` is the queue of each server, which transactions do not pass through",
    },
    GuideName {
        name: "rc_federation_request",
        why: "no version of Synapse has it",
        instead: "write `limits.federation` under `[nginx]`, which stops a flood before it reaches Synapse; `federation` under `[synapse.rate_limits]` is the queue of each server, which transactions do not pass through",
    },
    GuideName {
        name: "rc_remote_media_downloads",
        why: "no version of Synapse has it",
        instead: "write `remote_media_download_per_second` and `remote_media_download_burst_count` under `[synapse.rate_limits]`",
    },
    GuideName {
        name: "tls_certificate_pinning",
        why: "Synapse pins no certificates, and a proxy sees incoming connections alone",
        instead: "servers sign everything with keys of their own: pin those of the notary with `verify_keys` under `[[synapse.trusted_key_servers]]`; a closed federation with an authority of its own sets `federation_custom_ca_list` under `[synapse.extra]`",
    },
    GuideName {
        name: "access_token_lifetime",
        why: "it was never a stable option, and it is gone since Synapse 1.48",
        instead: "write `lifetime = \"24h\"` under `[synapse.sessions]` to have everybody log in again, and `access_token` there for tokens that cannot be refreshed; both hold for new logins",
    },
    GuideName {
        name: "purge_media_cache",
        why: "it is a call of the admin API, which needs a token and a time",
        instead: "write `remote_lifetime = \"14d\"` under `[synapse.media]`, or a `[[cron]]` with `job = \"purge-remote-media\"`",
    },
];
