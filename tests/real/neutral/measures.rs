//! What is asked of the program for each metric of the cases. The number is always the program's: here it is brought
//! into the tool's unit, rounded as the tool rounds, and put under the tool's own name.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::canonical::{data, own_name};
use super::case::{Case, Row};
use super::data::{Data, after, number, text, within};
use super::{devlake, pelorus};

/// Answers one case in the shape of what it expects.
type Measure = fn(&Case) -> Result<Value, String>;

/// Every metric of the cases, sorted by name.
pub const MEASURES: &[(&str, Measure)] = &[
    ("all_four", pelorus::all_four),
    ("change_failure_rate", change_fail_rate),
    ("change_failure_rate_weekly", change_fail_rate_weekly),
    ("correlation", correlation),
    ("deployment_frequency", deployment_frequency),
    ("deployment_frequency_weekly", deployment_frequency_weekly),
    ("lead_time", lead_time),
    ("lead_time_per_pr", devlake::lead_time_per_pr),
    ("previous_successful_deployment", devlake::previous_successful_deployment),
    ("recovery_time", recovery_time),
    ("recovery_time_deploy_based", recovery_time_deploy_based),
    ("recovery_time_release_based", recovery_time_release_based),
    ("recovery_time_weekly", recovery_time_weekly),
];

/// Fields of an expectation that name no number of the tool, or one that is cut to whole numbers.
const UNCOMPARED: [&str; 4] = ["unit", "peer_daily", "peer_avg_weekly", "peer_avg_monthly"];

fn correlation(case: &Case) -> Result<Value, String> {
    let pairs = data(case)?.sql(
        "select deployments.deployment_id, attributions.incident_id \
         from deployments left join attributions \
         on deployments.deployment_id = attributions.deployment_id and attributions.is_primary",
    )?;
    let mut incidents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in &pairs {
        let found = incidents.entry(own_name(&text(pair, "deployment_id")).to_owned()).or_default();
        found.extend(Some(text(pair, "incident_id")).filter(|id| !id.is_empty()));
    }
    Ok(json!({ "deployment_incidents": incidents }))
}

fn change_fail_rate(case: &Case) -> Result<Value, String> {
    let data = data(case)?;
    let condition =
        format!("{} and {}", within("finished_at", case.window()), after("finished_at", case.opens_after("cfr")));
    let total = data.total("change_fail_rate", &condition)?;
    let percent = number(&total, "value").map(|ratio| ratio * 100.0);
    fields(case, |name| {
        Ok(match name {
            "cfr_percent" => json!(percent.unwrap_or(0.0)),
            "cfr_percent_rounded" => json!(percent.unwrap_or(0.0).round()),
            "value" => json!(percent),
            "total" | "total_deployments" => total["n"].clone(),
            "failed" => total["numerator"].clone(),
            "failed_deployments" => {
                let failed =
                    data.sql(&format!("select deployment_id from change_fail_rate where is_failed and {condition}"))?;
                names(&failed)
            }
            "bugs" => data.sql("select count(*) as n from judged_incidents where is_counted")?[0]["n"].clone(),
            _ => return Err(format!("nobody told what `{name}` is")),
        })
    })
}

fn change_fail_rate_weekly(case: &Case) -> Result<Value, String> {
    let data = data(case)?;
    let judged = data.sql(
        "select deployment_id, is_failed, cast(period_start(finished_at, 'week') as text) as week from change_fail_rate",
    )?;
    let mut weeks = Map::new();
    for row in weekly(case, &data, "change_fail_rate")? {
        let week = text(&row, "period_start");
        let of_week = || judged.iter().filter(|row| text(row, "week") == week);
        let total: Vec<Row> = of_week().cloned().collect();
        let failed: Vec<Row> = of_week().filter(|row| row["is_failed"] == true).cloned().collect();
        if row["n"] != total.len() || row["numerator"] != json!(failed.len() as f64) {
            return Err(format!("the rows of {week} are not those that were counted"));
        }
        weeks.insert(week, json!({ "failed": names(&failed), "total": names(&total) }));
    }
    Ok(Value::Object(weeks))
}

fn deployment_frequency(case: &Case) -> Result<Value, String> {
    let total = data(case)?.total("deployment_frequency", &within("finished_at", case.window()))?;
    fields(case, |name| match name {
        "total" | "value" => Ok(total["n"].clone()),
        _ => Err(format!("nobody told what `{name}` is")),
    })
}

