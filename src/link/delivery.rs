//! The `deliveries` table: the production deployment that first brought each change to its users.
//!
//! A deployment delivers where it took effect: it succeeded, or it was rolled back later. A rolled-back deployment
//! counts because it did reach production, and because the same rollback may be recorded as a status by one tool and
//! as a further deployment by another; the lead time must not depend on that. Failed ones deliver nothing.
//! A change that names a deployment that does not exist is not guessed. Undelivered changes are absent.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::{Columns, project};
use super::error::LinkError;
use super::matching::{Pairs, first_equal_rows, kept};
use super::parallel::in_slices;
use super::range::{Ancestry, Reach};
use super::records::Deployments;
use super::reference::Resolved;
use super::{commit, next, output, range};
use crate::bridge;
use crate::definitions::DeliveryRule as Rule;
use crate::table::Selection;

/// Gives the changes that have no delivery yet those that one rule finds; where a change comes twice the first counts.
///
/// Where ancestry is known it also keeps other rules from guessing: who redeploys an old commit does not ship it for
/// the first time; what no deployment holds has not gone out with the next one; and what the first deployment that is
/// known held did not come with a later one.
fn deliver(
    rule: Rule,
    context: &Context,
    reaches: Option<&[Reach]>,
    delivered: &mut [Option<Delivery>],
) -> Result<(), LinkError> {
    let reach = |change: IdxSize| reaches.and_then(|all| all.get(change as usize)).copied().unwrap_or(Reach::Unknown);
    let pairs: Pairs = match rule {
        Rule::Explicit => explicit(context),
        Rule::Commit => {
            let pairs = commit::find(context)?.into_iter();
            pairs.filter(|(change, row)| reach(*change).allows(*row)).collect()
        }
        Rule::Release => release(context)?,
        Rule::Range => reaches.map(range::pairs).unwrap_or_default(),
        Rule::Next => return next::deliver(context, |change| reach(change) == Reach::Unknown, delivered),
    };
    for (change, deployment) in pairs {
        if let Some(slot @ None) = delivered.get_mut(change as usize) {
            *slot = Some((deployment, rule));
        }
    }
    Ok(())
}

/// The row of the deployment that delivers a change, and the rule that found it; eight bytes, for there are millions.
pub(super) type Delivery = (IdxSize, Rule);

/// What a rule may look at.
pub(super) struct Context<'a> {
    pub changes: &'a Columns,
    pub deployments: &'a Deployments,
    /// `changes.deployment_id`, resolved.
    pub named: &'a Resolved,
    pub ancestry: &'a Ancestry,
    /// In order; the first that finds a deployment holds.
    pub rules: &'a [Rule],
    /// For each deployment, whether it took effect in production.
    is_delivering: Vec<bool>,
}

/// Columns of changes that rules need.
pub(super) const RULE_COLUMNS: &[&str] =
    &["service", "commit_sha", "release_id", "deployment_id", "committed_at", "opened_at", "merged_at"];

/// Columns of the change that are repeated, so that a lead time needs no join.
const OF_CHANGE: &[&str] = &["change_id", "committed_at", "opened_at", "first_review_at", "merged_at"];

/// The instants from which a lead time is reckoned: the first commit, else the opening.
const STARTS: [&str; 2] = ["committed_at", "opened_at"];

/// The columns of changes that are repeated where only some columns of deliveries are asked for, and those that a lead
/// time is made of.
pub(super) fn repeated(asked: Option<&Selection>) -> Vec<&'static str> {
    let has_lead = is_asked(asked, "lead_s");
    let is_wanted = |name: &&str| is_asked(asked, name) || (has_lead && STARTS.contains(name));
    OF_CHANGE.iter().copied().filter(is_wanted).collect()
}

fn is_asked(asked: Option<&Selection>, column: &str) -> bool {
    asked.is_none_or(|asked| asked.has("deliveries", column))
}

impl<'a> Context<'a> {
    pub fn new(
        changes: &'a Columns,
        deployments: &'a Deployments,
        named: &'a Resolved,
        (ancestry, rules): (&'a Ancestry, &'a [Rule]),
    ) -> Self {
        let is_delivering =
            deployments.rows().map(|row| deployments.is_production(row) && deployments.took_effect(row)).collect();
        Self { changes, deployments, named, ancestry, rules, is_delivering }
    }

