use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;

/// Whether the user wants the run to stop. The trainer looks at it between steps.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Set by Ctrl-C (or a request to terminate) from here on; a second one ends the process at once, with status 130.
    pub fn install() -> Interrupt {
        let interrupt = Interrupt::default();
        let flag = interrupt.0.clone();
        // Without a handler Ctrl-C ends the process as usual, which is no worse than not starting at all.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(Exit::Interrupted as i32);
            }
            eprintln!("\nstopping; once more to stop at once");
        });
        interrupt
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The stop was heard: the next one is a first one again.
    pub fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// The flag itself, for those who know nothing of the command line.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
