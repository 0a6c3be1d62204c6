//! `shipwake init`: looks at files and writes a `shipwake.toml` that reads them, with what to check as comments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use clap::Args;

use crate::embedded;
use crate::metric::{Catalogue, FAILURES, KNOWN_FAILURES, missing};
use crate::remote::{self, HIDDEN_QUERY, without_secrets};
use crate::settings::FILE_NAME;
use crate::source::{self, DateOrder, FileRead, Intake, Keeping, Look, Options, SourceError, Spec};
use crate::table::key_of;

use super::proposal::{Proposal, Unplaced, quoted, stem_of, written};
use super::shared::network;
use super::{Exit, Failure, alike, out};

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

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let to_stdout = arguments.out.as_os_str() == "-";
    if !to_stdout && arguments.out.exists() && !arguments.force {
        let message = format!("`{}` is there already", arguments.out.display());
        return Err(Failure::usage(message, "give another file with `--out`, or `--force` to replace it"));
    }
    let network = network();
    let mut proposals = Vec::new();
    let mut unplaced: Vec<Unplaced> = Vec::new();
    for path in &arguments.paths {
        let spec = Spec { name: "look".into(), path: path.clone(), network: network.clone(), ..Spec::default() };
        for look in source::look(&spec, Path::new("."))? {
            match look {
                Err((path, SourceError::NotUtf8 { .. })) if !remote::is_address(&path) => {
                    // Bytes that are no UTF-8 are any text in this encoding.
                    let spec = Spec { path, encoding: Some(LIKELIEST_ENCODING.into()), ..spec.clone() };
                    for look in source::look(&spec, Path::new("."))? {
                        place(look, &spec, &mut proposals, &mut unplaced);
                    }
                }
                look => place(look, &spec, &mut proposals, &mut unplaced),
            }
        }
    }
    proposals.retain(|proposal: &Proposal| {
        let reason = match &proposal.account {
            Ok(accounts) => repeats(accounts),
            Err(error) => Some(error.to_string()),
        };
        unplaced.extend(reason.iter().map(|reason| Unplaced {
            headers: proposal.headers.clone(),
            ..Unplaced::new(proposal.path.clone(), reason.clone())
        }));
        reason.is_none()
    });
    let looked_at = proposals.iter().map(|proposal| &proposal.path).chain(unplaced.iter().map(|file| &file.path));
    let looked_at: Vec<String> = looked_at.cloned().collect();
    let proposals = without_second_deployments(folded(proposals, &looked_at));
    let text = written(&proposals, &unplaced);
    out::deliver(text.as_bytes(), Some(arguments.out.as_path()).filter(|_| !to_stdout))?;
    tell(&proposals, &unplaced, &arguments.out)?;
    Ok(if proposals.is_empty() { Exit::Failed } else { Exit::Done })
}

/// What most texts are in that are not UTF-8.
const LIKELIEST_ENCODING: &str = "windows-1252";

/// Takes what a look at a file showed for a source, or for none.
fn place(
    look: Result<Look, (String, SourceError)>,
    spec: &Spec,
    proposals: &mut Vec<Proposal>,
    unplaced: &mut Vec<Unplaced>,
) {
    match look {
        Ok(look) if Path::new(&look.path).file_name().is_some_and(|name| name == FILE_NAME) => {}
        Ok(Look { proposal: None, tool: None, path, headers, .. }) => {
            let reason = format!("its columns fit no table: {}", headers.join(", "));
            unplaced.push(Unplaced { path, reason, headers });
        }
        Ok(look) => proposals.extend(propose(look, spec)),
        Err((path, error)) => unplaced.push(Unplaced::new(path, error.to_string())),
    }
}

/// Why a file is no list of services: it names some of them again and again, as a log does.
fn repeats(accounts: &[FileRead]) -> Option<String> {
    let [account] = accounts else { return None };
    let (again, read) = (account.rows_superseded, account.rows_read);
    (account.table == "services" && again > 0)
        .then(|| format!("{again} of its {read} rows name a service once more, so it is no list of services"))
}

