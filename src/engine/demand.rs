//! Which columns of which tables statements read, found by planning them and never written down by hand.
//!
//! The answer holds base tables, link tables, records and materialised views by name. It is that of the optimiser,
//! which drops what no result depends on.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableScan};
use datafusion::prelude::SessionContext;

use super::{EngineError, Session, Statement};
use crate::table::Selection;

impl Session {
    /// The columns that the statements read in the end, also through materialised views.
    ///
    /// # Errors
    /// Where a statement cannot be planned.
    pub(super) async fn demand(&self, statements: &[Statement]) -> Result<Selection, EngineError> {
        let mut demand = Selection::default();
        for statement in statements {
            let plan = self.plan(statement, &self.parameters).await?;
            collect(&self.context, &plan, &mut demand).map_err(EngineError::Session)?;
        }
        // A view that is computed once reads what is asked of it, and may ask more of another one.
        loop {
            let before = demand.clone();
            for view in self.schema.materialised() {
                if !before.has_table(&view.name) {
                    continue;
                }
                let told = |error| self.schema.explain_within(error, view);
                let plan = self.schema.logical(&self.context, view).await.map_err(told)?;
                let plan = narrowed(plan, &view.name, &before).map_err(told)?;
                collect(&self.context, &plan, &mut demand).map_err(told)?;
            }
            if demand == before {
                return Ok(demand);
            }
        }
    }
}

/// The plan with only the columns that are asked of the table of that name; with its first one where that is only
/// counted.
pub(super) fn narrowed(plan: LogicalPlan, name: &str, only: &Selection) -> Result<LogicalPlan> {
    let fields = plan.schema().columns();
    let mut asked: Vec<Column> = fields.iter().filter(|column| only.has(name, &column.name)).cloned().collect();
    if asked.is_empty() {
        asked.extend(fields.into_iter().next());
    }
    LogicalPlanBuilder::from(plan).project(asked.into_iter().map(Expr::Column))?.build()
}

fn collect(context: &SessionContext, plan: &LogicalPlan, demand: &mut Selection) -> Result<()> {
    let optimised = context.state().optimize(plan)?;
    optimised.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            add(scan, demand);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// The columns that a scan gives or filters by.
fn add(scan: &TableScan, demand: &mut Selection) {
    let table = scan.table_name.table();
    demand.add_table(table);
    for field in scan.projected_schema.fields() {
        demand.add(table, field.name());
    }
    for column in scan.filters.iter().flat_map(Expr::column_refs) {
        demand.add(table, &column.name);
    }
}
