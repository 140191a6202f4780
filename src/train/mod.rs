//! A training in progress: its whole resumable state, and what it reports.

pub mod event;
