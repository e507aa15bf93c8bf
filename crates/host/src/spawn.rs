//! Starting a program that waits to be seized.

use crate::error::{Error, last_errno};
use crate::seccomp::{self, Filter};
use lariat_abi::{Errno, Tid};
use rustix::fs::Access;
use rustix::io::retry_on_intr;
use rustix::process::{self, PTracer, Pid, WaitOptions};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::io::{IoSlice, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The path leads nowhere.
    #[error("Can't stat '{}': {}", .path.to_string_lossy(), .errno.description())]
    Stat {
        /// The path.
        path: OsString,
        /// Why.
        errno: Errno,
    },
    /// No directory of `PATH` has it.
    #[error("Cannot find executable '{}'", .0.to_string_lossy())]
    NotFound(OsString),
    /// A name or an argument contains a NUL byte.
    #[error("an argument contains a NUL byte, which the kernel cannot pass on")]
    Nul,
    /// fork(2) failed.
    #[error(transparent)]
    Fork(Error),
    /// The process that is to become the program cannot be talked to.
    #[error("starting the program: {0}")]
    Talk(std::io::Error),
}

/// A user to run a program as (`-u`), from the password database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    name: CString,
    uid: u32,
    gid: u32,
}

impl User {
    /// Looks a user up; `None` if there is none of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: getpwnam(3) returns null or a structure that stays until the next call.
        let entry = unsafe { libc::getpwnam(name.as_ptr()).as_ref() }?;
        Some(Self { uid: entry.pw_uid, gid: entry.pw_gid, name })
    }

    /// Becomes this user for good. A set-user-id or set-group-id program gets the effective ids that it would
    /// have without a tracer, since the kernel does not give them to a traced one.
    fn become_for(&self, file: &CStr) -> Result<(), &'static str> {
        let status = rustix::fs::stat(file).ok();
        let owner = |bit: u32| status.filter(|status| status.st_mode & bit != 0);
        let egid = owner(libc::S_ISGID).map_or(self.gid, |status| status.st_gid);
        let euid = owner(libc::S_ISUID).map_or(self.uid, |status| status.st_uid);
        // SAFETY: plain system calls, of which rustix has none for the whole process.
        unsafe {
            if libc::initgroups(self.name.as_ptr(), self.gid) != 0 {
                return Err("initgroups");
            }
            if libc::setregid(self.gid, egid) != 0 {
                return Err("setregid");
            }
            if libc::setreuid(self.uid, euid) != 0 {
                return Err("setreuid");
            }
        }
        Ok(())
    }
}

/// A program to start.
#[derive(Debug, Clone, Copy)]
pub struct Launch<'a> {
    /// The program and its arguments.
    pub argv: &'a [OsString],
    /// Its environment.
    pub env: &'a [(OsString, OsString)],
    /// A seccomp filter to run it under.
    pub filter: Option<&'a Filter>,
    /// Whom to run it as.
    pub user: Option<&'a User>,
}

/// What SIGPIPE did when this process was started. Rust's runtime ignores it before `main`, which the program
/// would inherit.
static SIGPIPE_BEFORE: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

/// Which of the descriptors 0, 1 and 2 were closed then: the runtime opens `/dev/null` for them, which the program
/// would inherit as well. A bit for each.
static CLOSED_BEFORE: AtomicUsize = AtomicUsize::new(0);

extern "C" fn note_inherited() {
    let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    for (number, fd) in standard.into_iter().enumerate() {
        if rustix::io::fcntl_getfd(fd).is_err() {
            CLOSED_BEFORE.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
    // SAFETY: asks for a disposition, and changes nothing.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGPIPE, std::ptr::null(), &raw mut action) == 0 {
            SIGPIPE_BEFORE.store(action.sa_sigaction, Ordering::Relaxed);
        }
    }
}

/// Runs before the runtime: the C library calls what is in this section first.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_INHERITED: extern "C" fn() = note_inherited;

/// What execve(2) takes, made before the fork: another thread may hold the allocator's lock then.
struct Image {
    file: CString,
    args: Strings,
    vars: Strings,
}

/// Strings, and the array of pointers to them that ends with null.
struct Strings {
    _owned: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Strings {
    fn new(strings: Vec<CString>) -> Self {
        let pointers = strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect();
        Self { _owned: strings, pointers }
    }
}

/// Says why the program was not started, without allocating, and ends the child.
fn give_up(call: &str) -> ! {
    let parts = ["lariat: ", call, ": ", last_errno().description(), "\n"];
    // There is nobody to tell if this fails.
    let _ = rustix::io::writev(rustix::stdio::stderr(), &parts.map(|part| IoSlice::new(part.as_bytes())));
    // SAFETY: ends the child.
    unsafe { libc::_exit(1) }
}

/// A process that waits to be seized and then to be told to become the program.
#[derive(Debug)]
pub struct Waiting {
    /// The process.
    pub tid: Tid,
    /// Its end of the talk is closed by the execve.
    line: UnixStream,
}

impl Waiting {
    /// Lets it become the program. It is in a read(2), and runs no code of its own between that and the execve
    /// but to become the user and to install the filter.
    pub fn release(mut self) {
        // If it is gone, the wait tells.
        let _ = self.line.write_all(&[GO]);
    }
}

const GO: u8 = 1;

/// How far the tracer goes from the program when it leaves it to the caller as a direct child (`-D`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// A grandchild in the same process group.
    Grandchild,
    /// In a process group of its own.
    Group,
    /// In a session of its own.
    Session,
}

