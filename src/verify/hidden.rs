//! Checks that paths are not reachable from outside, in every spelling that some proxy or program treats as the same.

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::HiddenProbe;
use crate::net::{HttpUrl, Request};

/// Statuses that mean that a path is not available. Any other may come from the program behind it.
const GONE: [u16; 6] = [400, 403, 404, 405, 414, 421];

/// Requests each path as it is, and the first in every spelling.
pub(super) async fn check(context: &VerifyContext, probe: &HiddenProbe) -> ProbeResult {
    let Some(site) = HttpUrl::read(&probe.hidden) else {
        return Fault::new(&probe.hidden, "not a URL", "`https://example.org`").into();
    };
    let plain = probe.paths.iter().skip(1).cloned();
    let tricks = probe.paths.first().into_iter().flat_map(|path| spellings(path));
    let asked = tricks
        .chain(plain)
        .map(|path| site.with_path(&path))
        .map(|to| async { (to.clone(), context.net.send(&Request::get(to)).await) });
    let mut found = ProbeResult::default();
    for (to, answer) in super::all(asked).await {
        match answer {
            Ok(answer) if GONE.contains(&answer.status) => {}
            Ok(answer) => {
                let seen = format!("status {}: {}", answer.status, shortened(&answer.text()));
                found.faults.push(Fault::new(
                    to.to_string(),
                    seen,
                    "status 404: not available from outside",
                ));
            }
            Err(why) => {
                let seen = format!("no answer: {}", shortened(&why.why));
                let fault = Fault::new(to.to_string(), seen, "status 404");
                found.faults.push(fault.unreached(&to.host, to.port, &why));
                break;
            }
        }
    }
    found
}

/// Returns the spellings that an intruder may try for a path: `/a/b/c`.
pub(super) fn spellings(path: &str) -> Vec<String> {
    let bare = path.trim_start_matches('/');
    let (first, rest) = bare.split_once('/').unwrap_or((bare, ""));
    let (second, after) = rest.split_once('/').unwrap_or((rest, ""));
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let head = |text: &str| match text.chars().next() {
        Some(letter) => {
            format!(
                "{}{}",
                encoded(&letter.to_string()),
                text.get(letter.len_utf8()..).unwrap_or_default()
            )
        }
        None => String::new(),
    };
    let mut all = vec![
        path.to_owned(),
        format!("{path}?x=/"),
        format!("/{}", bare.to_uppercase()),
        format!("/{}/{}/{after}", title(first), title(second)),
        format!("//{bare}"),
        format!("/{first}//{rest}"),
        format!("/./{bare}"),
        format!("/{first}/./{rest}"),
        format!("/{}/{rest}", head(first)),
        format!("/{first}/{}/{after}", head(second)),
        format!("/{}/{}/{after}", encoded(first), encoded(second)),
        format!("/%25{}/{rest}", head(first).trim_start_matches('%')),
        format!("/{}", bare.replace('/', "%2f")),
        format!("/{first}%2F{rest}"),
        format!("/{first}%252f{rest}"),
        format!("/{first};/{rest}"),
        format!("/{first};x=y/{rest}"),
        format!("/{first}/{second};/{after}"),
        format!("/{first}\\{rest}"),
        format!("/{first}%5c{rest}"),
        format!("/{first}/{second}%00/{after}"),
        format!("/{first}%20/{rest}"),
    ];
    // Through public paths: `..` that the proxy and the program may resolve differently.
    for way in ["/_matrix/", "/_matrix/client/", "/_synapse/client/", "/.well-known/matrix/"] {
        let up = "../".repeat(way.matches('/').count() - 1);
        all.push(format!("{way}{up}{bare}"));
        all.push(format!("{way}{}{bare}", up.replace("..", "%2e%2e")));
        all.push(format!("{way}{}{bare}", up.replace("../", "..%2f")));
        all.push(format!("{way}{}{bare}", up.replace("../", "..;/")));
    }
    all.push(format!("/_matrix/%252e%252e/{bare}"));
    all
}

fn title(text: &str) -> String {
    let mut title = String::new();
    let mut first = true;
    for letter in text.chars() {
        title.push(if first { letter.to_ascii_uppercase() } else { letter });
        first = !letter.is_ascii_alphabetic();
    }
    title
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_path_spelling_is_distinct_and_valid() {
        let all = super::spellings("/_synapse/admin/v1/server_version");
        let mut once = all.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), all.len());
        for path in &all {
            assert!(
                crate::net::HttpUrl::read(&format!("https://a.example{path}")).is_some(),
                "{path}"
            );
        }
        for wanted in [
            "/_SYNAPSE/ADMIN/V1/SERVER_VERSION",
            "/_Synapse/Admin/v1/server_version",
            "//_synapse/admin/v1/server_version",
            "/%5fsynapse/admin/v1/server_version",
            "/%255fsynapse/admin/v1/server_version",
            "/_synapse/%61dmin/v1/server_version",
            "/_synapse%2fadmin%2fv1%2fserver_version",
            "/_synapse;/admin/v1/server_version",
            "/_matrix/client/../../_synapse/admin/v1/server_version",
            "/_synapse/client/%2e%2e/%2e%2e/_synapse/admin/v1/server_version",
            "/_matrix/..%2f_synapse/admin/v1/server_version",
            "/_matrix/..;/_synapse/admin/v1/server_version",
        ] {
            assert!(all.iter().any(|one| one == wanted), "{wanted}: {all:#?}");
        }
    }
}
