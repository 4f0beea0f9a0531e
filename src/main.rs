//! Arguments in, exit status out.

#![warn(clippy::disallowed_methods)]

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(matrixform::main() as u8)
}
