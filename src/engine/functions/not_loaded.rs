//! A column that was left out because no asked statement reads it: it can be planned, and it fails when it is read.
//!
//! So what was not loaded is never taken for unknown.

use std::hash::{Hash, Hasher};

use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The expression for a column that was not loaded.
pub fn not_loaded(table: &str, column: &str, data_type: DataType) -> Expr {
    // Volatile, so that planning leaves it as it is.
    let signature = Signature::nullary(Volatility::Volatile);
    ScalarUDF::from(NotLoaded { column: format!("{table}.{column}"), data_type, signature }).call(Vec::new())
}

#[derive(Debug, PartialEq, Eq)]
struct NotLoaded {
    column: String,
    data_type: DataType,
    signature: Signature,
}

impl Hash for NotLoaded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column.hash(state);
    }
}

impl ScalarUDFImpl for NotLoaded {
    fn name(&self) -> &str {
        "not_loaded"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("column `{}` was not loaded, because nothing that was asked reads it", self.column)
    }
}
