//! `matrixform module new`: a module to start from, which loads and whose golden test passes.

use super::golden::golden;
use super::{Folder, Modules};
use crate::diagnostic::Problems;

const MANIFEST: &str = include_str!("skeleton/module.toml");
const TEMPLATE: &str = include_str!("skeleton/motd.j2");
const CASE: &str = include_str!("skeleton/full.toml");

/// Returns the files of a new module, including its recorded output; an invalid name is a problem.
pub fn skeleton(name: &str) -> Result<Folder, Problems> {
    let fill = |text: &str| text.replace("NAME", name);
    let mut folder = Folder::new(name, name)
        .with("module.toml", fill(MANIFEST))
        .with("templates/motd.j2", fill(TEMPLATE))
        .with("golden/full.toml", fill(CASE));
    let modules = Modules::load(std::slice::from_ref(&folder), &[])?;
    let report = golden(&folder, &modules);
    for result in report.results {
        folder.files.insert(result.file, result.found.into_bytes());
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_module_loads_and_passes() {
        let folder = skeleton("greeting").unwrap();
        let modules = Modules::load(std::slice::from_ref(&folder), &[]).unwrap();
        let report = golden(&folder, &modules);
        assert!(report.is_good(), "{report:?}");
        assert_eq!(report.uncovered, Vec::<String>::new());
        let shown = String::from_utf8(folder.files["golden/full.debian-12.txt"].clone()).unwrap();
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn an_invalid_module_name_is_refused() {
        let problems = skeleton("facts").unwrap_err();
        assert!(problems[0].message.contains("cannot be called `facts`"));
        assert!(skeleton("My-Module").is_err());
    }
}
