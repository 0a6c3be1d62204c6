//! Tells where a row came from, as text, only for the rows that somebody looks at.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// A file that was read: the name of its source and its path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName {
    pub source: String,
    pub path: String,
}

/// The two expressions over `place` that canonical tables show as `source` and `source_row`.
#[derive(Debug, Clone)]
pub struct Places {
    name: Arc<ScalarUDF>,
    row: Arc<ScalarUDF>,
}

impl Places {
    pub fn new(files: Vec<FileName>) -> Self {
        let files = Arc::new(files);
        let function = |is_row| {
            let signature = Signature::exact(vec![DataType::Int64], Volatility::Immutable);
            Arc::new(ScalarUDF::from(Place { is_row, files: Arc::clone(&files), signature }))
        };
        Self { name: function(false), row: function(true) }
    }

    pub fn source_name(&self, place: Expr) -> Expr {
        self.name.call(vec![place])
    }

    pub fn source_row(&self, place: Expr) -> Expr {
        self.row.call(vec![place])
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    is_row: bool,
    files: Arc<Vec<FileName>>,
    signature: Signature,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.is_row.hash(state);
    }
}

impl ScalarUDFImpl for Place {
    fn name(&self) -> &str {
        if self.is_row { "source_row" } else { "source_name" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let places = args.args[0].to_array(args.number_rows)?;
        let texts = places.as_primitive::<Int64Type>().iter().map(|place| {
            let place = place?;
            let file = self.files.get(usize::try_from(place >> 40).ok()?)?;
            if !self.is_row {
                return Some(file.source.clone());
            }
            Some(format!("{}:{}", file.path, place & ((1 << 40) - 1)))
        });
        let array: ArrayRef = Arc::new(texts.collect::<StringViewArray>());
        Ok(ColumnarValue::Array(array))
    }
}
