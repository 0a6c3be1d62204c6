//! Records of tools, read by the declarations in `vendor`: recognised, made parts of rows, brought together, cast.
//!
//! Several records, in whatever files, may make one row, so that rows are made when every file has been read.

mod describe;
mod extract;
mod fold;
mod gather;
mod keep;
mod manifest;
mod peel;
mod recognise;
mod stamps;
mod tabular;
mod words;

pub mod made;
pub mod model;
pub mod record;

pub use describe::{Description, ShapeDescription, describe};
pub use fold::{Piece, Value, key};
pub use gather::{BY_NAME, Gathered, Made, Manner, READ_AS};
pub use keep::{again, kept, rows_of};
pub use recognise::{count, recognise, vendor_named};
