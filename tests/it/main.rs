//! Tests of the whole: programs go in, what a user sees comes out.

mod diagnostics;
