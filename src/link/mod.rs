//! Links between tables: which deployment caused an incident, delivered a change, undid another, and when a failed
//! one was made good. The only user of polars.
//!
//! A link is a row with its rule and its evidence, never a judgement that SQL cannot look behind. Nothing is dropped
//! in silence: what names nothing is `dangling`. Links depend on the tables and the rules alone, not on the order of
//! rows nor on the number of threads; ties go to the smaller `deployment_id`.

mod attribution;
mod columns;
mod commit;
mod delivery;
mod dependency;
mod error;
mod evidence;
mod matching;
mod named;
mod next;
mod output;
mod ownership;
mod parallel;
mod production;
mod proximity;
mod range;
mod records;
mod recovery;
mod reference;
mod rollback;
mod score;
#[cfg(test)]
mod tests;
mod timetable;

pub use error::LinkError;
pub use production::{Production, is_production};
pub use records::took_effect;

use arrow::array::RecordBatch;

use self::columns::Columns;
use self::dependency::Dependencies;
use self::ownership::Owners;
use self::range::Ancestry;
use self::records::{Deployments, Incidents};
use self::reference::References;
use self::rollback::Undoing;
use crate::definitions::{self, AttributionScope};
use crate::table::{LINKS, Selection};

/// Goes up by one whenever the same tables and rules give other links, so that nobody takes those that a program before
/// left in a store.
pub const VERSION: u32 = 2;

/// The canonical tables that links rest on; an empty slice is an absent table. Optional columns may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tables<'a> {
    pub deployments: &'a [RecordBatch],
    pub incidents: &'a [RecordBatch],
    pub changes: &'a [RecordBatch],
    pub tickets: &'a [RecordBatch],
    /// Which commits build on which.
    pub commits: &'a [RecordBatch],
    pub dependencies: &'a [RecordBatch],
    /// Who owns what, and since when.
    pub services: &'a [RecordBatch],
}

impl Tables<'_> {
    /// Only the tables that the asked links rest on; the others are taken for absent.
    fn needed_for(&self, asked: &Selection) -> Self {
        let read = reads(asked, asked);
        let needed = |name, batches| if read.has_table(name) { batches } else { &[][..] };
        Self {
            deployments: needed("deployments", self.deployments),
            incidents: needed("incidents", self.incidents),
            changes: needed("changes", self.changes),
            tickets: needed("tickets", self.tickets),
            commits: needed("commits", self.commits),
            dependencies: needed("dependencies", self.dependencies),
            services: needed("services", self.services),
        }
    }
}

/// How links are made.
#[derive(Debug, Clone)]
pub struct Rules {
    pub attribution: definitions::Attribution,
    /// How changes find their deployments, in order.
    pub delivery: Vec<definitions::DeliveryRule>,
    /// What a failed deployment is, and which is blamed for a rollback.
    pub failure: definitions::ChangeFailRate,
    /// Globs over `environment`, case-insensitive.
    pub production: Vec<String>,
    /// "Now", in microseconds since 1970 in UTC.
    pub as_of: i64,
}

/// The tables of links. Each has at least one batch, which has its columns.
#[derive(Debug, Clone)]
pub struct Links {
    /// `incident_id, deployment_id, rule, rank, gap_s, score, evidence, is_primary`
    pub attributions: Vec<RecordBatch>,
    /// `change_id, deployment_id, rule, lead_s` and what a lead time needs of both
    pub deliveries: Vec<RecordBatch>,
    /// `deployment_id, rolled_back, rule, undone_at`
    pub rollbacks: Vec<RecordBatch>,
    /// `deployment_id, failed_at, recovered_at, rule, is_observed, is_vague, resolved_at, remediated_at, finished_at, service,
    /// team`
    pub recoveries: Vec<RecordBatch>,
    /// References that name nothing: `table, id, column, value, reason`
    pub dangling: RecordBatch,
}