    pub fn is_delivering(&self, row: IdxSize) -> bool {
        self.is_delivering.get(row as usize).copied().unwrap_or(false)
    }

    /// The service of each change; null where it names none, or one that no deployment has: that is a name from
    /// another register, and says nothing here.
    ///
    /// # Errors
    /// When the column is not text.
    pub fn known_services(&self) -> Result<StringChunked, LinkError> {
        let deployed: PlHashSet<&str> = self.deployments.service.iter().flatten().collect();
        let services = self.changes.text("service")?;
        Ok(services.iter().map(|service| service.filter(|service| deployed.contains(service))).collect())
    }

    /// For each change, the first deployment whose `shipped` is what the change has `asked` for: one of its own service
    /// where that is known, in order of changes.
    ///
    /// # Errors
    /// When a join fails.
    pub fn first_shipping(
        &self,
        asked: &StringChunked,
        services: &StringChunked,
        shipped: &StringChunked,
    ) -> Result<Pairs, LinkError> {
        let own = [shipped.clone(), self.deployments.service.clone()];
        let mut found = first_equal_rows(&[asked.clone(), services.clone()], &own)?;
        let without_service = asked.iter().zip(services.iter());
        let without_service: StringChunked =
            without_service.map(|(asked, service)| asked.filter(|_| service.is_none())).collect();
        found.extend(first_equal_rows(&[without_service], std::slice::from_ref(shipped))?);
        found.sort_unstable();
        Ok(found)
    }

    /// A column of deployments, null where they deliver nothing.
    pub fn delivering(&self, column: &StringChunked) -> StringChunked {
        kept(column, |row| self.is_delivering(row))
    }
}

/// The `deliveries` table, in the order and the batches of `changes`.
///
/// Its columns are `change_id`, `deployment_id`, `rule`, `lead_s` (first commit, or opening where that is not known, to
/// deployment), and those of the change and the deployment that are there. Where a column of changes fits as it is, it is shared, not copied.
///
/// # Errors
/// When the joins fail.
pub(super) fn table(
    context: &Context,
    changes: &[RecordBatch],
    asked: Option<&Selection>,
) -> Result<Vec<RecordBatch>, LinkError> {
    let delivered = delivered(context)?;
    let repeated = Repeated::new(context.deployments, changes, asked)?;
    let mut parts = Vec::with_capacity(changes.len());
    let mut rest = delivered.as_slice();
    for batch in changes {
        let (here, after) = rest.split_at_checked(batch.num_rows()).unwrap_or((rest, &[]));
        rest = after;
        // A table whose rows were all refused has no columns either.
        if batch.num_rows() > 0 && (parts.is_empty() || here.iter().any(Option::is_some)) {
            parts.push((batch, here));
        }
    }
    if parts.is_empty() {
        let nothing = DataFrame::new(0, nothing())?;
        return repeated.assembled(nothing, &[]);
    }
    let tables = in_slices(&parts, |parts| {
        let mut tables = Vec::with_capacity(parts.len());
        for (batch, delivered) in parts {
            let of_change = project(std::slice::from_ref(*batch), &repeated.of_change)?;
            tables.extend(repeated.assembled(bridge::from_arrow(&of_change)?, delivered)?);
        }
        Ok(tables)
    });
    let tables: Result<Vec<_>, LinkError> = tables.into_iter().collect();
    Ok(tables?.concat())
}

fn delivered(context: &Context) -> Result<Vec<Option<Delivery>>, LinkError> {
    let mut delivered = vec![None; context.changes.height()];
    let reaches = match context.rules.contains(&Rule::Range) {
        true => range::reaches(context)?,
        false => None,
    };
    for rule in context.rules {
        deliver(*rule, context, reaches.as_deref(), &mut delivered)?;
    }
    for change in &context.named.missing {
        if let Some(slot) = delivered.get_mut(*change as usize) {
            *slot = None;
        }
    }
    Ok(delivered)
}

fn explicit(context: &Context) -> Pairs {
    let named = context.named.found.iter().copied();
    named.filter(|(_, deployment)| context.is_delivering(*deployment)).collect()
}

/// The first delivering deployment of the release, of the change's own service where it names one.
fn release(context: &Context) -> Result<Pairs, LinkError> {
    let Some(asked) = context.changes.known_text("release_id")? else {
        return Ok(Vec::new());
    };
    let shipped = context.delivering(&context.deployments.release_id);
    context.first_shipping(&asked, &context.known_services()?, &shipped)
}

