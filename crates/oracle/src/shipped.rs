//! The scripts that come with the crate: each is a question about ptrace, and its answer.

use crate::script::Script;

/// A script that comes with the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// What it is called.
    pub name: &'static str,
    /// The script.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// All of them, in the order in which one might read them.
        pub const SHIPPED: &[Shipped] =
            &[$(Shipped { name: $name, text: include_str!(concat!("../scripts/", $name, ".script")) }),*];
    };
}

shipped![
    "attach-or-seize",
    "interrupt",
    "how-a-tracer-learns",
    "why-esrch",
    "signal-injection",
    "group-stop-and-listen",
    "detach-with-signal",
    "breakpoint",
    "watchpoint",
    "syscall-stops",
    "seccomp-trace",
    "many-tasks",
    "vfork",
    "exec-without-traceexec",
    "exec-with-traceexec",
    "exec-in-a-thread",
    "kill-and-event-exit",
    "who-sees-the-death",
    "tracer-dies",
];

impl Shipped {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        SHIPPED.iter().copied().find(|shipped| shipped.name == name)
    }

    /// Its question: the title's first line.
    #[must_use]
    pub fn question(&self) -> &'static str {
        self.text.lines().next().map_or("", |line| line.trim_start_matches('#').trim())
    }

    /// The script, read.
    ///
    /// # Errors
    /// It cannot be read; none of those here.
    pub fn script(&self) -> Result<Script, crate::script::ParseError> {
        Script::parse(self.text)
    }
}
