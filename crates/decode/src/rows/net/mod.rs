//! Families of this group.

use crate::row::Row;

mod control;
mod ipc;
mod ipc_control;
mod message;
mod option_names;
mod queue;
mod sigevent;
mod signal;
mod signal_old;
mod sockaddr;
mod sockaddr_link;
mod socket;
mod socket_names;
mod sockopt;
mod time;
mod timex;

pub(crate) use ipc::{POINTED_MSGRCV, POINTED_SHMAT};
pub(crate) use ipc_control::POINTED_SEMCTL;
pub(super) use sockaddr::from_bytes as sockaddr_from_bytes;
pub(super) use sockaddr_link::{ARPHRD, bdaddr};

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[
    time::ROWS,
    signal::ROWS,
    socket::ROWS,
    ipc::ROWS,
    ipc_control::ROWS,
    signal_old::ROWS,
    queue::ROWS,
    timex::ROWS,
];

#[cfg(test)]
mod tests;
