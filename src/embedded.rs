//! The files that the binary carries: queries, report definitions, templates and fonts, the sample company.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