fn deployment_frequency_weekly(case: &Case) -> Result<Value, String> {
    let weeks = weekly(case, &data(case)?, "deployment_frequency")?;
    Ok(weeks.into_iter().map(|row| (text(&row, "period_start"), row["n"].clone())).collect())
}

fn lead_time(case: &Case) -> Result<Value, String> {
    let total = data(case)?.total("change_lead_time", &within("deployed_at", case.window()))?;
    in_unit(case, number(&total, "value"))
}

fn recovery_time(case: &Case) -> Result<Value, String> {
    restored(case, &data(case)?.total("time_to_restore", &within("resolved_at", case.window()))?)
}

/// Recoveries count where they ended in the window, wherever they began.
fn recovery_time_deploy_based(case: &Case) -> Result<Value, String> {
    let condition = within("recovered_at", case.window());
    in_unit(case, number(&data(case)?.total("failed_deployment_recovery_time", &condition)?, "value"))
}

fn recovery_time_release_based(case: &Case) -> Result<Value, String> {
    let condition = after("opened_at", case.opens_after("mttr"));
    let total = data(case)?.total("failed_deployment_recovery_time", &condition)?;
    let days = number(&total, "value").unwrap_or(0.0) / 86_400.0;
    fields(case, |name| match name {
        "mttr_days" => Ok(json!((days * 100.0).round() / 100.0)),
        _ => Err(format!("nobody told what `{name}` is")),
    })
}

/// An incident belongs to the week in which it was resolved.
fn recovery_time_weekly(case: &Case) -> Result<Value, String> {
    let data = data(case)?;
    let mut weeks = Map::new();
    let (mut monday, last) = mondays(case);
    while monday <= last {
        let next = monday + Days::new(7);
        let condition = format!("resolved_at >= timestamp '{monday}' and resolved_at < timestamp '{next}'");
        let total = data.total("time_to_restore", &condition)?;
        weeks.insert(monday.to_string(), json!({ "mean_seconds": total["value"], "incident_count": total["n"] }));
        monday = next;
    }
    Ok(Value::Object(weeks))
}

fn restored(case: &Case, total: &Row) -> Result<Value, String> {
    fields(case, |name| match name {
        "mean_seconds" => Ok(total["value"].clone()),
        "incident_count" => Ok(total["n"].clone()),
        _ => Err(format!("nobody told what `{name}` is")),
    })
}

/// A result for each week that the window or a row touches.
fn weekly(case: &Case, data: &Data, metric: &str) -> Result<Vec<Row>, String> {
    let (first, last) = mondays(case);
    let (from, until) = (first.to_string(), (last + Days::new(7)).to_string());
    data.metric(metric, &["--grain", "week", "--from", &from, "--until", &until])
}

/// The first and the last Monday that begin a week of the window or of a row.
fn mondays(case: &Case) -> (NaiveDate, NaiveDate) {
    let monday = |at: DateTime<Utc>| at.date_naive().week(chrono::Weekday::Mon).first_day();
    let window = case.window();
    let ends = case.rows("deployments").filter_map(|row| case.instant(row, "finished_at"));
    let resolutions = case.rows("incidents").filter_map(|row| case.instant(row, "resolved_at"));
    let moments = window.from.into_iter().chain(window.to).chain(ends).chain(resolutions);
    let all: Vec<NaiveDate> = moments.map(monday).collect();
    let known = |day: Option<&NaiveDate>| day.copied().unwrap_or_default();
    (known(all.iter().min()), known(all.iter().max()))
}

/// `value` in the unit that the case names.
fn in_unit(case: &Case, seconds: Option<f64>) -> Result<Value, String> {
    let unit = case.expected["unit"].as_str().unwrap_or("seconds");
    let length = match unit {
        "seconds" => 1.0,
        "minutes" => 60.0,
        "hours" => 3600.0,
        "days" => 86_400.0,
        _ => return Err(format!("`{unit}` is no unit of time")),
    };
    fields(case, |name| match name {
        "value" => Ok(json!(seconds.map(|seconds| seconds / length))),
        _ => Err(format!("nobody told what `{name}` is")),
    })
}

/// The fields that the case expects, each answered; what is not compared is left as it is.
fn fields(case: &Case, answer: impl Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    let expected = case.expected.as_object().ok_or("the expectation is no object")?;
    let answered = expected.iter().map(|(name, value)| {
        let got = if UNCOMPARED.contains(&name.as_str()) { value.clone() } else { answer(name)? };
        Ok((name.clone(), got))
    });
    answered.collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

fn names(rows: &[Row]) -> Value {
    rows.iter().map(|row| json!(own_name(&text(row, "deployment_id")))).collect()
}
