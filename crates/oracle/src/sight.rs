//! What can be seen of a task from outside, on the model and on the real kernel alike.

use lariat_kernel::SigInfo;
use lariat_kernel::call::Output;

/// What a task is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// It runs in user mode, and has nothing to do.
    Idle,
    /// It is on its way: nothing can be said yet.
    Moving,
    /// It sleeps in a call, and a signal would wake it: `S`.
    Asleep,
    /// It sleeps in a call, and SIGKILL alone would wake it: `D`.
    Waiting,
    /// It is in a ptrace-stop: `t`.
    Traced,
    /// It is in a group-stop, untraced: `T`.
    Stopped,
    /// It is dead, and has not been waited for: `Z`.
    Zombie,
    /// There is no such task any more.
    Gone,
}

impl Seen {
    /// What comes after "it", in a sentence.
    #[must_use]
    pub const fn predicate(self) -> &'static str {
        match self {
            Self::Idle => "runs",
            Self::Moving => "is on its way",
            Self::Asleep => "sleeps in a call",
            Self::Waiting => "sleeps in a call, where only SIGKILL reaches it",
            Self::Traced => "is in a ptrace-stop",
            Self::Stopped => "is stopped",
            Self::Zombie => "is a zombie",
            Self::Gone => "is gone",
        }
    }

    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "runs",
            Self::Moving => "is on its way",
            Self::Asleep => "sleeps",
            Self::Waiting => "waits, killable",
            Self::Traced => "ptrace-stop",
            Self::Stopped => "stopped",
            Self::Zombie => "zombie",
            Self::Gone => "gone",
        }
    }
}

/// What a call gave. Numbers of tasks are the model's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// What it returned; an errno is negative.
    pub value: i64,
    /// What it wrote.
    pub output: Output,
}

/// A task, from outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sight {
    /// What it does.
    pub seen: Seen,
    /// What the call of the last step it made gave, once it has returned.
    pub outcome: Option<Outcome>,
    /// Every signal its handlers have been told of.
    pub handled: Vec<SigInfo>,
}
