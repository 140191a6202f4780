use std::process::ExitCode;

use nnrun::cli::SessionBackend;

fn main() -> ExitCode {
    nnrun::cli::main(&mut SessionBackend).into()
}
