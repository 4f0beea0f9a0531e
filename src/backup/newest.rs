//! Whether a snapshot is a backup of this server, judged by its manifest.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The parts of a manifest that show a complete backup.
#[derive(Deserialize)]
struct PartialManifest {
    format: u32,
    server_name: String,
    /// Row counts, taken from the dump after it was read back.
    rows: BTreeMap<String, u64>,
}

/// Checks that this is the manifest of a complete backup of the server.
///
/// # Errors
///
/// Why it is not one.
pub fn is_of_server(manifest: &[u8], server_name: &str) -> Result<(), String> {
    let read: PartialManifest = serde_json::from_slice(manifest)
        .map_err(|_| "its manifest is missing or cannot be read".to_owned())?;
    if read.format != 1 {
        return Err(format!("its manifest has format {}: a newer version made it", read.format));
    }
    if read.server_name != server_name {
        let name = crate::diagnostic::visible(&read.server_name);
        return Err(format!("it is of {name}, not of {server_name}"));
    }
    match read.rows.get("public.schema_version") {
        Some(1) => Ok(()),
        _ => Err("its dump does not hold the database of a homeserver".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_manifest_of_the_server_is_valid() {
        let made = |format: u32, name: &str, rows: &str| {
            format!(r#"{{"format":{format},"server_name":"{name}","users":1,"rows":{{{rows}}}}}"#)
        };
        let rows = r#""public.schema_version": 1, "public.users": 3"#;
        let judged = |text: String| is_of_server(text.as_bytes(), "example.org");
        assert_eq!(judged(made(1, "example.org", rows)), Ok(()));
        assert!(judged(made(2, "example.org", rows)).unwrap_err().contains("newer"));
        assert!(judged(made(1, "other.org", rows)).unwrap_err().contains("other.org"));
        assert!(judged(made(1, "example.org", "")).unwrap_err().contains("dump"));
        for cut in ["", "{", r#"{"format":1}"#] {
            assert!(judged(cut.to_owned()).unwrap_err().contains("manifest"), "{cut}");
        }
    }
}
