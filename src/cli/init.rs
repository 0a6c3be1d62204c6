//! `shipwake init`: looks at files and writes a `shipwake.toml` that reads them, with what to check as comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use clap::Args;

use crate::embedded;
use crate::metric::{Catalogue, FAILURES, KNOWN_FAILURES, missing};
use crate::remote::{HIDDEN_QUERY, without_secrets};
use crate::settings::FILE_NAME;
use crate::source::{self, DateOrder, FileRead, Intake, Keeping, Look, Options, SourceError, Spec};
use crate::table::key_of;

use super::shared::network;
use super::{Exit, Failure, out};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, folders or globs to look at, here or as s3://, gs://, az:// or https://
    #[arg(required = true)]
    paths: Vec<String>,
    /// File to write; - for standard output
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME)]
    out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

/// A file with the source that reads it, and what a person should check.
struct Proposal {
    spec: Spec,
    /// Its path as it is written down: of an address, without what may be a secret.
    path: String,
    format: &'static str,
    unused: Vec<String>,
    checks: Vec<String>,
    /// An account a table.
    account: Result<Vec<FileRead>, SourceError>,
    given: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let to_stdout = arguments.out.as_os_str() == "-";
    if !to_stdout && arguments.out.exists() && !arguments.force {
        let message = format!("`{}` is there already", arguments.out.display());
        return Err(Failure::usage(message, "give another file with `--out`, or `--force` to replace it"));
    }
    let network = network();
    let mut proposals = Vec::new();
    let mut unplaced: Vec<(String, String)> = Vec::new();
    for path in &arguments.paths {
        let spec = Spec { name: "look".into(), path: path.clone(), network: network.clone(), ..Spec::default() };
        for look in source::look(&spec, Path::new("."))? {
            match look {
                Ok(look) if Path::new(&look.path).file_name().is_some_and(|name| name == FILE_NAME) => {}
                Ok(Look { proposal: None, tool: None, path, headers, .. }) => {
                    unplaced.push((path, format!("its columns fit no table: {}", headers.join(", "))));
                }
                Ok(look) => proposals.extend(propose(look, &spec)),
                Err((path, error)) => unplaced.push((path, error.to_string())),
            }
        }
    }
    proposals.retain(|proposal: &Proposal| match &proposal.account {
        Ok(_) => true,
        Err(error) => {
            unplaced.push((proposal.path.clone(), error.to_string()));
            false
        }
    });
    let proposals = without_second_deployments(proposals);
    let text = written(&proposals, &unplaced);
    out::deliver(text.as_bytes(), Some(arguments.out.as_path()).filter(|_| !to_stdout))?;
    tell(&proposals, &unplaced, &arguments.out)?;
    Ok(if proposals.is_empty() { Exit::Failed } else { Exit::Done })
}

/// Where files tell what was deployed, tags of repositories would tell it a second time.
fn without_second_deployments(proposals: Vec<Proposal>) -> Vec<Proposal> {
    let is_repository = |proposal: &Proposal| proposal.format == source::GIT;
    let deploys = |proposal: &&Proposal| proposal.given.iter().any(|given| given == "deployments");
    if !proposals.iter().filter(|proposal| !is_repository(proposal)).any(|proposal| deploys(&proposal)) {
        return proposals;
    }
    let anew = |mut proposal: Proposal| {
        if !is_repository(&proposal) || !deploys(&&proposal) {
            return Some(proposal);
        }
        proposal.spec.releases = Some(Keeping::Drop);
        let check =
            "releases: other files tell what was deployed, so tags are no deployments; keep them where they are";
        proposal.checks.push(check.to_owned());
        let Proposal { spec, path, format, unused, checks, .. } = proposal;
        answered(spec, path, format, unused, checks)
    };
    proposals.into_iter().filter_map(anew).collect()
}

