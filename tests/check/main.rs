//! `matrixform check` as a program: its messages, formats and exit statuses, and that it opens only files of the
//! inventory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accepting;
mod cases;
mod certificates;
mod documented;
mod essential;
mod formats;
mod guides;
mod hosts;
mod mistakes;
mod mutations;
mod offline;
mod options;
mod phases;
mod plain;
mod releases;
mod scale;
mod words;
mod workspace;
