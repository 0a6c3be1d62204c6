//! Deployments and incidents as links see them: typed columns by row, and what a row is fit for.
//!
//! A row number here is an [`IdxSize`] into these columns. Deployments are held in order of
//! (`finished_at`, `deployment_id`), so that of two rows the smaller wins every tie.

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::columns::Columns;
use super::error::LinkError;
use super::matching::Events;
use super::ownership::Owners;
use super::production::Production;
use crate::definitions::Candidates;

/// How a deployment ended, as far as links care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Succeeded,
    Failed,
    RolledBack,
    /// Cancelled, in progress or unknown.
    Other,
}

pub(super) struct Deployments {
    pub frame: DataFrame,
    pub ids: StringChunked,
    pub service: StringChunked,
    pub team: StringChunked,
    /// In lower case: one place, whichever way a log spells it.
    pub environment: StringChunked,
    pub region: StringChunked,
    pub version: StringChunked,
    pub commit_sha: StringChunked,
    pub release_id: StringChunked,
    pub ticket_id: StringChunked,
    pub rollback_of: StringChunked,
    pub fixes_incident_id: StringChunked,
    pub started_at: Int64Chunked,
    pub finished_at: Int64Chunked,
    pub status: Vec<Status>,
    pub is_production: Vec<bool>,
}

pub(super) const DEPLOYMENT_COLUMNS: &[&str] = &[
    "deployment_id",
    "service",
    "team",
    "environment",
    "region",
    "version",
    "commit_sha",
    "release_id",
    "ticket_id",
    "rollback_of",
    "fixes_incident_id",
    "status",
    "started_at",
    "finished_at",
];

impl Deployments {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(batches: &[RecordBatch], production: &Production) -> Result<Self, LinkError> {
        let mut columns = Columns::read("deployments", batches, DEPLOYMENT_COLUMNS)?.contiguous();
        if let Some(order) = order_of(&columns.instants("finished_at")?, &columns.text("deployment_id")?) {
            columns.frame = columns.frame.take(&order)?;
        }
        let environment = columns.text("environment")?;
        let is_production = production.mask(&environment);
        Ok(Self {
            ids: columns.text("deployment_id")?,
            service: columns.text("service")?,
            team: columns.text("team")?,
            is_production,
            environment: whatever_case(environment),
            region: columns.text("region")?,
            version: columns.text("version")?,
            commit_sha: columns.text("commit_sha")?,
            release_id: columns.text("release_id")?,
            ticket_id: columns.text("ticket_id")?,
            rollback_of: columns.text("rollback_of")?,
            fixes_incident_id: columns.text("fixes_incident_id")?,
            started_at: columns.instants("started_at")?,
            finished_at: columns.instants("finished_at")?,
            status: columns.text("status")?.iter().map(status_of).collect(),
            frame: columns.frame,
        })
    }

    pub fn len(&self) -> usize {
        self.status.len()
    }

    pub fn rows(&self) -> impl Iterator<Item = IdxSize> + use<> {
        0..self.len() as IdxSize
    }

    pub fn id(&self, row: IdxSize) -> &str {
        text_at(&self.ids, row).unwrap_or_default()
    }

    pub fn status(&self, row: IdxSize) -> Status {
        self.status.get(row as usize).copied().unwrap_or(Status::Other)
    }

    pub fn is_production(&self, row: IdxSize) -> bool {
        self.is_production.get(row as usize).copied().unwrap_or(false)
    }

    pub fn finished_at(&self, row: IdxSize) -> Option<i64> {
        instant_at(&self.finished_at, row)
    }

    /// When it began, or where that is unknown, when it finished.
    pub fn began_at(&self, row: IdxSize) -> Option<i64> {
        instant_at(&self.started_at, row).or_else(|| self.finished_at(row))
    }

    /// The finishes of the deployments that are `wanted`, grouped by `groups`.
    ///
    /// # Errors
    /// When a row is out of bounds.
    pub fn finishes(&self, groups: &[&StringChunked], wanted: impl Fn(IdxSize) -> bool) -> Result<Events, LinkError> {
        let rows: Vec<IdxSize> = self.rows().filter(|row| wanted(*row)).collect();
        let places = IdxCa::from_slice(PlSmallStr::EMPTY, &rows);
        let groups: PolarsResult<_> = groups.iter().map(|group| group.take(&places)).collect();
        Ok(Events { at: self.finished_at.take(&places)?, groups: groups?, rows: Some(rows) })
    }

    /// Takes the owners of the services where the log names no team.
    ///
    /// # Errors
    /// When the join fails.
    pub fn take_owners(&mut self, owners: &Owners) -> Result<(), LinkError> {
        let owned = owners.at(&self.service, &self.finished_at)?;
        self.team = self.team.iter().zip(owned.iter()).map(|(own, owner)| own.or(owner)).collect();
        Ok(())
    }

    /// It was live in its environment, be it for a while only.
    pub fn took_effect(&self, row: IdxSize) -> bool {
        matches!(self.status(row), Status::Succeeded | Status::RolledBack) && self.finished_at(row).is_some()
    }

    /// It finished with a status that the rules allow to be blamed.
    pub fn may_be_blamed(&self, row: IdxSize, candidates: Candidates) -> bool {
        let has_status = match candidates {
            Candidates::Finished => self.status(row) != Status::Other,
            Candidates::Succeeded => self.status(row) == Status::Succeeded,
            Candidates::All => true,
        };
        has_status && self.finished_at(row).is_some()
    }
}

