//! Lets a person's SQL read and nothing else.
//!
//! Refused are data definition and change, `copy`, `set`, `prepare` and everything that is not one query.

use datafusion::common::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::sql::parser::{DFParserBuilder, Statement as Tree};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::{EngineError, Statement};

/// The parsed statement, if it can only read.
pub fn only_reading(statement: &Statement) -> Result<Tree, EngineError> {
    let told = |error| EngineError::of_statement(error, statement);
    let mut parser = DFParserBuilder::new(statement.text.as_str()).build().map_err(told)?;
    let mut trees = parser.parse_statements().map_err(told)?;
    let tree = match (trees.pop_front(), trees.len()) {
        (Some(tree), 0) => tree,
        (None, _) => {
            return Err(EngineError::NoStatement { origin: statement.origin.clone() });
        }
        (Some(_), more) => {
            return Err(EngineError::ManyStatements { origin: statement.origin.clone(), count: more + 1 });
        }
    };
    match refused(&tree) {
        Some(what) => Err(EngineError::NotReadOnly { what, origin: statement.origin.clone() }),
        None => Ok(tree),
    }
}

/// A condition, parsed alone and written anew.
pub fn condition(text: &str) -> Result<String, EngineError> {
    let statement = Statement::once("condition", "condition", text.to_owned());
    let told = |error: ParserError| EngineError::of_statement(DataFusionError::from(error), &statement);
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text).map_err(told)?;
    let expression = parser.parse_expr().map_err(told)?;
    match parser.peek_token().token {
        Token::EOF => Ok(expression.to_string()),
        rest => Err(told(ParserError::ParserError(format!("expected the end of the condition, found: {rest}")))),
    }
}

/// The options that the plan is checked against once more, whatever the syntax was.
pub fn options() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// What the statement would do besides reading, as its first keywords.
fn refused(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Statement(inner) => match inner.as_ref() {
            ast::Statement::Query(_) | ast::Statement::ShowVariable { .. } | ast::Statement::ExplainTable { .. } => {
                None
            }
            ast::Statement::Explain { statement, .. } if matches!(statement.as_ref(), ast::Statement::Query(_)) => None,
            other => Some(first_words(&other.to_string())),
        },
        Tree::Explain(explain) => refused(&explain.statement),
        other => Some(first_words(&other.to_string())),
    }
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ").to_lowercase()
}
