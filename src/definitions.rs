//! The switches that decide what a number means, as checked types; a leaf that links, SQL and reports read.
//!
//! Names and defaults are a contract: they stand so in `shipwake.toml` and in `--set definitions.…`.

use serde::{Deserialize, Serialize};

/// `[definitions]` of `shipwake.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Definitions {
    pub profile: String,
    /// Globs over `environment`, case-insensitive.
    pub production: Vec<String>,
    pub unit: DeploymentUnit,
    pub frequency: Frequency,
    pub attribution: Attribution,
    pub delivery: Delivery,
    pub change_fail_rate: ChangeFailRate,
    pub lead_time: LeadTime,
    pub recovery: Recovery,
}

impl Default for Definitions {
    fn default() -> Self {
        Self {
            profile: "dora".into(),
            production: ["production", "prod", "prd", "live"].map(String::from).to_vec(),
            unit: DeploymentUnit::Service,
            frequency: Frequency::default(),
            attribution: Attribution::default(),
            delivery: Delivery::default(),
            change_fail_rate: ChangeFailRate::default(),
            lead_time: LeadTime::default(),
            recovery: Recovery::default(),
        }
    }
}

/// What counts as one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentUnit {
    /// Each deployment of a service.
    Service,
    /// One service's deployments of one version, over environments and regions.
    Version,
    /// All deployments of one release.
    Release,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Frequency {
    pub statistic: FrequencyStatistic,
}

impl Default for Frequency {
    fn default() -> Self {
        Self { statistic: FrequencyStatistic::Rate }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrequencyStatistic {
    Rate,
    DeploymentDays,
    MedianPerWeek,
}

/// How an incident finds the deployment that caused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attribution {
    /// In order: an earlier rule's candidate is the primary one.
    pub rules: Vec<AttributionRule>,
    pub scope: AttributionScope,
    /// How long after a deployment an incident may still be its: `72h`, `7d`, or `none` for ever.
    pub window: Window,
    pub boundary: Boundary,
    pub candidates: Candidates,
}

impl Default for Attribution {
    fn default() -> Self {
        use AttributionRule::*;
        Self {
            rules: vec![Explicit, Version, Rollback, Proximity],
            scope: AttributionScope::Service,
            window: Window { seconds: Some(72 * 3600) },
            boundary: Boundary::Closed,
            candidates: Candidates::Finished,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributionRule {
    Explicit,
    Version,
    Rollback,
    Proximity,
    Dependency,
    Latest,
}

impl AttributionRule {
    /// The word in the `rule` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Version => "version",
            Self::Rollback => "rollback",
            Self::Proximity => "proximity",
            Self::Dependency => "dependency",
            Self::Latest => "latest",
        }
    }
}

/// What must be the same for proximity and latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributionScope {
    Service,
    Team,
    All,
}

/// Whether an incident at the very instant of a deployment may be its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    Closed,
    Open,
}

/// Which deployments may be blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidates {
    /// Succeeded, failed or rolled back.
    Finished,
    Succeeded,
    /// Whatever has an end, cancelled ones too.
    All,
}

/// How a change finds the deployment that brought it to production.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// In order: the first that finds a deployment holds.
    pub rules: Vec<DeliveryRule>,
}

impl Default for Delivery {
    fn default() -> Self {
        use DeliveryRule::*;
        Self { rules: vec![Explicit, Commit, Release, Range, Next] }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryRule {
    /// The change names it.
    Explicit,
    /// It shipped the very commit of the change.
    Commit,
    /// It shipped the release of the change.
    Release,
    /// Its commit builds on that of the change.
    Range,
    /// It was the next of the service after the merge.
    Next,
}

impl DeliveryRule {
    /// The word in the `rule` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Commit => "commit",
            Self::Release => "release",
            Self::Range => "range",
            Self::Next => "next",
        }
    }
}

/// A length of time, or none for "without end". Written `90s`, `15m`, `72h`, `7d`, `2w` or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    pub seconds: Option<i64>,
}

