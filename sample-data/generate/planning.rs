//! How a release comes about: the changes in it, the people, the kind, and when it is asked for.

use crate::calendar::{DAY, HOUR, Instant, MINUTE, START, at_a_desk, hour};
use crate::company::{DATA, PIPELINE, STOREFRONT};
use crate::life::Life;
use crate::records::{Change, Deployment, Position, Ticket};
use crate::slots::Slot;
use crate::stories::Fate;

/// A release that is about to reach production.
pub struct Plan {
    pub deployment: Deployment,
    pub changes: Vec<Position>,
    pub crew: Crew,
    pub fate: Fate,
}

/// Who does what in one release; no two roles are held by the same person.
pub struct Crew {
    pub authors: Vec<&'static str>,
    pub deployer: &'static str,
    pub approver: &'static str,
    pub reviewer: &'static str,
}

impl Life<'_> {
    pub fn plan(&mut self, slot: &Slot) -> Plan {
        let is_configuration =
            slot.fate == Fate::Drawn && self.waiting.is_none() && self.is_last_sound() && self.random.chance(0.2);
        let change_type = self.change_type(slot.fate, is_configuration);
        let requested_at = self.requested_at(slot.at, change_type);
        let (mut changes, crew) = match self.waiting.take() {
            Some((changes, crew)) => (changes, crew),
            None => (Vec::new(), self.crew(slot.fate)),
        };
        let category = if is_configuration {
            "configuration"
        } else {
            self.random.weighted(&[
                ("feature", 0.34),
                ("enhancement", 0.28),
                ("defect_fix", 0.24),
                ("security", 0.06),
                ("maintenance", 0.08),
            ])
        };
        let count = if is_configuration {
            1
        } else {
            self.random.weighted(&[(1, 0.12), (2, 0.2), (3, 0.24), (4, 0.22), (5, 0.22)])
        };
        for _ in 0..count {
            changes.push(self.change(&crew, category, requested_at));
        }
        let version = self.version(is_configuration);
        let commit_sha = self.head(&changes);
        let is_by_hand = slot.fate == Fate::ApprovedByItself || self.random.chance(0.3);
        let ticket =
            if self.random.chance(0.9) { changes.iter().find_map(|&at| self.records.changes[at].ticket) } else { None };
        let deployment = Deployment {
            service: self.service,
            is_production: true,
            version,
            commit_sha,
            has_release: self.service.team.name == STOREFRONT.name && !is_configuration,
            status: "succeeded",
            change_type,
            category,
            strategy: if self.random.chance(0.93) { self.service.strategy } else { "rolling" },
            requested_at: Some(requested_at),
            approved_at: None,
            started_at: slot.at,
            finished_at: slot.at + self.random.log_normal(9 * MINUTE, 0.5).clamp(90, 40 * MINUTE),
            requested_by: crew.authors[0],
            approved_by: "",
            deployed_by: if is_by_hand { crew.deployer } else { PIPELINE },
            is_planned: true,
            rollback_of: None,
            fixes_incident: None,
            ticket,
            lines_changed: changes.iter().map(|&at| self.records.changes[at].lines_changed).sum(),
        };
        if !is_configuration {
            self.stage(&deployment, requested_at);
        }
        Plan { deployment, changes, crew, fate: slot.fate }
    }

    /// Configuration goes out with the version that already runs; anything else is a new one.
    fn version(&mut self, is_configuration: bool) -> String {
        match self.running {
            Some(running) if is_configuration => self.records.deployments[running].version.clone(),
            _ => {
                self.minor += 1;
                self.patch = 0;
                format!("{}.{}.0", self.minor / 25 + 1, self.minor % 25)
            }
        }
    }

    /// The last commit merged, except in the data team, whose builds squash their changes.
    fn head(&mut self, changes: &[Position]) -> String {
        let changes = changes.iter().map(|&at| &self.records.changes[at]);
        match changes.max_by_key(|change| change.merged_at) {
            Some(last) if self.service.team.name != DATA.name => last.commit_sha.clone(),
            _ => self.random.hex(7),
        }
    }

    pub fn crew(&mut self, fate: Fate) -> Crew {
        let people = self.random.shuffled(self.service.team.people);
        let (authors, others) = people.split_at(if people.len() > 5 { 3 } else { 2 });
        let is_alone = fate == Fate::ApprovedByItself;
        Crew {
            authors: authors.to_vec(),
            deployer: if is_alone { authors[0] } else { others[0] },
            approver: if is_alone { authors[0] } else { others[1] },
            reviewer: others[1],
        }
    }

    fn change(&mut self, crew: &Crew, category: &'static str, requested_at: Instant) -> Position {
        let latest = requested_at - 75 * MINUTE;
        let earliest = (self.shipped_at + 10 * MINUTE).max(latest - 9 * HOUR).min(latest - HOUR);
        let merged_at = at_a_desk(self.random.between(earliest, latest), self.random);
        let took_s = self.random.log_normal(self.service.team.coding_s, 1.3).clamp(20 * MINUTE, 21 * DAY);
        let committed_at = at_a_desk(merged_at - took_s, self.random);
        let span_s = merged_at - committed_at;
        let opened_at = committed_at + span_s * self.random.between(30, 60) / 100;
        let opened_at = at_a_desk(opened_at, self.random).max(committed_at);
        let first_review_at = opened_at + (merged_at - opened_at) * self.random.between(20, 80) / 100;
        let first_review_at = at_a_desk(first_review_at, self.random).max(opened_at);
        let ticket = self.work_ticket(committed_at, category);
        self.records.changes.push(Change {
            service: self.service,
            author: self.random.pick(&crew.authors),
            reviewer: crew.reviewer,
            commit_sha: self.random.hex(7),
            committed_at,
            opened_at,
            first_review_at: Some(first_review_at),
            merged_at: Some(merged_at),
            lines_changed: self.random.log_normal(60, 1.1).max(1),
            category,
            ticket,
            shipped_by: None,
        });
        self.records.changes.len() - 1
    }

    /// A ticket of the service that was being worked on at `at`, for most changes.
    fn work_ticket(&mut self, at: Instant, category: &str) -> Option<Position> {
        let kind = match category {
            "feature" | "enhancement" => "feature",
            "defect_fix" => "bug",
            "security" => "security",
            _ => return None,
        };
        let name = self.service.name;
        let is_open = |ticket: &Ticket| {
            ticket.service.name == name
                && ticket.kind == kind
                && ticket.started_at.is_some_and(|started_at| started_at <= at)
                && ticket.resolved_at.is_none_or(|resolved_at| resolved_at >= at)
        };
        let open: Vec<Position> =
            (0..self.records.tickets.len()).filter(|&position| is_open(&self.records.tickets[position])).collect();
        if open.is_empty() || self.random.chance(0.1) {
            return None;
        }
        Some(self.random.pick(&open))
    }

    fn change_type(&mut self, fate: Fate, is_configuration: bool) -> &'static str {
        let share = match self.service.tier {
            _ if fate == Fate::ApprovedByItself => 1.0,
            _ if is_configuration => 0.1,
            1 => 0.45,
            2 => 0.35,
            _ => 0.2,
        };
        if self.random.chance(share) { "normal" } else { "standard" }
    }

    fn requested_at(&mut self, started_at: Instant, change_type: &str) -> Instant {
        let median_s = match (change_type, self.service.tier) {
            ("normal", 1) => 22 * HOUR,
            ("normal", 2) => 9 * HOUR,
            ("normal", _) => 4 * HOUR,
            _ => 100 * MINUTE,
        };
        let wait_s = self.random.log_normal(median_s, 0.6).clamp(15 * MINUTE, 4 * DAY);
        let is_overnight = hour(started_at - wait_s) < 8 || hour(started_at - wait_s) >= 19;
        let requested_at = at_a_desk(started_at - wait_s, self.random).max(START + 10 * HOUR);
        // A short wait must not reach back over a weekend merely because the morning is young.
        let is_stretched = is_overnight && wait_s < 4 * HOUR;
        if is_stretched { started_at - 20 * MINUTE } else { requested_at }
    }

    fn is_last_sound(&self) -> bool {
        self.running.is_some_and(|running| self.records.deployments[running].finished_at == self.shipped_at)
    }
}
