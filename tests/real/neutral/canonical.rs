//! The rows of a case as canonical tables. Names and identifiers are translated here, and nothing is computed.

use std::collections::BTreeMap;

use super::case::{Case, Row, Tool};
use super::data::{Data, Table, stamp, text};

/// The files of a case, for all tools but DevLake, whose tables are its own.
pub fn data(case: &Case) -> Result<Data, String> {
    let tool = case.tool.ok_or("no tool of that name is known")?;
    let mut deployed = Deployed::default();
    deployed.read(case);
    let mut tables = Vec::new();
    if case.tables.contains_key("changes") {
        deployed.read_builds(case);
        tables.push(changes(case, &deployed));
    }
    if case.tables.contains_key("incidents") {
        tables.push(incidents(case));
    }
    tables.push(deployed.table());
    Ok(Data::new(tool, &switches(tool, case), &tables))
}

/// What a case sets besides the profile of its tool.
fn switches(tool: Tool, case: &Case) -> Vec<String> {
    // None of these tools knows environments: whatever a case calls a deployment counts.
    let mut set = vec![r#"definitions.production=["*"]"#.to_owned()];
    if tool == Tool::Pelorus {
        // A commit is in the image that was built from it, and in none merely because that one came next.
        set.push(r#"definitions.delivery.rules=["explicit", "commit", "release"]"#.to_owned());
    }
    if case.says("same repo") {
        set.push("definitions.attribution.scope=service".to_owned());
    }
    set
}

/// The name that a case gave to a deployment or a change. Some cases cut names short, so that two are the same; ours
/// have a number behind.
pub fn own_name(id: &str) -> &str {
    id.rsplit_once('~').map_or(id, |(name, _)| name)
}

/// Service and number of a build.
type Build = (String, String);

#[derive(Default)]
struct Deployed {
    rows: Vec<Vec<String>>,
    /// Our name of the deployment that each build made.
    of_build: BTreeMap<Build, String>,
}

impl Deployed {
    fn read(&mut self, case: &Case) {
        for row in case.rows("deployments") {
            let id = self.name(row, &text(row, "id"));
            self.rows.push(vec![
                id,
                text(row, "service"),
                text(row, "environment"),
                text(row, "status"),
                stamp(case.instant(row, "started_at")),
                stamp(case.instant(row, "finished_at")),
                text(row, "commit_sha"),
                text(row, "artifact"),
                text(row, "artifact"),
            ]);
        }
    }

    /// A build that never came to its deployment is one that was cancelled at once: its commits go on to the next.
    fn read_builds(&mut self, case: &Case) {
        for row in case.rows("changes") {
            let is_known = build(row).is_none_or(|build| self.of_build.contains_key(&build));
            if is_known {
                continue;
            }
            let id = self.name(row, "build");
            let began = stamp(case.instant(row, "build"));
            let told =
                [id, text(row, "service"), "production".to_owned(), "cancelled".to_owned(), began.clone(), began];
            self.rows.push(told.into_iter().chain(std::iter::repeat_n(String::new(), 3)).collect());
        }
    }

    fn name(&mut self, row: &Row, name: &str) -> String {
        let id = format!("{name}~{}", self.rows.len());
        if let Some(build) = build(row) {
            self.of_build.insert(build, id.clone());
        }
        id
    }

    fn table(self) -> Table {
        Table {
            name: "deployments",
            columns: &[
                "deployment_id",
                "service",
                "environment",
                "status",
                "started_at",
                "finished_at",
                "commit_sha",
                "version",
                "release_id",
            ],
            rows: self.rows,
        }
    }
}

fn build(row: &Row) -> Option<Build> {
    row.contains_key("build").then(|| (text(row, "service"), text(row, "build")))
}

/// Changes are single commits. One that is known by what was built from it is shipped with that, and not with another
/// image of the same commit; one that was built with others goes with the deployment of that build.
fn changes(case: &Case, deployed: &Deployed) -> Table {
    let row = |(place, row): (usize, &Row)| {
        let artifact = text(row, "artifact");
        let commit = if artifact.is_empty() { text(row, "sha") } else { String::new() };
        let shipping = build(row).and_then(|build| deployed.of_build.get(&build).cloned());
        vec![
            format!("{}~{place}", text(row, "sha")),
            text(row, "service"),
            commit,
            stamp(case.instant(row, "committed_at")),
            artifact,
            shipping.unwrap_or_default(),
        ]
    };
    Table {
        name: "changes",
        columns: &["change_id", "service", "commit_sha", "committed_at", "release_id", "deployment_id"],
        rows: case.rows("changes").enumerate().map(row).collect(),
    }
}

/// Where issues are labelled, those without the label that the policy names are no incidents.
fn incidents(case: &Case) -> Table {
    let row = |row: &Row| {
        let labels = row.get("labels").and_then(|labels| labels.as_array());
        let is_meant = match (labels, case.label()) {
            (Some(labels), Some(meant)) => labels.iter().any(|label| label == meant),
            _ => true,
        };
        vec![
            text(row, "id"),
            text(row, "service"),
            stamp(case.instant(row, "created_at")),
            stamp(case.instant(row, "resolved_at")),
            (!is_meant).to_string(),
        ]
    };
    Table {
        name: "incidents",
        columns: &["incident_id", "service", "opened_at", "resolved_at", "is_false_alarm"],
        rows: case.rows("incidents").map(row).collect(),
    }
}
