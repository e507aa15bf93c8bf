//! Scripts: which tasks there are, and what they do one after the other.
//!
//! ```text
//! # A comment. The first lines are the title.
//! tasks: T P
//! T: SEIZE P TRACEFORK
//! P: fork C
//! T: wait4 P -> P SIGTRAP|EVENT_FORK
//! ```
//!
//! The first line that is no comment names the processes there are at first, all of them children of init. Each other line
//! is a task, what it does, and, if it matters, what it is told (several possibilities: ` or `). System calls are written in
//! lower case, ptrace requests in upper case; the next line comes when nothing moves any more. `look` and `handled` do
//! nothing: what they tell is what the task is doing, or what its last call gave, and what its handlers have been told.

use crate::op::{Op, ParseOpError, Plain, Who};

/// A line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line's number, from 1 on.
    pub line: usize,
    /// Who does it.
    pub actor: String,
    /// What.
    pub op: Op,
    /// What may come of it; nothing is said if this is empty.
    pub expected: Vec<String>,
    /// The remark at the end of the line.
    pub remark: String,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The comment at the top.
    pub title: String,
    /// The processes there are at first.
    pub actors: Vec<String>,
    /// What they do.
    pub steps: Vec<Step>,
}

/// A script that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ParseError {
    /// The line.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// How many steps a script may have.
pub const MAX_STEPS: usize = 1000;

/// How many tasks a script may name.
pub const MAX_TASKS: usize = 16;

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// A line that says nothing known, or names a task that is not there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut script = Self::default();
        let mut title = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let fail = |what: String| ParseError { line: at + 1, what };
            let line = line.trim();
            if line.chars().any(|c| c.is_control() && c != '\t') {
                return Err(fail("there is a control character, which does not belong into a script".into()));
            }
            if script.steps.len() == MAX_STEPS {
                return Err(fail(format!("a script has at most {MAX_STEPS} steps")));
            }
            if let Some(comment) = line.strip_prefix('#') {
                if script.actors.is_empty() {
                    title.push(comment.trim());
                }
                continue;
            }
            if line.is_empty() {
                continue;
            }
            let (line, remark) = line.split_once(" #").unwrap_or((line, ""));
            let (actor, rest) =
                line.split_once(':').ok_or_else(|| fail("a line is 'TASK: what it does'".into()))?;
            if script.actors.is_empty() {
                if actor != "tasks" {
                    return Err(fail("the first line is 'tasks: NAME...'".into()));
                }
                for name in rest.split_whitespace() {
                    declare(&mut names, name).map_err(fail)?;
                }
                if names.is_empty() {
                    return Err(fail("name at least one task".into()));
                }
                script.actors.clone_from(&names);
                continue;
            }
            let actor = actor.trim();
            if !names.iter().any(|name| name == actor) && actor != "init" {
                return Err(fail(format!("there is no task '{actor}' yet")));
            }
            let (what, expected) = rest.split_once("->").unwrap_or((rest, ""));
            if rest.contains("->") && expected.trim().is_empty() {
                return Err(fail(
                    "after '->' comes what is expected; without it, leave out the arrow".into(),
                ));
            }
            if expected.contains('#') {
                return Err(fail("what is expected has no '#'; before a remark's there is a blank".into()));
            }
            let op = Op::parse(what).map_err(|ParseOpError(what)| fail(what))?;
            for name in op.names() {
                if !names.iter().any(|known| known == name) && name != "init" && name != "nobody" {
                    return Err(fail(format!("there is no task '{name}' yet")));
                }
            }
            spare_init(actor, &op).map_err(fail)?;
            if let Some(name) = op.makes() {
                declare(&mut names, name).map_err(fail)?;
            }
            let expected = expected.split(" or ").map(str::trim).filter(|e| !e.is_empty());
            script.steps.push(Step {
                line: at + 1,
                actor: actor.into(),
                op,
                expected: expected.map(Into::into).collect(),
                remark: remark.trim().into(),
            });
        }
        if script.actors.is_empty() {
            let line = text.lines().count().max(1);
            return Err(ParseError { line, what: "there is no line 'tasks: NAME...'".into() });
        }
        script.title = title.join("\n").trim().into();
        Ok(script)
    }
}

