//! `lariat doctor`: its options, and what it prints.

use crate::trace_cli::process_ids;
use clap::Parser;
use lariat_abi::Tid;
use lariat_engine::doctor::{self, Diagnosis};

/// Say whether a process can be traced, every rule that forbids it, and what would change that.
///
/// Without -p: whether lariat can trace what it starts. Nothing is stopped or disturbed. The exit status is 0 if all
/// of it can be traced, and 1 if not.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The processes, or threads, separated by commas, blanks or newlines; may be repeated.
    #[arg(short = 'p', long = "attach", value_name = "PID", allow_hyphen_values = true)]
    attach: Vec<String>,
}

impl Args {
    /// What there is to say.
    pub(crate) fn diagnoses(&self) -> Result<Vec<Diagnosis>, String> {
        let pids = process_ids(&self.attach)?;
        if pids.is_empty() && !self.attach.is_empty() {
            return Err("-p names no process".into());
        }
        if pids.is_empty() {
            return Ok(vec![doctor::examine_children()]);
        }
        Ok(pids.into_iter().map(|pid| doctor::examine(Tid::new(pid))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args::try_parse_from(["doctor"].iter().chain(words)).expect("options")
    }

    #[test]
    fn each_process_is_examined_once() {
        let own = std::process::id();
        let diagnoses =
            args(&["-p", &format!("{own},{own}"), "--attach", "2147483647"]).diagnoses().expect("two");
        assert_eq!(diagnoses.len(), 2);
        assert!(!diagnoses[0].may_trace() && !diagnoses[1].may_trace());
    }

    #[test]
    fn what_is_no_process_is_said_so() {
        for odd in ["x", "0", "-1", "99999999999", ""] {
            assert!(args(&["-p", odd]).diagnoses().is_err(), "{odd}");
        }
    }
}
