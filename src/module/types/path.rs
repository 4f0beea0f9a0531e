//! Paths: on the host (absolute, normalised) and beside the spec.

use super::text_type::Refused;

/// A path beside the spec, which must not leave its folder by `..`.
pub(super) fn beside(text: &str) -> Result<String, Refused> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Refused::because("empty, or with a control character"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(Refused::because("`..` leads out of the folder of the spec"));
    }
    Ok(text.to_owned())
}