impl Launch<'_> {
    /// Starts the program in a child of this process.
    ///
    /// # Errors
    /// See [`SpawnError`]. A program that cannot be executed is reported by the child: the execve is traced.
    pub fn spawn(&self) -> Result<Waiting, SpawnError> {
        let image = self.image()?;
        let (ours, theirs) = UnixStream::pair().map_err(SpawnError::Talk)?;
        // SAFETY: this process has one thread, so the child may call what it likes.
        match unsafe { libc::fork() } {
            -1 => Err(SpawnError::Fork(Error::last("fork"))),
            0 => {
                drop(ours);
                self.wait_and_execute(theirs, &image)
            }
            child => Ok(Waiting { tid: Tid::new(child), line: ours }),
        }
    }

    /// Makes this process the one that becomes the program, and returns in a grandchild, the tracer to be.
    ///
    /// # Errors
    /// See [`SpawnError`].
    pub fn become_tracee(&self, distance: Distance) -> Result<Waiting, SpawnError> {
        let image = self.image()?;
        let (mut ours, mut theirs) = UnixStream::pair().map_err(SpawnError::Talk)?;
        let tid = Tid::new(std::process::id() as i32);
        // SAFETY: this process has one thread, so its children may call what they like. The one between ends at
        // once, so that the program has no child that it does not know of.
        unsafe {
            match libc::fork() {
                -1 => return Err(SpawnError::Fork(Error::last("fork"))),
                0 => match libc::fork() {
                    0 => {}
                    grandchild => libc::_exit(i32::from(grandchild < 0)),
                },
                between => {
                    drop(ours);
                    let between = Pid::from_raw(between);
                    let status = retry_on_intr(|| process::waitpid(between, WaitOptions::empty()));
                    let forked = matches!(status, Ok(Some((_, status))) if status.exit_status() == Some(0));
                    let mut tracer = [0; 4];
                    if forked && theirs.read_exact(&mut tracer).is_ok() {
                        // Where Yama lets only ancestors trace, it must be told. Elsewhere it does not exist.
                        if let Some(tracer) = Pid::from_raw(i32::from_ne_bytes(tracer)) {
                            let _ = process::set_ptracer(PTracer::ProcessID(tracer));
                        }
                        let _ = theirs.write_all(&[GO]);
                    }
                    self.wait_and_execute(theirs, &image)
                }
            }
            match distance {
                Distance::Grandchild => {}
                Distance::Group => drop(process::setpgid(None, None)),
                Distance::Session => drop(process::setsid()),
            }
        }
        drop(theirs);
        ours.write_all(&std::process::id().to_ne_bytes()).map_err(SpawnError::Talk)?;
        ours.read_exact(&mut [0]).map_err(SpawnError::Talk)?;
        Ok(Waiting { tid, line: ours })
    }

    /// In the process that becomes the program: waits for the tracer. Without one there is nothing to do.
    fn wait_and_execute(&self, mut line: UnixStream, image: &Image) -> ! {
        // SAFETY: a disposition, descriptors that nobody uses from here on, and the end of this process.
        unsafe {
            for fd in (0..3).filter(|fd| CLOSED_BEFORE.load(Ordering::Relaxed) >> fd & 1 != 0) {
                rustix::io::close(fd);
            }
            libc::signal(libc::SIGPIPE, SIGPIPE_BEFORE.load(Ordering::Relaxed));
            if line.read_exact(&mut [0]).is_err() {
                libc::_exit(1);
            }
        }
        self.execute(image)
    }

    fn image(&self) -> Result<Image, SpawnError> {
        let name = self.argv.first().ok_or_else(|| SpawnError::NotFound(OsString::new()))?;
        let path = find(name)?;
        let text = |s: &OsStr| CString::new(s.as_bytes()).map_err(|_| SpawnError::Nul);
        let variable = |(name, value): &(OsString, OsString)| {
            let mut pair = name.clone().into_vec();
            pair.push(b'=');
            pair.extend_from_slice(value.as_bytes());
            text(OsStr::from_bytes(&pair))
        };
        Ok(Image {
            file: text(path.as_os_str())?,
            args: Strings::new(self.argv.iter().map(|a| text(a)).collect::<Result<_, _>>()?),
            vars: Strings::new(self.env.iter().map(variable).collect::<Result<_, _>>()?),
        })
    }

    /// Becomes the program.
    fn execute(&self, image: &Image) -> ! {
        if let Some(filter) = self.filter {
            // The tracer sees whether it was installed. As the user it may need more than it has.
            let _ = seccomp::install(filter);
        }
        if let Some(Err(call)) = self.user.map(|user| user.become_for(&image.file)) {
            give_up(call);
        }
        // SAFETY: the arrays end with null and their strings with NUL.
        unsafe {
            libc::execve(image.file.as_ptr(), image.args.pointers.as_ptr(), image.vars.pointers.as_ptr())
        };
        give_up("exec")
    }
}

/// Looks a program up as execvp(3) does.
fn find(name: &OsStr) -> Result<PathBuf, SpawnError> {
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return match std::fs::metadata(&path) {
            Ok(_) => Ok(path),
            Err(error) if error.raw_os_error().is_none() => Err(SpawnError::Nul),
            Err(_) => Err(SpawnError::Stat { path: name.into(), errno: last_errno() }),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file() && rustix::fs::access(file, Access::EXEC_OK).is_ok());
    found.ok_or_else(|| SpawnError::NotFound(name.into()))
}
