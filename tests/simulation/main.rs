//! Companies whose truth is known, through the program: what it claims must be true as often as it says.
//!
//! Everything is seeded, so a test fails always or never. Each part tells what it plants, and the numbers that it found
//! when it was written.

mod calibration;
mod claims;
mod company;
mod dice;
mod open_incidents;
