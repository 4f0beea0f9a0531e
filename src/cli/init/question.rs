//! The questions, in the order in which they are asked. Each is also a flag, and may have a default that depends on
//! earlier answers.

use super::answers::InitAnswers;
use super::names::domain_of_host;
use super::types::Types;

/// One question.
pub(super) struct Question {
    /// The flag that answers it, without its dashes.
    pub(super) flag: &'static str,
    /// What to know before answering; `SITE` stands for the server's name.
    about: &'static str,
    /// Whether the question applies, given the answers so far.
    pub(super) when: fn(&InitAnswers) -> bool,
    /// The meaning of an empty answer.
    pub(super) default: fn(&InitAnswers, &Types<'_>) -> Option<String>,
}

/// All questions.
pub(super) const QUESTIONS: [Question; 10] = [
    Question {
        flag: "server-name",
        about: "The server name, part of every user id: example.org for @name:example.org.\n\
                It can never change.",
        when: always,
        default: none,
    },
    Question {
        flag: "host",
        about: "Where SSH finds the host: a name, an address, a `Host` of ~/.ssh/config, or all of\n\
                user@host:port.",
        when: always,
        default: none,
    },
    Question {
        flag: "user",
        about: "The user that SSH logs in as. Any other than root needs sudo.",
        when: always,
        default: |_, _| Some("root".to_owned()),
    },
    Question {
        flag: "public-name",
        about: "The host name that clients connect to. It must point to the host.",
        when: always,
        default: |answers, types| Some(public_name(answers, types)),
    },
    Question {
        flag: "web-site",
        about: "What already serves https://SITE/? Other servers and clients look there for two small\n\
                documents about yours.\n  \
                no      nothing, or this host will: SITE must point to it as well\n  \
                nginx   another web server, which is nginx: you get the text to paste there\n  \
                caddy   the same, for Caddy\n  \
                other   something else: nginx's text shows what is needed",
        when: |answers| answers.text("public-name") != answers.site(),
        default: |_, _| Some("no".to_owned()),
    },
    Question {
        flag: "contact",
        about: "Abuse contact: an email address, or a Matrix id on another server. It is published.",
        when: always,
        default: none,
    },
    Question {
        flag: "profile",
        about: "The kind of server, which sets many defaults (`matrixform explain synapse.profile`):\n  \
                friends   a circle that federates with everyone; accounts by invitation only\n  \
                closed    a group by itself: no sign-up, no federation\n  \
                newsroom  people at risk: sessions end, little is logged\n  \
                none      no profile: every option has its own default",
        when: always,
        default: none,
    },
    Question {
        flag: "registration",
        about: "Who may create an account:\n  \
                closed    nobody: you create accounts with `matrixform users`\n  \
                token     anyone with a registration token",
        when: always,
        default: |_, types| types.default_of_profile("synapse", &["registration", "mode"]),
    },
    Question {
        flag: "tls",
        about: "Where the certificate comes from:\n  \
                letsencrypt  issued by Let's Encrypt and renewed by the host itself, with port 80 open to all;\n               \
                by choosing it, you agree to https://letsencrypt.org/repository/\n  \
                files        your own, from a public authority, for the server's and the public name\n  \
                self-signed  made on the host; clients and other servers refuse it: for testing",
        when: always,
        default: none,
    },
    Question {
        flag: "chain",
        about: "The file with the certificate and its intermediates (PEM; certbot calls it\n\
                fullchain.pem). It is copied beside the spec; the key is not asked for.",
        when: |answers| answers.text("tls") == "files",
        default: none,
    },
];

impl Question {
    /// Returns the position of a flag's question.
    pub(super) fn position(flag: &str) -> Option<usize> {
        QUESTIONS.iter().position(|question| question.flag == flag)
    }

    /// Returns what to know before answering.
    pub(super) fn about(&self, answers: &InitAnswers) -> String {
        self.about.replace("SITE", answers.site())
    }
}

fn always(_: &InitAnswers) -> bool {
    true
}

fn none(_: &InitAnswers, _: &Types<'_>) -> Option<String> {
    None
}

/// Returns the host's own name if it belongs to the server name's domain; else the server name itself if it is already
/// the name of such a host; else `matrix.` and the server name.
fn public_name(answers: &InitAnswers, types: &Types<'_>) -> String {
    let (host, site) = (answers.text("host"), answers.site());
    let belongs = host == site || host.ends_with(&format!(".{site}"));
    match belongs && types.read("public-name", host, answers).is_ok() {
        true => host.to_owned(),
        false if domain_of_host(site).is_some() => site.to_owned(),
        false => format!("matrix.{site}"),
    }
}