/// Everything stands on init: it must not die, nor be stopped.
fn spare_init(actor: &str, op: &Op) -> Result<(), String> {
    let is_init = |name: &String| name == "init";
    let harmless = match op {
        Op::Clone(_, flags, _) => flags.is_empty(),
        Op::SigAction(..) | Op::Wait4(..) | Op::WaitId(..) | Op::Mask(..) => true,
        Op::Kill(Who::Task(_), _) | Op::Tgkill(..) | Op::SigQueue(..) | Op::Plain(Plain::Getppid) => true,
        _ => false,
    };
    if actor == "init" && !harmless {
        return Err(
            "init makes processes, waits for them, and sends and handles signals, but nothing else".into()
        );
    }
    match op {
        Op::Kill(Who::Task(name) | Who::PidFd(name), _)
        | Op::Tgkill(name, _)
        | Op::SigQueue(name, ..)
        | Op::Ptrace(_, Some(name), _)
            if is_init(name) =>
        {
            Err("init cannot be traced, nor be sent signals".into())
        }
        _ => Ok(()),
    }
}

fn declare(names: &mut Vec<String>, name: &str) -> Result<(), String> {
    let fits = name.len() <= 8 && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !fits || ["init", "any", "group", "nobody", "none", "pidfd", "pgrp", "tasks"].contains(&name) {
        return Err(format!("'{name}' is no name for a task: take up to 8 letters and digits"));
    }
    if names.iter().any(|known| known == name) {
        return Err(format!("there is a task '{name}' already"));
    }
    if names.len() == MAX_TASKS {
        return Err(format!("a script has at most {MAX_TASKS} tasks"));
    }
    names.push(name.into());
    Ok(())
}

impl std::fmt::Display for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.title.lines() {
            writeln!(f, "# {line}")?;
        }
        writeln!(f, "tasks: {}", self.actors.join(" "))?;
        for step in &self.steps {
            write!(f, "{}: {}", step.actor, step.op)?;
            if !step.expected.is_empty() {
                write!(f, " -> {}", step.expected.join(" or "))?;
            }
            if !step.remark.is_empty() {
                write!(f, " # {}", step.remark)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Script::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for (text, message) in [
            ("", "line 1: there is no line 'tasks: NAME...'"),
            ("# only\n# words", "line 2: there is no line 'tasks: NAME...'"),
            ("T: pause", "line 1: the first line is 'tasks: NAME...'"),
            (
                "tasks: T\nT: pause # \x1b[31m",
                "line 2: there is a control character, which does not belong into a script",
            ),
            (
                "tasks: T\nT: pause ->",
                "line 2: after '->' comes what is expected; without it, leave out the arrow",
            ),
            ("tasks: T\nT: exit 256", "line 2: '256' is no exit status: that is 0 to 255"),
            ("tasks:", "line 1: name at least one task"),
            ("tasks: T\n\npause", "line 3: a line is 'TASK: what it does'"),
            ("tasks: T\nT: dance", "line 2: 'dance' is neither a call nor a request that scripts know"),
            ("tasks: T\nT: kill T SIGFOO", "line 2: 'SIGFOO' is neither a signal nor a number"),
            ("tasks: T\nT: CONT P", "line 2: there is no task 'P' yet"),
            ("tasks: T\nT: fork T", "line 2: there is a task 'T' already"),
            ("tasks: T\nT: pause now", "line 2: 'now' is one word too many"),
            (
                "tasks: T\nT: pause -> 0#0",
                "line 2: what is expected has no '#'; before a remark's there is a blank",
            ),
        ] {
            assert_eq!(refused(text), message);
        }
        assert!(refused("tasks: T\nT: store mem+4089").contains("beyond the page"));
    }

    #[test]
    fn init_is_spared() {
        for line in [
            "init: exit",
            "init: thread A",
            "init: vfork A",
            "T: kill init SIGKILL",
            "T: SEIZE init",
            "init: int3",
        ] {
            assert!(refused(&format!("tasks: T\n{line}")).contains("init"), "{line}");
        }
        for line in [
            "init: fork A",
            "init: wait4 any",
            "init: kill T SIGTERM",
            "T: wait4 init",
            "init: sigaction SIGCHLD handler",
        ] {
            assert!(Script::parse(&format!("tasks: T\n{line}")).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_is_read_prints_as_itself() {
        for shipped in crate::shipped::SHIPPED {
            let script = shipped.script().expect("a script");
            assert_eq!(
                Script::parse(&script.to_string()).map(|again| again.to_string()),
                Ok(script.to_string())
            );
        }
    }
}