/// Files that one source reads as one: of one folder, with like names, read and mapped alike.
fn folded(proposals: Vec<Proposal>, looked_at: &[String]) -> Vec<Proposal> {
    let known: Vec<&str> = looked_at.iter().map(String::as_str).collect();
    let mut groups: Vec<Vec<Proposal>> = Vec::new();
    for proposal in proposals {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.is_like(&proposal))) {
            Some(group) => group.push(proposal),
            None => groups.push(vec![proposal]),
        }
    }
    let mut all = Vec::new();
    for group in groups {
        let paths: Vec<&str> = group.iter().map(|proposal| proposal.path.as_str()).collect();
        let is_of_all = |check: &&String| !check.contains(source::BY_NAME);
        let one = alike::pattern(&paths, &known).and_then(|pattern| {
            let first = group.first()?;
            let name = key_of(&stem_of(&pattern)?);
            let spec = Spec { name, path: pattern.clone(), ..first.spec.clone() };
            let found = (first.format, first.headers.clone(), first.unused.clone());
            let checks = first.checks.iter().filter(is_of_all).cloned().collect();
            answered(spec, pattern, found, checks).filter(|proposal| proposal.account.is_ok())
        });
        match one {
            Some(one) => all.push(one),
            None => all.extend(group),
        }
    }
    all
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
        let Proposal { spec, path, format, headers, unused, checks, .. } = proposal;
        answered(spec, path, (format, headers, unused), checks)
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
    let (network, encoding) = (given.network.clone(), given.encoding.clone());
    if let Some(encoding) = &encoding {
        checks.push(format!("encoding: the file is not UTF-8; are its names right when read as {encoding}?"));
    }
    if let Some(tool) = look.tool {
        let name = key_of(&stem_of(&path).unwrap_or_else(|| tool.to_owned()));
        let spec = Spec { name, path: read_from, format: Some(tool.to_owned()), network, encoding, ..Spec::default() };
        return answered(spec, path, (look.format, look.headers, Vec::new()), checks);
    }
    let (table, columns) = look.proposal?;
    let has_service = columns.contains_key("service");
    let mapped: Vec<&String> = columns.values().collect();
    let unused = look.headers.iter().filter(|header| !mapped.contains(header)).cloned().collect();
    let mut spec = Spec {
        name: key_of(&stem_of(&path).unwrap_or_else(|| table.name.to_owned())),
        path: read_from,
        network,
        encoding,
        table: Some(table.name.to_owned()),
        // A header that bears the canonical name maps itself.
        columns: columns
            .into_iter()
            .filter(|(column, header)| key_of(header) != *column)
            .map(|(column, header)| (column.to_owned(), header))
            .collect(),
        ..Spec::default()
    };
    for (column, others) in &look.rivals {
        checks.push(format!(
            "{column}: or is it {}?",
            others.iter().map(|other| quoted(other)).collect::<Vec<_>>().join(", ")
        ));
    }
    let is_freeze = |header: &String| key_of(header).contains("freeze");
    if table.name == "windows" && !spec.columns.contains_key("kind") && look.headers.iter().any(is_freeze) {
        spec.defaults.insert("kind".into(), "freeze".into());
        checks.push("kind: are these all freezes?".to_owned());
    }
    let is_one_service = table.name == "deployments" && !has_service;
    if is_one_service {
        spec.defaults.insert("service".into(), spec.name.clone());
        checks.push("service: no column names it; is this the log of one service?".to_owned());
    }
    answered(spec, path, (look.format, look.headers, unused), checks)
}

