//! Pelorus states what it expects of its recording rules in PromQL. The few shapes that it uses are read here; every
//! answer is one question to the program.

use serde_json::{Map, Value, json};

use super::canonical::{data, own_name};
use super::case::Case;
use super::data::{Data, number, text};

/// A query: `avg(sdp:lead_time:by_app{app=~".*/group/.*"})` is the average over a level of a series.
#[derive(Debug)]
struct Query<'a> {
    function: Function,
    series: &'a str,
    /// A condition on `service` in SQL.
    condition: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Plain,
    Average,
    Count,
}

pub fn all_four(case: &Case) -> Result<Value, String> {
    let data = data(case)?;
    let expected = case.expected.as_object().ok_or("the expectation is no object")?;
    let mut answers = Map::new();
    for (name, value) in expected {
        let answer = match name.as_str() {
            "lead_time_seconds_by_app" => by_service(&data, "change_lead_time", "true")?,
            "recovery_seconds_by_app" => by_service(&data, "time_to_restore", "true")?,
            "cfr_by_app" => by_service(&data, "change_fail_rate", "true")?,
            "promql" => answered(&data, value)?,
            _ => return Err(format!("nobody told what `{name}` is")),
        };
        answers.insert(name.clone(), answer);
    }
    Ok(Value::Object(answers))
}

fn answered(data: &Data, queries: &Value) -> Result<Value, String> {
    let queries = queries.as_object().ok_or("`promql` is no object")?;
    let answers = queries.keys().map(|text| {
        let query = Query::read(text).ok_or_else(|| format!("nobody told how to read `{text}`"))?;
        Ok((text.clone(), query.answer(data).map_err(|error| format!("{text}: {error}"))?))
    });
    answers.collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

impl<'a> Query<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let start = text.find("sdp:").or_else(|| text.find("deploy_timestamp"))?;
        let (before, rest) = text.split_at(start);
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let (series, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let function = match before.trim_start() {
            "" => Function::Plain,
            before if before.starts_with("avg") => Function::Average,
            before if before.starts_with("count") => Function::Count,
            _ => return None,
        };
        let condition = match after.strip_prefix('{') {
            None => "true".to_owned(),
            Some(matcher) => condition(matcher.split_once('}')?.0)?,
        };
        Some(Self { function, series, condition })
    }

    fn answer(&self, data: &Data) -> Result<Value, String> {
        let metric = |word: &str| match word {
            "lead_time" => Some("change_lead_time"),
            "time_to_restore" => Some("time_to_restore"),
            "change_failure_rate" => Some("change_fail_rate"),
            _ => None,
        };
        let unknown = || format!("nobody told what `{}` is", self.series);
        let parts: Vec<&str> = self.series.split(':').collect();
        match (self.function, parts.as_slice()) {
            (Function::Count, ["deploy_timestamp"]) => deployments(data, &self.condition),
            (Function::Plain, ["sdp", "lead_time", "by_commit"]) => by_commit(data, &self.condition),
            (Function::Plain, ["sdp", word, "by_app"]) => {
                by_service(data, metric(word).ok_or_else(unknown)?, &self.condition)
            }
            (Function::Plain, ["sdp", "change_failure_rate", "global"])
            | (Function::Average, ["sdp", "change_failure_rate", "by_app"]) => mean_rate(data, &self.condition),
            (Function::Plain, ["sdp", word, "global"]) | (Function::Average, ["sdp", word, "by_app"]) => {
                let total = data.total(metric(word).ok_or_else(unknown)?, &self.condition)?;
                Ok(total["value"].clone())
            }
            _ => Err(unknown()),
        }
    }
}

/// `app="x"` or `app=~"x.*"`, which must match the whole name.
fn condition(matcher: &str) -> Option<String> {
    let quoted = |text: &str| Some(text.strip_prefix('"')?.strip_suffix('"')?.replace('\'', "''"));
    match matcher.strip_prefix("app=~") {
        Some(pattern) => Some(format!("regexp_like(service, '^(?:{})$')", quoted(pattern)?)),
        None => Some(format!("service = '{}'", quoted(matcher.strip_prefix("app=")?)?)),
    }
}

fn by_service(data: &Data, metric: &str, condition: &str) -> Result<Value, String> {
    let rows = data.by_service(metric, condition)?;
    Ok(rows.iter().map(|row| (text(row, "service"), row["value"].clone())).collect())
}

/// The plain mean over services of each one's rate, so that one deployment weighs like a thousand.
fn mean_rate(data: &Data, condition: &str) -> Result<Value, String> {
    let rows = data.sql(&format!(
        "select avg(value) as value \
         from metric('change_fail_rate', 'total', 'service', '1990-01-01', '2100-01-01') where {condition}"
    ))?;
    Ok(rows.first().map(|row| row["value"].clone()).unwrap_or_default())
}

fn by_commit(data: &Data, condition: &str) -> Result<Value, String> {
    let rows = data.sql(&format!(
        "select delivered.change_id, delivered.service, changes.release_id, delivered.lead_s \
         from (select * from change_lead_time where {condition}) as delivered \
         inner join changes on delivered.change_id = changes.change_id"
    ))?;
    let told = |row| {
        let (id, service, image) = (text(row, "change_id"), text(row, "service"), text(row, "release_id"));
        let commit = own_name(&id);
        let name = format!("sdp:lead_time:by_commit{{app=\"{service}\", commit=\"{commit}\", image_sha=\"{image}\"}}");
        json!([name, number(row, "lead_s")])
    };
    Ok(rows.iter().map(told).collect())
}

/// How many there are; PromQL has no answer where there are none.
fn deployments(data: &Data, condition: &str) -> Result<Value, String> {
    let rows = data.sql(&format!("select count(*) as n from deployments where {condition}"))?;
    let count = rows.first().and_then(|row| number(row, "n"));
    Ok(json!(count.filter(|count| *count > 0.0)))
}
