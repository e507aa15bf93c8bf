//! What scripts can say, for those who write them.

use super::{CLONE, OPTIONS, REQUESTS, SA, Shape, USER, WAIT};

/// Calls and instructions, as they are written; in capitals what stands for something else.
pub const CALLS: &[&str] = &[
    "fork NAME",
    "vfork NAME",
    "thread NAME",
    "clone NAME [FLAG|FLAG] [signal=SIGNAL]",
    "exec",
    "exit [CODE]",
    "exit_group [CODE]",
    "wait4 WHO [FLAG|FLAG]",
    "waitid WHO [FLAG|FLAG]",
    "kill WHO SIGNAL",
    "tgkill TASK SIGNAL",
    "sigqueue TASK SIGNAL VALUE",
    "sigaction SIGNAL default [FLAG|FLAG]",
    "sigaction SIGNAL ignore",
    "sigaction SIGNAL handler",
    "block SIGNAL...",
    "unblock SIGNAL...",
    "setmask SIGNAL...",
    "sigsuspend SIGNAL...",
    "sigtimedwait SIGNAL...",
    "getppid",
    "pause",
    "read",
    "nanosleep",
    "epoll_wait",
    "setpgid [TASK]",
    "setsid",
    "setuid UID",
    "personality [VALUE]",
    "dumpable VALUE",
    "subreaper",
    "pdeathsig SIGNAL",
    "ptracer WHO",
    "seccomp trace VALUE",
    "seccomp errno VALUE",
    "seccomp kill",
    "int3",
    "load ADDRESS",
    "store ADDRESS",
    "look",
    "handled",
];

/// How a request is written.
const fn form(shape: Shape) -> &'static str {
    match shape {
        Shape::None => "",
        Shape::Signal => " [SIGNAL]",
        Shape::Options => " [OPTION|OPTION]",
        Shape::Seize => " [addr=VALUE] [OPTION|OPTION]",
        Shape::Index => " NUMBER",
        Shape::SigInfo => " SIGNAL [CODE]",
        Shape::Peek => " OFFSET COUNT [shared]",
        Shape::Size => " [SIZE]",
        Shape::Mask => " SIGNAL...",
        Shape::Memory => " ADDRESS [VALUE]",
        Shape::User => " REGISTER [VALUE]",
        Shape::RegSet => " SET SIZE",
    }
}

/// The ptrace requests, as they are written.
fn requests() -> impl Iterator<Item = String> {
    REQUESTS.iter().map(|(name, _, shape)| {
        let whom = if *name == "TRACEME" { "" } else { " TASK" };
        format!("{name}{whom}{}", form(*shape))
    })
}

/// All of it, for a terminal.
#[must_use]
pub fn text() -> String {
    let mut text = String::from("Calls and instructions:\n");
    columns(&mut text, CALLS.iter().map(ToString::to_string));
    text += "\nRequests:\n";
    columns(&mut text, requests());
    text += "\nWHO is a TASK, 'any' (-1), 'group' (0), 'pgrp TASK' or 'pidfd TASK'. A TASK is one of the script's,\n\
             'init', the parent of the first, or 'nobody'. An ADDRESS is a number, or mem+N in a page that\n\
             each process has.\n\n";
    let names = |list: &mut dyn Iterator<Item = &'static str>| list.collect::<Vec<_>>().join(" ");
    for (what, list) in [
        ("Options", names(&mut OPTIONS.iter().map(|(name, _)| *name))),
        ("Registers", names(&mut USER.iter().map(|(name, _)| *name).chain(["dr0", "...", "dr7"]))),
        ("Flags of wait", names(&mut WAIT.iter().map(|(name, _)| *name))),
        ("Flags of clone", names(&mut CLONE.iter().map(|(name, _)| *name).chain(["thread"]))),
        ("Flags of sigaction", names(&mut SA.iter().map(|(name, _)| *name))),
    ] {
        let mut line = format!("{what}:");
        for word in list.split(' ') {
            if line.len() + 1 + word.len() > 98 {
                text += &line;
                text += "\n";
                line = " ".into();
            }
            line += " ";
            line += word;
        }
        text += &line;
        text += "\n";
    }
    text
}

/// Two columns.
fn columns(text: &mut String, forms: impl Iterator<Item = String>) {
    let forms: Vec<String> = forms.collect();
    let half = forms.len().div_ceil(2);
    for at in 0..half {
        let line = format!("  {:<44}{}", forms[at], forms.get(half + at).map_or("", |form| form));
        *text += line.trim_end();
        *text += "\n";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Op;

    /// A form with something for what stands for something else, and without what may be left out, or with it.
    fn example(form: &str, whole: bool) -> String {
        let mut form = form.to_owned();
        while let (Some(from), Some(to)) = (form.find('['), form.find(']')) {
            let inner = if whole { form[from + 1..to].to_owned() } else { String::new() };
            form.replace_range(from..=to, &inner);
        }
        let flag = match form.split(' ').next() {
            Some("clone") => "ptrace|untraced",
            Some("sigaction") => "restart|nodefer",
            _ => "WNOHANG|__WALL",
        };
        form.replace("FLAG|FLAG", flag)
            .replace("OPTION|OPTION", "TRACEFORK|EXITKILL")
            .replace("SIGNAL...", "SIGUSR1 SIGUSR2")
            .replace("signal=SIGNAL", "signal=SIGUSR1")
            .replace("addr=VALUE", "addr=1")
            .replace("NUMBER", "0")
            .replace("SIGNAL", "SIGUSR1")
            .replace("ADDRESS", "mem+8")
            .replace("REGISTER", "dr7")
            .split(' ')
            .map(|word| match word {
                "NAME" | "TASK" => "P",
                "WHO" => "any",
                "CODE" | "UID" | "VALUE" | "OFFSET" | "COUNT" | "SIZE" | "SET" => "1",
                word => word,
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_form_can_be_read() {
        for form in CALLS.iter().map(ToString::to_string).chain(requests()) {
            for whole in [false, true] {
                let words = example(&form, whole);
                assert!(Op::parse(&words).is_ok(), "{form}: {words}: {:?}", Op::parse(&words));
            }
        }
    }

    #[test]
    fn it_fits_a_terminal() {
        assert!(text().lines().all(|line| line.len() <= 100), "{}", text());
    }
}