/// A hundred years: longer is `none`.
const LONGEST_S: i64 = 100 * 366 * 86_400;

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self { seconds: None });
        }
        let refusal = || format!("`{text}` is not a length of time; write `72h`, `7d`, `30m`, `90s`, `2w` or `none`");
        let unit = text.chars().last().ok_or_else(refusal)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(refusal()),
        };
        let number: i64 = text[..text.len() - 1].parse().map_err(|_| refusal())?;
        let product =
            number.checked_mul(seconds).filter(|total| (0..=LONGEST_S).contains(total)).ok_or_else(refusal)?;
        Ok(Self { seconds: Some(product) })
    }
}

impl From<Window> for String {
    fn from(window: Window) -> String {
        match window.seconds {
            None => "none".into(),
            Some(seconds) if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
            Some(seconds) if seconds % 60 == 0 => format!("{}m", seconds / 60),
            Some(seconds) => format!("{seconds}s"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeFailRate {
    /// Any of these makes a deployment a failed change.
    pub failure: Vec<Failure>,
    /// Incidents milder than this do not count.
    pub min_severity: Severity,
    pub denominator: Denominator,
    pub numerator: Numerator,
    pub blame: Blame,
}

impl Default for ChangeFailRate {
    fn default() -> Self {
        Self {
            failure: vec![Failure::Rollback, Failure::Incident],
            min_severity: Severity::Sev5,
            denominator: Denominator::Reached,
            numerator: Numerator::Deployments,
            blame: Blame::Last,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    Rollback,
    Incident,
    Status,
    Revert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Sev1,
    Sev2,
    Sev3,
    Sev4,
    Sev5,
}

impl Severity {
    /// 1 for the worst, 5 for the mildest.
    pub fn rank(self) -> i64 {
        self as i64 + 1
    }
}

/// Which deployments a failure is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// Succeeded or rolled back.
    Reached,
    /// Reached, and failed.
    Finished,
    Succeeded,
    All,
    /// Reached, and known to have brought a change.
    Delivering,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numerator {
    Deployments,
    Incidents,
}

/// Of several deployments undone by one rollback, which are blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    Last,
    All,
    First,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadTime {
    pub start: LeadTimeStart,
    pub measure: LeadTimeMeasure,
    pub statistic: Statistic,
}

impl Default for LeadTime {
    fn default() -> Self {
        Self { start: LeadTimeStart::FirstCommit, measure: LeadTimeMeasure::Span, statistic: Statistic::Median }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadTimeStart {
    FirstCommit,
    Opened,
    Merged,
    /// As `first_commit`, for tables of changes whose rows are single commits.
    Commit,
}

/// What lies between the start of a change and its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadTimeMeasure {
    /// The time from the one to the other.
    Span,
    /// The sum of coding, review and waiting; a stage that is unknown or runs backwards counts as nothing.
    Stages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    SurvivalMedian,
    Median,
    Mean,
    /// The lower of the two middle values.
    LowerMedian,
    /// The mean over services of each one's mean.
    MeanOfMeans,
    /// The median over days of each one's median.
    MedianOfMedians,
    /// The median over deployments of each one's mean.
    MedianOfMeans,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    pub unit: RecoveryUnit,
    pub clock: RecoveryClock,
    pub end: RecoveryEnd,
    pub statistic: Statistic,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            unit: RecoveryUnit::Deployment,
            clock: RecoveryClock::Incident,
            end: RecoveryEnd::Earliest,
            statistic: Statistic::SurvivalMedian,
        }
    }
}

/// What is recovered from, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryUnit {
    /// Each failed deployment.
    Deployment,
    /// Each incident that is attributed to a deployment.
    Incident,
    /// Failed deployments of a service in a row, with no success between them, from the first.
    Streak,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryClock {
    Incident,
    Deployment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryEnd {
    Resolved,
    Remediation,
    Earliest,
    /// The first successful deployment of the service once the incidents were resolved.
    Released,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_read_and_written_in_its_own_words() {
        let window = Window::try_from("3d".to_string());
        assert_eq!(window, Ok(Window { seconds: Some(259_200) }));
        assert_eq!(String::from(Window { seconds: Some(259_200) }), "72h");
        assert_eq!(Window::try_from("none".to_string()), Ok(Window { seconds: None }));
        assert!(Window::try_from("72 hours".to_string()).is_err());
        assert!(Window::try_from("é".to_string()).is_err());
    }
}
