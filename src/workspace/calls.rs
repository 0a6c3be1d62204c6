//! Table functions that the engine cannot answer by itself: `metric(…)` and `last_deployment_before(…)`.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::NaiveDate;

use super::{Workspace, WorkspaceError};
use crate::engine::{Statement, TableCall, Value, functions};
use crate::metric::{Request, compute, rows};
use crate::period::Grain;
use crate::settings::instant;

impl Workspace {
    /// The answer to a table function that the engine does not know by itself.
    pub(super) fn called(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        match call.function {
            functions::LAST_DEPLOYMENT_BEFORE => self.last_deployment_before(call),
            _ => self.metric_called(call),
        }
    }

    /// `last_deployment_before(service, at)`: no row where there was none.
    fn last_deployment_before(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        let [service, at] = call.arguments.as_slice() else {
            let message = format!("`{}` takes a service and an instant", call.function);
            return Err(WorkspaceError::Call {
                message,
                help: "write `last_deployment_before('checkout', '2026-10-01T12:00:00Z')`",
            });
        };
        let text = "select * from assessed_deployments\n\
                    where status = 'succeeded' and service = $service and finished_at < $at\n\
                    order by finished_at desc, deployment_id\nlimit 1";
        let statement = Statement::once(call.function, call.function, text.to_owned());
        let at = Value::Instant(instant(at, &self.settings.calendar)?);
        let given = BTreeMap::from([("service".to_owned(), Value::Text(service.clone())), ("at".to_owned(), at)]);
        let answer = self.engine.ask(&statement, &given)?;
        let rows = arrow::compute::concat_batches(&answer.schema, &answer.batches);
        rows.map_err(|error| WorkspaceError::Call { message: error.to_string(), help: "report this as a defect" })
    }

    /// `metric(name, grain, by, from, until)`: by default one total over all known days.
    fn metric_called(&self, call: &TableCall) -> Result<RecordBatch, WorkspaceError> {
        let help = "write `metric('change_fail_rate', 'month', 'team,service', '2026-01-01', '2026-07-01')`";
        let refuse = |message: String| WorkspaceError::Call { message, help };
        let argument = |place: usize| call.arguments.get(place).map(String::as_str).filter(|text| !text.is_empty());
        let metric = self.catalogue.metric(argument(0).unwrap_or_default())?;
        if metric.aggregate.is_table() {
            let message = format!("`{0}` is a table: say `select * from {0}`", metric.name);
            return Err(WorkspaceError::Call { message, help: "it has no periods to be asked by" });
        }
        let grain: Grain = argument(1).unwrap_or("total").parse().map_err(refuse)?;
        let by: Vec<String> =
            argument(2).map(|text| text.split(',').map(|one| one.trim().to_owned()).collect()).unwrap_or_default();
        let day = |place: usize| -> Result<Option<NaiveDate>, WorkspaceError> {
            argument(place).map(|text| text.parse().map_err(|_| refuse(format!("`{text}` is no day")))).transpose()
        };
        let known = self.known_days(grain);
        let from = day(3)?.or(known.map(|(from, _)| from));
        let until = day(4)?.or(known.map(|(_, until)| until));
        let (Some(from), Some(until)) = (from, until) else {
            return Err(refuse(format!("metric('{}') has no time: nothing is known", metric.name)));
        };
        let request = Request { grain, from, until, groupings: vec![by], filter: None };
        let computed = compute(&self.context(), &[(metric, request)]);
        let result = computed.into_iter().next().transpose()?.unwrap_or_default().into_iter().next();
        let result = result.ok_or_else(|| refuse(format!("metric('{}') gave nothing", metric.name)))?;
        if let Some(reason) = result.not_measured {
            return Err(WorkspaceError::NotMeasured { name: metric.name.clone(), reason });
        }
        rows(&result).map_err(|error| refuse(error.to_string()))
    }
}
