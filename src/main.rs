//! Arguments in, exit status out, nothing else.

fn main() {}
