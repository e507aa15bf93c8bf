//! Families of this group.

use crate::row::Row;

mod args;
mod event;
mod fcntl;
mod io;
mod ioctl;
mod ioctl_btrfs;
mod ioctl_console;
mod ioctl_forms;
mod ioctl_net;
mod misc;
mod mount;
mod names_event;
mod names_ioctl;
mod names_ioctl1;
mod names_ioctl2;
mod names_kvm;
mod names_magic;
mod names_mount;
mod names_open;
mod open;
mod poll;
mod quota;
mod recent;
mod stamp;
mod stat;
mod termios;
mod uring;

pub(super) use args::OPEN_FLAGS;
pub(super) use stamp::{date, noted};

/// The families of this group.
pub(super) static FAMILIES: &[&[Row]] = &[
    ioctl::ROWS,
    quota::ROWS,
    recent::ROWS,
    misc::ROWS,
    event::ROWS,
    mount::ROWS,
    fcntl::ROWS,
    poll::ROWS,
    io::ROWS,
    open::ROWS,
    stamp::ROWS,
    stat::ROWS,
    uring::ROWS,
];

#[cfg(test)]
mod tests;
