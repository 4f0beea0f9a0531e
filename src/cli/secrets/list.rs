//! `matrixform secrets list`: the secrets that the spec needs and where each is; no values.

use super::one;
use crate::cli::output::Output;
use crate::diagnostic::{Exit, Problems};
use crate::run::Project;
use crate::secret::{PLAN_KEY, PREVIOUS, Recipe, Store};

/// One line: name, kind, store, user.
type ListRow = [String; 4];

/// Runs the command.
pub(super) fn list(project: &Project, output: &mut Output) -> Result<Exit, Problems> {
    let mut rows: Vec<ListRow> = vec![["NAME", "KIND", "STORE", "USED BY"].map(str::to_owned)];
    let local = project.local_secrets();
    for named in &project.named {
        let (line, _) = named.place.line_column();
        let used = match named.used {
            true => "",
            false if local.contains(&named.name) => ", on your machine only",
            false => ", if the host uses it",
        };
        let by = match named.name.as_str() {
            PLAN_KEY => "plans (docs/plan.md)".to_owned(),
            _ => format!("{}:{line}{used}", named.place.source.name),
        };
        rows.push(row(project, &named.name, named.generate.as_deref(), by)?);
    }
    if let Some(name) = &project.spec.host.sudo_password {
        rows.push(row(project, name, None, format!("{}: [host]", project.spec.source.name))?);
    }
    let known: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    for name in project.secrets.names().map_err(one)?.iter().filter(|name| !known.contains(name)) {
        let (kind, by) = match name.strip_suffix(PREVIOUS) {
            Some(of) => ("previous", format!("a rotation of {of} that is not finished")),
            None => ("unknown", "nothing".to_owned()),
        };
        rows.push([name.clone(), kind.to_owned(), shown(&project.secrets.home()), by]);
    }
    output.result(&table(&rows));
    Ok(Exit::Done)
}

fn row(
    project: &Project,
    name: &str,
    generate: Option<&str>,
    by: String,
) -> Result<ListRow, Problems> {
    let found = project.secrets.locate(name).map_err(one)?;
    let kind = match generate.map(Recipe::parse).transpose().map_err(one)? {
        None => "brought",
        Some(recipe) if recipe.irreplaceable().is_some() => "generated once",
        Some(_) => "generated",
    };
    let store = match (found, generate) {
        (Some((_, store)), _) => shown(&store),
        (None, Some(_)) => "none yet".to_owned(),
        (None, None) => "MISSING".to_owned(),
    };
    Ok([name.to_owned(), kind.to_owned(), store, by])
}

/// Returns the store; a file below the current directory as a path from there.
fn shown(store: &Store) -> String {
    let current_dir = std::env::current_dir().ok();
    match (store, current_dir) {
        (Store::Age(path) | Store::File(path), Some(current_dir)) => {
            path.strip_prefix(current_dir).unwrap_or(path).display().to_string()
        }
        _ => store.to_string(),
    }
}

/// Formats columns as wide as their widest cell; the last one is not padded.
fn table(rows: &[ListRow]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let line = |[name, kind, store, by]: &ListRow| {
        let [first, second, third] = widths;
        format!("{name:first$}  {kind:second$}  {store:third$}  {by}")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