/// A source for a file that `given` led to: as its tool writes it, or by the columns that fit.
fn propose(look: Look, given: &Spec) -> Option<Proposal> {
    let mut checks = Vec::new();
    let path = look.path.trim_end_matches(HIDDEN_QUERY).to_owned();
    // Only the address that was given leads to a file whose query is hidden.
    let has_query = path != look.path;
    if has_query {
        checks.push("path: its query is left out, for it may hold a secret; give it with `--data`".to_owned());
    }
    let read_from = if has_query { given.path.clone() } else { path.clone() };
    let network = given.network.clone();
    if let Some(tool) = look.tool {
        let name = key_of(&stem_of(&path).unwrap_or_else(|| tool.to_owned()));
        let spec = Spec { name, path: read_from, format: Some(tool.to_owned()), network, ..Spec::default() };
        return answered(spec, path, look.format, Vec::new(), checks);
    }
    let (table, columns) = look.proposal?;
    let has_service = columns.contains_key("service");
    let mapped: Vec<&String> = columns.values().collect();
    let unused = look.headers.iter().filter(|header| !mapped.contains(header)).cloned().collect();
    let mut spec = Spec {
        name: key_of(&stem_of(&path).unwrap_or_else(|| table.name.to_owned())),
        path: read_from,
        network,
        table: Some(table.name.to_owned()),
        // A header that bears the canonical name maps itself.
        columns: columns
            .into_iter()
            .filter(|(column, header)| key_of(header) != *column)
            .map(|(column, header)| (column.to_owned(), header))
            .collect(),
        ..Spec::default()
    };
    let is_one_service = table.name == "deployments" && !has_service;
    if is_one_service {
        spec.defaults.insert("service".into(), spec.name.clone());
        checks.push("service: no column names it; is this the log of one service?".to_owned());
    }
    answered(spec, path, look.format, unused, checks)
}

