//! Paths on the host as text.

/// Whether this is an absolute path in its shortest form, other than `/` and without control characters: equal paths
/// are equal texts, and no part of it leads back.
pub fn is_normal(text: &str) -> bool {
    let Some(relative) = text.strip_prefix('/') else { return false };
    relative.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::is_normal;

    #[test]
    fn only_absolute_paths_without_detours_are_normal() {
        for path in ["/a", "/srv/a b/ü", "/.a/..b/...", "/a&b"] {
            assert!(is_normal(path), "{path}");
        }
        for path in ["", "/", "a", "a/b", "/a/", "//a", "/a//b", "/./a", "/a/..", "/a\nb", "/a\0"] {
            assert!(!is_normal(path), "{path:?}");
        }
    }
}
