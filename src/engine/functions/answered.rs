//! Table functions that the engine cannot answer itself: it says what a statement asks for, is told, and plans again.
//!
//! So `metric('change_fail_rate', 'month', 'team')` stands in any query, though the engine does not know what a metric is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;
use thiserror::Error;

/// One call in a statement: the function and its arguments, which are texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{function}({}) is not answered", .arguments.join(", "))]
pub struct TableCall {
    pub function: &'static str,
    pub arguments: Vec<String>,
}

/// The answers to calls so far.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<BTreeMap<TableCall, RecordBatch>>>);

impl Answers {
    pub fn give(&self, call: TableCall, answer: RecordBatch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call, answer);
    }

    fn of(&self, call: &TableCall) -> Option<RecordBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(call).cloned()
    }
}

/// The call that planning stopped at, where that is why it did.
pub fn unanswered(error: &DataFusionError) -> Option<TableCall> {
    match error.find_root() {
        DataFusionError::External(inner) => inner.downcast_ref::<TableCall>().cloned(),
        _ => None,
    }
}

/// Makes `function` a table function that takes texts.
pub fn register(context: &SessionContext, function: &'static str, answers: &Answers) {
    context.register_udtf(function, Arc::new(Answered { function, answers: answers.clone() }));
}

#[derive(Debug)]
struct Answered {
    function: &'static str,
    answers: Answers,
}

impl TableFunctionImpl for Answered {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let texts: Result<Vec<String>> = arguments.exprs().iter().map(|argument| self.text(argument)).collect();
        let call = TableCall { function: self.function, arguments: texts? };
        let Some(answer) = self.answers.of(&call) else {
            return Err(DataFusionError::External(Box::new(call)));
        };
        Ok(Arc::new(MemTable::try_new(answer.schema(), vec![vec![answer]])?))
    }
}

impl Answered {
    fn text(&self, argument: &Expr) -> Result<String> {
        match argument {
            Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) => Ok(text.clone()),
            other => {
                plan_err!("`{}` takes texts in quotes, no columns and no other values; found: {other}", self.function)
            }
        }
    }
}
