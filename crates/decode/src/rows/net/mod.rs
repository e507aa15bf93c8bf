//! Families of this group.

use crate::row::Row;

mod ipc;
mod message;
mod plain;
mod sigevent;
mod signal;
mod sockaddr;
mod socket;
mod socket_names;
mod sockopt;
mod time;

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[time::ROWS, signal::ROWS, socket::ROWS, ipc::ROWS, plain::ROWS];

#[cfg(test)]
mod tests;
