//! shipwake: from deployment logs, incidents, tickets and changes to release metrics and reports.
//!
//! The modules stand in the order in which data flows back to the reader: what the user asks is on top,
//! what everything rests on is at the bottom. A module imports only what stands below it.

pub mod cli;

pub mod workspace;

pub mod settings;

pub mod profiles;

pub mod package;

pub mod sink;

pub mod report;

pub mod chart;

pub mod metric;

pub mod engine;

pub mod store;

pub mod link;

pub mod windows;

pub mod source;

pub mod remote;

pub mod redaction;

pub mod table;

pub mod stats;

pub mod bridge;

pub mod definitions;

pub mod embedded;

pub mod period;

pub mod unit;
