//! Options that guides name but that no version of Synapse has. Synapse ignores them silently, so an admin would
//! rely on protection that is not there: each is explained, not reported as a typo. Checked against Synapse
//! 1.163.2 and its history; a name that becomes an option leaves this table.

use super::GuideName;

pub(super) const GUIDE_NAMES: &[GuideName] = &[
    GuideName {
        name: "registration_enabled",
        why: "it is a name inside Synapse's code, not an option; Synapse ignores it",
        instead: "write `mode = \"closed\"`, `\"token\"` or `\"open\"` under `[synapse.registration]`; closed is the default",
    },
    GuideName {
        name: "registration_token",
        why: "tokens are not an option: they are created through the admin API, by default unlimited and without expiry",
        instead: "write `mode = \"token\"` under `[synapse.registration]`, and create tokens with `matrixform invite create`",
    },
    GuideName {
        name: "federation_domain_blacklist",
        why: "Synapse has no deny list for servers: nobody would be blocked",
        instead: "write `blocked_servers` under `[synapse.media]` to block their media, or `mode = \"allow\"` with `allow` under `[synapse.federation]` to federate only with listed servers; a room blocks servers with its ACL, which a moderation bot maintains",
    },
    GuideName {
        name: "federation_domain_denylist",
        why: "Synapse has no deny list for servers: nobody would be blocked",
        instead: "write `blocked_servers` under `[synapse.media]` to block their media, or `mode = \"allow\"` with `allow` under `[synapse.federation]` to federate only with listed servers",
    },
    GuideName {
        name: "federation_domain_allowlist",
        why: "Synapse calls it `federation_domain_whitelist`",
        instead: "write `mode = \"allow\"` and `allow = [\"friend.example\"]` under `[synapse.federation]`",
    },
    GuideName {
        name: "federation_ratelimiting",
        why: "no version of Synapse has it",
        instead: "write `limits.federation` under `[nginx]`, which stops a flood before it reaches Synapse; `federation` under `[synapse.rate_limits]` is the queue per server, which transactions do not pass through",
    },
    GuideName {
        name: "rc_federation_request",
        why: "no version of Synapse has it",
        instead: "write `limits.federation` under `[nginx]`, which stops a flood before it reaches Synapse; `federation` under `[synapse.rate_limits]` is the queue per server, which transactions do not pass through",
    },
    GuideName {
        name: "rc_remote_media_downloads",
        why: "no version of Synapse has it",
        instead: "write `remote_media_download_per_second` and `remote_media_download_burst_count` under `[synapse.rate_limits]`",
    },
    GuideName {
        name: "tls_certificate_pinning",
        why: "Synapse does not pin certificates, and a proxy sees only incoming connections",
        instead: "servers sign everything with their own keys: pin those of the notary with `verify_keys` under `[[synapse.trusted_key_servers]]`; a closed federation with its own certificate authority sets `federation_custom_ca_list` under `[synapse.extra]`",
    },
    GuideName {
        name: "access_token_lifetime",
        why: "it was never a stable option, and was removed in Synapse 1.48",
        instead: "write `lifetime = \"24h\"` under `[synapse.sessions]` to make everyone log in again, and `access_token` there for tokens that cannot be refreshed; both apply to new logins",
    },
    GuideName {
        name: "purge_media_cache",
        why: "it is an admin API call, which needs a token and a time",
        instead: "write `remote_lifetime = \"14d\"` under `[synapse.media]`, or a `[[cron]]` with `job = \"purge-remote-media\"`",
    },
];