/// Tries the source until it reads, answering what it asks with the likeliest answer and a note to check it.
fn answered(
    mut spec: Spec,
    path: String,
    (format, headers, mut unused): (&'static str, Vec<String>, Vec<String>),
    mut checks: Vec<String>,
) -> Option<Proposal> {
    for _ in 0..6 {
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
                let (account, given) = (Err(error), Vec::new());
                return Some(Proposal { spec, path, format, headers, unused, checks, account, given });
            }
            Ok(Loaded { lacks_service: true, .. }) if !spec.defaults.contains_key("service") => {
                spec.defaults.insert("service".into(), spec.name.clone());
                checks.push("service: no record tells it; are these all of one service?".to_owned());
            }
            Ok(Loaded { unread_flag: Some((header, word)), .. })
                if spec.columns.values().any(|mapped| *mapped == header) =>
            {
                let is_meant = |(_, mapped): &(&String, &String)| **mapped == header;
                let column = spec.columns.iter().find(is_meant).map_or(String::new(), |(column, _)| column.clone());
                spec.columns.remove(&column);
                checks.push(format!(
                    "{column}: left out, for `{word}` in {} is neither true nor false; say what it means under \
                     [sources.values.{column}]",
                    quoted(&header)
                ));
                unused.push(header);
            }
            Ok(Loaded { account, given, by_name, .. }) => {
                checks.extend(by_name);
                let account = Ok(account);
                return Some(Proposal { spec, path, format, headers, unused, checks, account, given });
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
    /// A field, with one of its words, that rejects rows because it is no flag that is known.
    unread_flag: Option<(String, String)>,
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
            let (lacks_service, unread_flag) = (lacks_service(&intake), unread_flag(&intake));
            let by_name = intake.notes.into_iter().filter(|note| note.contains(source::BY_NAME)).collect();
            Ok(Loaded { account: intake.files, given, by_name, lacks_service, unread_flag })
        }
    }
}

/// The first field that rejected a row because its word is neither true nor false, with that word.
fn unread_flag(intake: &Intake) -> Option<(String, String)> {
    let text = |name: &str| intake.rejected.column_by_name(name).and_then(|column| column.as_string_view_opt());
    let (columns, values, reasons) = (text("column")?, text("value")?, text("reason")?);
    let row = reasons.iter().position(|reason| reason == Some("not true or false"))?;
    Some((columns.value(row).to_owned(), values.value(row).to_owned()))
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

/// What leaders ask first; of other metrics only the number is told that lack something.
const FIRST: [&str; 5] = [
    "deployment_frequency",
    "change_lead_time",
    "change_fail_rate",
    "failed_deployment_recovery_time",
    "deployment_rework_rate",
];

/// What was found, and what each metric still lacks.
fn tell(proposals: &[Proposal], unplaced: &[Unplaced], path: &Path) -> Result<(), Failure> {
    for proposal in proposals {
        let mut by_table: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for account in proposal.account.iter().flatten() {
            let counts = by_table.entry(account.table).or_default();
            counts.0 += account.rows_read;
            counts.1 += account.rows_rejected;
        }
        for (table, (read, rejected)) in by_table {
            let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} rejected") };
            let what = if table.is_empty() { "that fill no table".to_owned() } else { format!("of {table}") };
            out::say(&format!("{}: {read} rows {what}{rejected}", proposal.path));
        }
    }
    for Unplaced { path, reason, .. } in unplaced {
        out::say(&format!("{path}: not placed, {reason}"));
    }
    let given = proposals
        .iter()
        .flat_map(|proposal| proposal.given.iter().cloned())
        .chain(["rollbacks", FAILURES, KNOWN_FAILURES, "files_read"].map(String::from))
        .collect();
    let mut lacking: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut others = 0;
    for metric in Catalogue::read(embedded::QUERIES, None)?.metrics.into_values() {
        match missing(&metric, &given) {
            Some(reason) if FIRST.contains(&metric.name.as_str()) => {
                lacking.entry(reason).or_default().push(metric.name);
            }
            Some(_) => others += 1,
            None => {}
        }
    }
    for (reason, metrics) in lacking {
        out::say(&format!("{reason}: {}", metrics.join(", ")));
    }
    if others > 0 {
        out::say(&format!(
            "{others} more metrics lack some of their data; `shipwake explain NAME` says what each needs"
        ));
    }
    if !proposals.is_empty() && path.as_os_str() != "-" {
        out::say(&format!("wrote {}; next: `shipwake check`, then `shipwake report`", path.display()));
    }
    Ok(())
}
