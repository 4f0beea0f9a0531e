//! `matrixform module new`: a module to start from, which loads and whose golden test passes.

use super::golden::golden;
use super::{ModuleDirectory, Modules};
use crate::diagnostic::Problems;

const MANIFEST: &str = include_str!("skeleton/module.toml");
const TEMPLATE: &str = include_str!("skeleton/motd.j2");
const CASE: &str = include_str!("skeleton/full.toml");

/// Returns the files of a new module, including its recorded output.
///
/// # Errors
///
/// The name has characters other than lowercase letters, digits and `_`, does not start with a letter, or is reserved
/// (`module/name`).
pub fn skeleton(name: &str) -> Result<ModuleDirectory, Problems> {
    let fill = |text: &str| text.replace("NAME", name);
    let mut directory = ModuleDirectory::new(name, name)
        .with("module.toml", fill(MANIFEST))
        .with("templates/motd.j2", fill(TEMPLATE))
        .with("golden/full.toml", fill(CASE));
    let modules = Modules::load(std::slice::from_ref(&directory), &[])?;
    let report = golden(&directory, &modules);
    for result in report.results {
        directory.files.insert(result.file, result.found.into_bytes());
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_module_loads_and_passes() {
        let directory = skeleton("greeting").unwrap();
        let modules = Modules::load(std::slice::from_ref(&directory), &[]).unwrap();
        let report = golden(&directory, &modules);
        assert!(report.is_good(), "{report:?}");
        assert_eq!(report.uncovered, Vec::<String>::new());
        let shown =
            String::from_utf8(directory.files["golden/full.debian-12.txt"].clone()).unwrap();
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn an_invalid_module_name_is_refused() {
        let problems = skeleton("facts").unwrap_err();
        assert!(problems[0].message.contains("cannot be called `facts`"));
        assert!(skeleton("My-Module").is_err());
    }
}
