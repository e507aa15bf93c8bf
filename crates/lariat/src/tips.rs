//! `--tips`: one thing worth knowing, at the end of a trace.

use std::fmt::Write;

/// How a tip is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Not at all.
    None,
    /// In one paragraph.
    Compact,
    /// In a frame.
    Full,
}

static TIPS: &[&str] = &[
    "lariat trace -f -e trace=%file CMD shows every file that a program and its children look for, and costs next to \
     nothing in between: calls that are not asked for do not stop.",
    "-P PATH shows only the calls that touch a path, by name or through a descriptor.",
    "-e inject=openat:error=ENOENT:when=3 makes the third openat fail: see how a program copes.",
    "-e inject=%net:delay_enter=200ms is a slow network for one program; other tasks go on meanwhile.",
    "-y says what descriptors refer to; -yy adds the addresses of sockets and the numbers of devices.",
    "-Z shows only the calls that failed, -z only those that did not.",
    "--output-format json gives one object a line, with values and not text: made for jq.",
    "-c -w sums up where the time goes, -c alone counts system time.",
    "-D leaves the program to the caller as a direct child: for programs that look at their parent.",
    "-k is accepted, but there are no stack traces yet.",
    "A symbolic link named strace to this binary takes strace's command line.",
    "lariat doctor -p PID says why the kernel would not let you trace a process, and what would change that.",
];

/// Which tip is shown, and how: `[[id:]ID][,[format:]FORMAT]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tips {
    /// `None`: any.
    id: Option<usize>,
    format: Format,
}

impl Tips {
    /// Understands the option's value.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tips = Self { id: None, format: Format::Compact };
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once(':').unwrap_or(("", part));
            match (key, value) {
                ("" | "format", "none") => tips.format = Format::None,
                ("" | "format", "compact") => tips.format = Format::Compact,
                ("" | "format", "full") => tips.format = Format::Full,
                ("" | "id", "random") => tips.id = None,
                ("" | "id", number) => {
                    let id = number.parse().map_err(|_| format!("invalid --tips argument: '{text}'"))?;
                    tips.id = Some(id);
                }
                _ => return Err(format!("invalid --tips argument: '{text}'")),
            }
        }
        Ok(tips)
    }

    /// The tip; empty if none is wanted. `any` chooses one where the user did not.
    pub(crate) fn text(self, any: usize) -> String {
        let tip = TIPS[self.id.unwrap_or(any) % TIPS.len()];
        match self.format {
            Format::None => String::new(),
            Format::Compact => format!("Tip: {tip}\n"),
            Format::Full => framed(tip),
        }
    }
}

fn framed(tip: &str) -> String {
    const WIDTH: usize = 60;
    let mut lines = vec![String::new()];
    for word in tip.split_whitespace() {
        let line = lines.last().map_or(0, String::len);
        if line > 0 && line + 1 + word.len() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let rule = "-".repeat(WIDTH + 2);
    let mut text = format!("+{rule}+\n");
    for line in lines {
        let _ = writeln!(text, "| {line:<WIDTH$} |");
    }
    text + &format!("+{rule}+\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_is_chosen_and_framed() {
        let tips = |text: &str| Tips::parse(text).expect(text);
        assert_eq!(tips("").text(1), format!("Tip: {}\n", TIPS[1]));
        assert_eq!(tips("id:2").text(1), format!("Tip: {}\n", TIPS[2]));
        assert_eq!(tips("none").text(1), "");
        let full = tips("0,format:full").text(5);
        assert!(full.lines().all(|line| line.len() == 64), "{full}");
        assert_eq!(tips(&(TIPS.len() + 1).to_string()).text(0), tips("1").text(0), "numbers go round");
        assert!(Tips::parse("loud").is_err() && Tips::parse("id:-1").is_err());
    }
}