/// The columns of canonical tables from which the `asked` columns of link tables are made, where sources may have
/// `given` them.
pub fn reads(asked: &Selection, given: &Selection) -> Selection {
    let mut read = Selection::default();
    let mut add = |table: &str, columns: &[&str]| columns.iter().for_each(|column| read.add(table, column));
    let has_dangling = asked.has_table("dangling_references");
    if has_dangling || LINKS.iter().any(|table| asked.has_table(table.name)) {
        // A commit tells something only where another record names one too.
        let has_commits = given.has("incidents", "commit_sha") || given.has("changes", "commit_sha");
        let of_deployments = records::DEPLOYMENT_COLUMNS.iter().copied();
        add("deployments", &of_deployments.filter(|name| has_commits || *name != "commit_sha").collect::<Vec<_>>());
        add("incidents", records::INCIDENT_COLUMNS);
        add("commits", range::COLUMNS);
        add("dependencies", dependency::COLUMNS);
        add("services", ownership::COLUMNS);
    }
    if has_dangling || asked.has_table("deliveries") {
        add("changes", delivery::RULE_COLUMNS);
        add("changes", &delivery::repeated(Some(asked)));
    }
    if has_dangling {
        add("changes", &["change_id"]);
        add("tickets", &["ticket_id"]);
    }
    read
}

/// Makes all links, or those that are asked for with only their asked columns; the others are left without rows.
///
/// # Errors
/// When a pattern is no glob, a rule is not available, or a column has another type than its table says.
pub fn link(tables: &Tables, rules: &Rules, asked: Option<&Selection>) -> Result<Links, LinkError> {
    let tables = asked.map_or(*tables, |asked| tables.needed_for(asked));
    let production = is_production(&rules.production)?;
    let mut deployments = Deployments::read(tables.deployments, &production)?;
    let mut incidents = Incidents::read(tables.incidents, rules.as_of)?;
    if rules.attribution.scope == AttributionScope::Team {
        let owners = Owners::read(tables.services)?;
        deployments.take_owners(&owners)?;
        incidents.take_owners(&owners)?;
    }
    let changes = Columns::read("changes", tables.changes, &[&["change_id"], delivery::RULE_COLUMNS].concat())?;
    let tickets = Columns::read("tickets", tables.tickets, &["ticket_id"])?.text("ticket_id")?;
    let references = References::resolve(&incidents, &deployments, &changes, &tickets)?;

    let ancestry = Ancestry::read(tables.commits)?;
    let dependencies = Dependencies::read(tables.dependencies)?;
    let (deliveries, blame) = parallel::both(
        || {
            let how = (&ancestry, rules.delivery.as_slice());
            let context = delivery::Context::new(&changes, &deployments, &references.shipping, how);
            delivery::table(&context, tables.changes, asked)
        },
        || blame((&incidents, &deployments, &dependencies), &references, rules),
    );
    let [attributions, rollbacks, recoveries] = blame?;
    let dangling = references.dangling(&incidents, &deployments, &changes)?;
    Ok(Links { attributions, deliveries: deliveries?, rollbacks, recoveries, dangling })
}

/// The `attributions`, `rollbacks` and `recoveries` tables.
fn blame(
    (incidents, deployments, dependencies): (&Incidents, &Deployments, &Dependencies),
    references: &References,
    rules: &Rules,
) -> Result<[Vec<RecordBatch>; 3], LinkError> {
    let undoings = rollback::undoings(deployments, &references.undone, (rules.failure.blame, rules.attribution.window));
    let context = attribution::Context::new(
        (incidents, deployments, dependencies),
        &undoings,
        &references.blamed,
        (&rules.attribution, rules.as_of),
    );
    let attributions = attribution::attribute(&context)?;
    Ok([
        attribution::table(&context, &attributions)?,
        rollback_table(deployments, &undoings)?,
        recovery::table(&context, &attributions, &rules.failure)?,
    ])
}

/// The `rollbacks` table, in order of `deployment_id` and `rolled_back`.
fn rollback_table(deployments: &Deployments, undoings: &[Undoing]) -> Result<Vec<RecordBatch>, LinkError> {
    let mut sorted: Vec<&Undoing> = undoings.iter().collect();
    sorted.sort_by_key(|undoing| (deployments.id(undoing.by), deployments.id(undoing.undone)));
    let all = || sorted.iter();
    output::batches(vec![
        output::text("deployment_id", all().map(|one| Some(deployments.id(one.by)))),
        output::text("rolled_back", all().map(|one| Some(deployments.id(one.undone)))),
        output::text("rule", all().map(|one| Some(one.rule))),
        output::instant("undone_at", all().map(|one| Some(one.at))),
    ])
}