fn stem_of(path: &str) -> Option<String> {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// Tries the source until it reads, answering what it asks with the likeliest answer and a note to check it.
fn answered(
    mut spec: Spec,
    path: String,
    format: &'static str,
    unused: Vec<String>,
    mut checks: Vec<String>,
) -> Option<Proposal> {
    for _ in 0..3 {
        match load(&spec) {
            Err(SourceError::NeedsZone { column, value, .. }) => {
                spec.timezone = Some("UTC".into());
                checks.push(format!(
                    "timezone: `{column}` has stamps without a zone, such as `{value}`; say where they were written"
                ));
            }
            Err(SourceError::NeedsDateOrder { column, value, .. }) => {
                spec.date_order = Some(DateOrder::Dmy);
                checks.push(format!("date_order: `{column}` has dates such as `{value}`; day or month first?"));
            }
            Err(SourceError::MixedDateOrder { column, .. }) => {
                spec.date_order = Some(DateOrder::Dmy);
                checks.push(format!("date_order: `{column}` has dates of both orders; the others are rejected"));
            }
            Err(SourceError::Repository { .. }) if spec.releases.is_none() && spec.deployed.is_none() => {
                spec.releases = Some(Keeping::Drop);
                checks.push("releases: no tag tells what was deployed; which other source does?".to_owned());
            }
            Err(error) => {
                return Some(Proposal { spec, path, format, unused, checks, account: Err(error), given: Vec::new() });
            }
            Ok(Loaded { lacks_service: true, .. }) if !spec.defaults.contains_key("service") => {
                spec.defaults.insert("service".into(), spec.name.clone());
                checks.push("service: no record tells it; are these all of one service?".to_owned());
            }
            Ok(Loaded { account, given, by_name, .. }) => {
                checks.extend(by_name);
                return Some(Proposal { spec, path, format, unused, checks, account: Ok(account), given });
            }
        }
    }
    None
}

/// What came of a file, the columns it gives, and what only a name decided.
struct Loaded {
    account: Vec<FileRead>,
    given: Vec<String>,
    by_name: Vec<String>,
    /// Every deployment was rejected because it has no service.
    lacks_service: bool,
}

/// Reads the file as the source says.
fn load(spec: &Spec) -> Result<Loaded, SourceError> {
    let options =
        Options { as_of: None, base: Path::new("."), threads: 2, timezone: None, only: None, progress: &|_, _| () };
    let intake = source::load(std::slice::from_ref(spec), &options)?;
    let mut given = Vec::new();
    for (name, table) in &intake.tables {
        given.push((*name).to_owned());
        given.extend(table.given.iter().map(|column| format!("{name}.{column}")));
    }
    match intake.files.is_empty() {
        true => Err(SourceError::Damaged { path: without_secrets(&spec.path), cause: "it holds nothing".into() }),
        false => {
            let lacks_service = lacks_service(&intake);
            let by_name = intake.notes.into_iter().filter(|note| note.contains(source::BY_NAME)).collect();
            Ok(Loaded { account: intake.files, given, by_name, lacks_service })
        }
    }
}

/// Whether all that is wrong with the deployments of a file is that none tells its service.
fn lacks_service(intake: &Intake) -> bool {
    let deployments = || intake.files.iter().filter(|file| file.table == "deployments");
    let text = |name: &str| intake.rejected.column_by_name(name).and_then(|column| column.as_string_view_opt());
    let (Some(tables), Some(reasons)) = (text("table"), text("reason")) else { return false };
    let mut rejected = tables.iter().zip(reasons).filter(|(table, _)| *table == Some("deployments")).peekable();
    rejected.peek().is_some()
        && deployments().all(|file| file.rows_kept == 0)
        && rejected.all(|(_, reason)| reason == Some("service is empty"))
}

/// The settings file.
fn written(proposals: &[Proposal], unplaced: &[(String, String)]) -> String {
    let mut text = String::from(
        "# Settings of shipwake, written after a look at the files. README.md lists every key.\n\
         # Lines that say CHECK were answered by the likeliest guess.\n\n\
         [organisation]\nname = \"\"\n\
         timezone = \"UTC\"                  # of every period and hour of day\n",
    );
    for proposal in proposals {
        let spec = &proposal.spec;
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[sources]]\nname = {}\npath = {}", quoted(&spec.name), quoted(&proposal.path));
        let _ = writeln!(text, "                  # {}", proposal.format);
        if let Some(table) = &spec.table {
            let _ = writeln!(text, "table = {}", quoted(table));
        }
        if let Some(format) = &spec.format {
            let _ = writeln!(text, "format = {}", quoted(format));
        }
        for check in &proposal.checks {
            let _ = writeln!(text, "# CHECK {check}");
        }
        if let Some(zone) = &spec.timezone {
            let _ = writeln!(text, "timezone = {}", quoted(zone));
        }
        if spec.releases == Some(Keeping::Drop) {
            let _ = writeln!(text, "releases = \"drop\"");
        }
        if spec.date_order.is_some() {
            let _ = writeln!(text, "date_order = \"dmy\"");
        }
        if !spec.columns.is_empty() {
            let _ = writeln!(text, "[sources.columns]                # CHECK canonical = column of the file");
        }
        for (column, header) in &spec.columns {
            let _ = writeln!(text, "{column} = {}", quoted(header));
        }
        if !spec.defaults.is_empty() {
            let _ = writeln!(text, "[sources.defaults]");
        }
        for (column, value) in &spec.defaults {
            let _ = writeln!(text, "{column} = {}", quoted(value));
        }
        if !proposal.unused.is_empty() {
            let _ = writeln!(text, "# kept as `extra`: {}", one_line(&proposal.unused.join(", ")));
        }
    }
    if !unplaced.is_empty() {
        text.push_str("\n# Not placed:\n");
    }
    for (path, reason) in unplaced {
        let _ = writeln!(text, "# {}: {}", one_line(path), one_line(reason));
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was found, and what each metric still lacks.
fn tell(proposals: &[Proposal], unplaced: &[(String, String)], path: &Path) -> Result<(), Failure> {
    for proposal in proposals {
        for account in proposal.account.iter().flatten() {
            let rejected = match account.rows_rejected {
                0 => String::new(),
                count => format!(", {count} rejected"),
            };
            let what = match account.table {
                "" => "that fill no table",
                table => &format!("of {table}"),
            };
            out::say(&format!("{}: {} rows {what}{rejected}", account.path, account.rows_read));
        }
    }
    for (path, reason) in unplaced {
        out::say(&format!("{path}: not placed, {reason}"));
    }
    let given = proposals
        .iter()
        .flat_map(|proposal| proposal.given.iter().cloned())
        .chain(["rollbacks", FAILURES, KNOWN_FAILURES, "files_read"].map(String::from))
        .collect();
    let mut lacking: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for metric in Catalogue::read(embedded::QUERIES, None)?.metrics.into_values() {
        if let Some(reason) = missing(&metric, &given) {
            lacking.entry(reason).or_default().push(metric.name);
        }
    }
    for (reason, metrics) in lacking {
        out::say(&format!("{reason}: {}", metrics.join(", ")));
    }
    if !proposals.is_empty() && path.as_os_str() != "-" {
        out::say(&format!("wrote {}; next: `shipwake check`, then `shipwake report`", path.display()));
    }
    Ok(())
}