pub(super) struct Incidents {
    pub ids: StringChunked,
    pub service: StringChunked,
    /// The team that owned the service when it opened; null for all unless [`Incidents::take_owners`] was called.
    pub team: StringChunked,
    pub deployment_id: StringChunked,
    pub version: StringChunked,
    pub commit_sha: StringChunked,
    pub ticket_id: StringChunked,
    pub opened_at: Int64Chunked,
    pub is_false_alarm: BooleanChunked,
    severity: StringChunked,
    status: StringChunked,
    resolved_at: Int64Chunked,
    closed_at: Int64Chunked,
    as_of: i64,
}

pub(super) const INCIDENT_COLUMNS: &[&str] = &[
    "incident_id",
    "service",
    "deployment_id",
    "version",
    "commit_sha",
    "ticket_id",
    "opened_at",
    "resolved_at",
    "closed_at",
    "is_false_alarm",
    "severity",
    "status",
];

impl Incidents {
    /// # Errors
    /// When a column has another type than its table says.
    pub fn read(batches: &[RecordBatch], as_of: i64) -> Result<Self, LinkError> {
        let columns = Columns::read("incidents", batches, INCIDENT_COLUMNS)?.contiguous();
        Ok(Self {
            ids: columns.text("incident_id")?,
            team: StringChunked::full_null("team".into(), columns.height()),
            service: columns.text("service")?,
            deployment_id: columns.text("deployment_id")?,
            version: columns.text("version")?,
            commit_sha: columns.text("commit_sha")?,
            ticket_id: columns.text("ticket_id")?,
            opened_at: columns.instants("opened_at")?,
            resolved_at: columns.instants("resolved_at")?,
            closed_at: columns.instants("closed_at")?,
            is_false_alarm: columns.flags("is_false_alarm")?,
            severity: columns.text("severity")?,
            status: columns.text("status")?,
            as_of,
        })
    }

    /// Takes the owners of the services.
    ///
    /// # Errors
    /// When the join fails.
    pub fn take_owners(&mut self, owners: &Owners) -> Result<(), LinkError> {
        self.team = owners.at(&self.service, &self.opened_at)?;
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn id(&self, row: IdxSize) -> &str {
        text_at(&self.ids, row).unwrap_or_default()
    }

    pub fn opened_at(&self, row: IdxSize) -> Option<i64> {
        instant_at(&self.opened_at, row)
    }

    /// When it was over; none while it is open, which includes an end later than "now". A record that was closed
    /// without the time of its resolution was over by then at the latest.
    pub fn resolved_at(&self, row: IdxSize) -> Option<i64> {
        let at = instant_at(&self.resolved_at, row).or_else(|| instant_at(&self.closed_at, row));
        at.filter(|at| *at <= self.as_of)
    }

    /// Whether its record calls it over, be it at a time that nobody wrote down. An end later than "now" has not happened.
    pub fn is_over(&self, row: IdxSize) -> bool {
        let has_end = instant_at(&self.resolved_at, row).is_some() || instant_at(&self.closed_at, row).is_some();
        let is_called_over = matches!(text_at(&self.status, row), Some("resolved" | "closed"));
        if has_end { self.resolved_at(row).is_some() } else { is_called_over }
    }

    /// True where `at` lies between its opening and its end, both included; an open incident ends "now".
    pub fn is_open_at(&self, row: IdxSize, at: i64) -> bool {
        let until = self.resolved_at(row).unwrap_or(self.as_of);
        self.opened_at(row).is_some_and(|opened| opened <= at && at <= until)
    }

    pub fn is_false_alarm(&self, row: IdxSize) -> bool {
        self.is_false_alarm.get(row as usize).unwrap_or(false)
    }

    /// Whether it is at least as severe as `rank` (1 is worst); one of unknown severity is.
    pub fn is_at_least(&self, row: IdxSize, rank: i64) -> bool {
        let own = text_at(&self.severity, row).and_then(|word| word.strip_prefix("sev")?.parse::<i64>().ok());
        own.is_none_or(|own| own <= rank)
    }
}

/// Whether a deployment that ended with that status was live, be it for a while only.
pub fn took_effect(status: Option<&str>) -> bool {
    matches!(status_of(status), Status::Succeeded | Status::RolledBack)
}

pub(super) fn text_at(column: &StringChunked, row: IdxSize) -> Option<&str> {
    column.get(row as usize)
}

pub(super) fn instant_at(column: &Int64Chunked, row: IdxSize) -> Option<i64> {
    column.get(row as usize)
}

/// The texts in lower case.
fn whatever_case(texts: StringChunked) -> StringChunked {
    let is_lower = |text: &str| !text.chars().any(char::is_uppercase);
    if texts.iter().flatten().all(is_lower) {
        return texts;
    }
    texts.iter().map(|text| text.map(str::to_lowercase)).collect()
}

fn status_of(word: Option<&str>) -> Status {
    match word {
        Some("succeeded") => Status::Succeeded,
        Some("failed") => Status::Failed,
        Some("rolled_back") => Status::RolledBack,
        _ => Status::Other,
    }
}

/// The rows in order of (instant, key), or none where they are in order already.
fn order_of(instants: &Int64Chunked, keys: &StringChunked) -> Option<IdxCa> {
    let is_sorted = instants.iter().zip(keys.iter()).is_sorted();
    if is_sorted {
        return None;
    }
    let pairs: Vec<(Option<i64>, Option<&str>)> = instants.iter().zip(keys.iter()).collect();
    let mut rows: Vec<IdxSize> = (0..pairs.len() as IdxSize).collect();
    rows.sort_by_key(|row| pairs.get(*row as usize));
    Some(IdxCa::from_vec(PlSmallStr::EMPTY, rows))
}
