//! The kinds of sections, one file each, and what chooses among them.

mod audit;
pub mod cards;
mod cases;
mod change;
mod columns_of;
pub mod figures;
pub mod groups;
mod look;
mod method;
mod numbers;
mod quality;
pub mod release;

pub use audit::control_file;

use super::blocks::{Section, Tone};
use super::definition::{SectionKind, SectionSpec};
use super::evidence::Evidence;
use super::statements::Statements;
use super::{BuildError, Subject, blocks};

/// Builds one section; one without blocks is left out by the caller.
pub fn build(
    spec: &SectionSpec,
    subject: &Subject,
    evidence: &Evidence,
    statements: &Statements,
) -> Result<Section, BuildError> {
    let blocks = match spec.kind {
        SectionKind::Cards => cards::blocks(spec, subject, evidence, statements),
        SectionKind::Contents => audit::contents(spec, subject, evidence),
        SectionKind::Controls => audit::matrix(subject, evidence),
        SectionKind::Gaps => audit::gaps(evidence),
        SectionKind::Change => change::blocks(spec, subject, evidence, statements),
        SectionKind::Look => look::blocks(spec, subject, evidence, statements),
        SectionKind::Figures => figures::blocks(spec, subject, evidence, statements),
        SectionKind::Cases => cases::blocks(spec, subject, evidence),
        SectionKind::Groups => groups::blocks(spec, subject, evidence),
        SectionKind::Numbers => numbers::blocks(spec, subject, evidence),
        SectionKind::Release => release::blocks(spec, subject)?,
        SectionKind::Quality => quality::blocks(spec, subject, evidence, statements)?,
        SectionKind::Method => method::blocks(subject, evidence, statements),
        SectionKind::Verify => audit::verify(subject),
    };
    Ok(Section { id: spec.id.clone(), title: spec.title.clone(), blocks })
}

/// Anchor of a metric's figure.
fn anchor(metric: &str) -> String {
    metric.replace('_', "-")
}

fn warning(text: String) -> blocks::Block {
    blocks::Block::Note { tone: Tone::Warning, text }
}