/// What rows of deliveries are made of besides the changes.
struct Repeated<'a> {
    /// The columns that are asked for; all where none.
    asked: Option<&'a Selection>,
    /// The columns of the change that are repeated, and its service.
    of_change: Vec<&'static str>,
    /// `deployment_id`, `service`, `team` where it is known, `deployed_at`.
    deployments: DataFrame,
    /// The name of the commonest rule, for as many rows as the largest batch has.
    next: StringChunked,
}

impl<'a> Repeated<'a> {
    fn new(
        deployments: &Deployments,
        changes: &[RecordBatch],
        asked: Option<&'a Selection>,
    ) -> Result<Self, LinkError> {
        let mut columns = vec![deployments.ids.clone().with_name("deployment_id".into()).into_column()];
        let given = ["service", "team"].iter().filter_map(|name| deployments.frame.column(name).ok());
        columns.extend(given.cloned());
        columns.retain(|column| is_asked(asked, column.name()));
        let finished = deployments.finished_at.clone().with_name("deployed_at".into());
        columns.push(finished.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column());
        let longest = changes.iter().map(RecordBatch::num_rows).max().unwrap_or(0);
        let mut of_change = repeated(asked);
        of_change.extend(is_asked(asked, "service").then_some("service"));
        Ok(Self {
            asked,
            of_change,
            deployments: DataFrame::new(deployments.len(), columns)?,
            next: StringChunked::full("rule".into(), Rule::Next.name(), longest),
        })
    }

    /// The delivered rows of one batch of changes.
    fn assembled(&self, changes: DataFrame, delivered: &[Option<Delivery>]) -> Result<Vec<RecordBatch>, LinkError> {
        let is_delivered: BooleanChunked = delivered.iter().map(|found| Some(found.is_some())).collect();
        let is_whole = is_delivered.all() || changes.width() == 0;
        let mut changes = if is_whole { changes } else { changes.filter(&is_delivered)? };
        let own_service = changes.drop_in_place("service").ok();
        let found = || delivered.iter().flatten();
        let rows = IdxCa::from_vec(PlSmallStr::EMPTY, found().map(|(row, _)| *row).collect());
        let is_next = found().all(|(_, rule)| *rule == Rule::Next);
        let rules = match is_next {
            true => self.next.slice(0, rows.len()).into_column(),
            false => output::text("rule", found().map(|(_, rule)| Some(rule.name()))),
        };
        // The next deployment is one of the service of the change.
        let service = own_service.filter(|_| is_next);
        let own = service.iter().map(|column| column.name().clone());
        let deployments = self.deployments.drop_many(own).take(&rows)?;
        let mut columns = vec![rules];
        if self.is_asked("lead_s") {
            columns.push(lead_times(&changes, &deployments)?);
        }
        columns.extend(service);
        columns.extend(deployments.columns().iter().chain(changes.columns()).cloned());
        // The instant of the deployment always stays, so that every delivery is a row.
        columns.retain(|column| column.name() == "deployed_at" || self.is_asked(column.name()));
        output::batches(columns)
    }

    fn is_asked(&self, column: &str) -> bool {
        is_asked(self.asked, column)
    }
}

/// Whole seconds to the deployment from the first of the starts that is known; null where none is.
fn lead_times(changes: &DataFrame, deployments: &DataFrame) -> Result<Column, LinkError> {
    let deployed = deployments.column("deployed_at")?.to_physical_repr();
    let mut leads = Int64Chunked::full_null("lead_s".into(), deployments.height());
    for start in STARTS.iter().filter_map(|name| changes.column(name).ok()) {
        if leads.null_count() == 0 {
            break;
        }
        let start = start.to_physical_repr();
        let from_here: Int64Chunked =
            arity::binary_elementwise_values(start.i64()?, deployed.i64()?, output::seconds_between);
        leads = match leads.null_count() == leads.len() {
            true => from_here,
            false => leads.zip_with(&leads.is_not_null(), &from_here)?,
        };
    }
    Ok(leads.with_name("lead_s".into()).into_column())
}

/// The columns of changes that are always there, with no rows.
fn nothing() -> Vec<Column> {
    vec![output::text("change_id", std::iter::empty()), output::instant("committed_at", std::iter::empty())]
}
