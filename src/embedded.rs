//! The files that the binary carries: queries, report definitions and templates, the sample company.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
