//! Arguments in, exit status out, nothing else.

#![warn(clippy::disallowed_methods)]

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(matrixform::main() as u8)
}
