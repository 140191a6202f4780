//! A program's training without the rest of its run: for benchmarks, which step it themselves.

use crate::check::{Action, Checked};
use crate::diag::{Diagnostic, codes};
use crate::train::Run;

use super::Listener;
use super::execute::{Execution, Options, Stop, fault};

/// The first training of a checked program without errors, before its first step. Leaves no files.
pub fn first_training(checked: &Checked, options: Options, listener: &mut dyn Listener) -> Result<Run, Diagnostic> {
    let item = checked.program.actions.iter().find_map(|a| match a {
        Action::Train(item) => Some(item),
        _ => None,
    });
    let item = item.ok_or_else(|| Diagnostic::new(&codes::MISSING, "the program trains nothing"))?;
    let mut execution = Execution::new(&checked.program, &checked.sources, options, None, false);
    let (setup, _) = execution.setup(item, listener).map_err(|stop| match stop {
        Stop::Failed(d) => d,
        Stop::Interrupted => Diagnostic::new(&codes::MISSING, "interrupted"),
    })?;
    Run::new(setup).map_err(|f| fault(f, item))
}
