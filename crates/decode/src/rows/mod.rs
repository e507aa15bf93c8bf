//! The rows, by family. Adding a system call is adding one row to the family it belongs to.

use crate::row::Row;

pub mod common;
mod files;
mod net;
pub mod process;

use files::{OPEN_FLAGS, date, noted};
use net::{ARPHRD, bdaddr, sockaddr_from_bytes};
pub(crate) use net::{POINTED_MSGRCV, POINTED_SEMCTL, POINTED_SHMAT};

/// Every family, in groups.
static GROUPS: &[&[&[Row]]] = &[files::FAMILIES, net::FAMILIES, process::FAMILIES];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().copied().flatten().copied().flatten()
}
