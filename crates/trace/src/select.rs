//! Which calls touch what the user asked for: `-P PATH` and `-e fd=`.

use crate::filter::FdSet;
use crate::settings::Settings;
use lariat_abi::Tid;
use lariat_decode::{Call, Kind, Value};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Paths and descriptors. A call is selected if it names one of the paths, or has a descriptor that is in the
/// set or refers to one of the paths.
pub(crate) struct Selection {
    paths: Vec<Vec<u8>>,
    fds: Option<FdSet>,
}

impl Selection {
    /// What the settings select. A path is also taken for what it resolves to.
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut paths = Vec::new();
        for path in &settings.paths {
            paths.push(path.as_os_str().as_bytes().to_vec());
            if let Ok(real) = std::fs::canonicalize(path)
                && real != *path
            {
                if !settings.quiet.path_resolve {
                    let (path, real) = (path.display(), real.display());
                    eprintln!("lariat: Requested path \"{path}\" resolved into \"{real}\"");
                }
                paths.push(real.into_os_string().into_vec());
            }
        }
        Self { paths, fds: settings.fds.clone() }
    }

    /// Whether nothing in particular was asked for.
    pub(crate) fn is_everything(&self) -> bool {
        self.paths.is_empty() && self.fds.is_none()
    }

    /// Whether the call, as far as it is decoded, touches what was asked for.
    pub(crate) fn touches(&self, tid: Tid, call: &Call) -> bool {
        self.is_everything()
            || call.row.args.iter().zip(&call.values).any(|(arg, value)| match value {
                Value::Str { bytes, .. } => matches!(arg.kind, Kind::Path) && self.paths.contains(bytes),
                _ => self.has_descriptor(tid, value),
            })
    }

    fn has_descriptor(&self, tid: Tid, value: &Value) -> bool {
        let any = |values: &[Value]| values.iter().any(|value| self.has_descriptor(tid, value));
        match value {
            Value::Fd { fd, .. } => {
                let Ok(fd) = i32::try_from(*fd) else { return false };
                self.fds.as_ref().is_some_and(|fds| fds.contains(fd))
                    || !self.paths.is_empty()
                        && std::fs::read_link(format!("/proc/{tid}/fd/{fd}"))
                            .is_ok_and(|link| self.paths.contains(&link.into_os_string().into_vec()))
            }
            Value::Array { items, .. } | Value::Set(items) | Value::Or(_, items) | Value::Call(_, items) => {
                any(items)
            }
            Value::Struct { fields, .. } => fields.iter().any(|(_, value)| self.has_descriptor(tid, value)),
            Value::Note(value, _) => self.has_descriptor(tid, value),
            Value::Changed(before, after) => {
                self.has_descriptor(tid, before) || self.has_descriptor(tid, after)
            }
            _ => false,
        }
    }
}
