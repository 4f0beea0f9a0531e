//! The kinds against recorded answers of hosts, and their shell functions run for real.

#[cfg(test)]
mod declaring;
#[cfg(test)]
mod service;
