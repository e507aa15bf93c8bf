//! Starting a program that waits to be seized.

use crate::error::{Error, last_errno};
use lariat_abi::{Errno, Tid};
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// No directory of `PATH` has it.
    #[error("Cannot find executable '{}'", .0.to_string_lossy())]
    NotFound(OsString),
    /// A name or an argument contains a NUL byte.
    #[error("an argument contains a NUL byte, which the kernel cannot pass on")]
    Nul,
    /// fork(2) failed.
    #[error(transparent)]
    Fork(Error),
}

/// Starts `argv` in a child that stops itself before execve(2), and returns the child and the path it will
/// execute. The child is in a plain SIGSTOP, seen with `WUNTRACED`: seizing it there loses nothing, since
/// it runs no code of its own between the stop and the execve.
///
/// # Errors
/// See [`SpawnError`]. A program that cannot be executed is reported by the child: the execve is traced.
pub fn spawn_stopped(argv: &[OsString], env: &[(OsString, OsString)]) -> Result<(Tid, PathBuf), SpawnError> {
    let name = argv.first().ok_or_else(|| SpawnError::NotFound(OsString::new()))?;
    let path = find(name).ok_or_else(|| SpawnError::NotFound(name.clone()))?;
    let text = |s: &OsStr| CString::new(s.as_bytes()).map_err(|_| SpawnError::Nul);
    let file = text(path.as_os_str())?;
    let args = argv.iter().map(|a| text(a)).collect::<Result<Vec<_>, _>>()?;
    let vars = env
        .iter()
        .map(|(k, v)| {
            let mut pair = k.clone().into_vec();
            pair.push(b'=');
            pair.extend_from_slice(v.as_bytes());
            text(OsStr::from_bytes(&pair))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let pointers = |list: &[CString]| {
        list.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect::<Vec<*const libc::c_char>>()
    };
    let (argp, envp) = (pointers(&args), pointers(&vars));
    // SAFETY: this process has one thread, so the child may call what it likes; its strings were made before the
    // fork.
    unsafe {
        match libc::fork() {
            -1 => Err(SpawnError::Fork(Error::last("fork"))),
            0 => {
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                libc::kill(libc::getpid(), libc::SIGSTOP);
                libc::execve(file.as_ptr(), argp.as_ptr(), envp.as_ptr());
                eprintln!("lariat: exec: {}", last_errno().description());
                libc::_exit(1)
            }
            child => {
                let mut status = 0;
                while libc::waitpid(child, &raw mut status, libc::WUNTRACED) < 0
                    && last_errno() == Errno::EINTR
                {}
                Ok((Tid::new(child), path))
            }
        }
    }
}

/// Looks a program up as execvp(3) does.
fn find(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return path.exists().then_some(path);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| {
        let Ok(text) = CString::new(file.as_os_str().as_bytes()) else { return false };
        // SAFETY: access(2) reads the string.
        file.is_file() && unsafe { libc::access(text.as_ptr(), libc::X_OK) } == 0
    })
}
