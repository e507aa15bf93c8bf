//! `lariat explain`: its options, and what it prints.

use clap::Parser;
use lariat_oracle::Script;
use lariat_oracle::op::vocabulary;
use lariat_oracle::shipped::{SHIPPED, Shipped};
use lariat_oracle::timeline::{self, Asked, Style, Timeline};
use std::io::Read;
use std::path::PathBuf;

/// Play a short script of ptrace on a model of the kernel, and show what happens to whom, and when.
///
/// The exit status is 0 if everything came out as the script says, and with --real as on the
/// running kernel; 1 if not.
///
/// A script names its tasks, and says line by line what they do: system calls in lower case,
/// ptrace requests in upper case. What may come of it follows '->', a remark follows '#':
///
///   # Who gets the signal?
///   tasks: T P
///   T: SEIZE P
///   T: kill P SIGUSR1
///   T: wait4 P -> P SIGUSR1   # the tracer, first
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment, after_long_help = vocabulary::text())]
pub(crate) struct Args {
    /// The script: a name from --list, a file (with a slash or .script in its name), or - for standard input.
    #[arg(required_unless_present = "list", value_name = "SCRIPT")]
    script: Option<String>,
    /// List the scripts that come with lariat, each with the question it answers.
    #[arg(long, conflicts_with_all = ["script", "real", "html"])]
    list: bool,
    /// Have real processes do the same, and say at each step whether the running kernel does as the model does.
    #[arg(long)]
    real: bool,
    /// Write it to this file too, as a page with a picture that needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Colours: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    color: String,
}

/// What there is to print.
#[derive(Debug)]
pub(crate) struct Explained {
    /// For standard output.
    pub(crate) text: String,
    /// For standard error: what is not as it should be. The exit status is 1 if there is any.
    pub(crate) problems: Vec<String>,
}

impl Args {
    /// Plays the script, and writes the page if there is to be one.
    pub(crate) fn explain(&self) -> Result<Explained, String> {
        let Some(source) = self.script.as_deref().filter(|_| !self.list) else {
            return Ok(Explained { text: list(), problems: Vec::new() });
        };
        let script = read(source)?;
        let timeline = Timeline::record(&script, self.real);
        let style = Style { color: self.wants_color(), ..Style::default() };
        let text = timeline::text(&timeline, &style);
        if let Some(file) = &self.html {
            std::fs::write(file, timeline::html(&timeline))
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        Ok(Explained { text, problems: problems(&timeline) })
    }

    fn wants_color(&self) -> bool {
        match self.color.as_str() {
            "always" => true,
            "never" => false,
            _ => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
        }
    }
}

fn problems(timeline: &Timeline) -> Vec<String> {
    let tell = |problem: &String| match &timeline.real {
        Asked::Refused(why) if why == problem => format!("--real: {why}"),
        _ => problem.clone(),
    };
    timeline.problems.iter().map(tell).collect()
}

fn list() -> String {
    let width = SHIPPED.iter().map(|shipped| shipped.name.len()).max().unwrap_or(0);
    SHIPPED.iter().map(|shipped| format!("{:width$}  {}\n", shipped.name, shipped.question())).collect()
}

/// The script of this name, or in this file.
fn read(source: &str) -> Result<Script, String> {
    if source != "-" && !source.contains('/') && !source.ends_with(".script") {
        let Some(shipped) = Shipped::named(source) else {
            let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
            return Err(format!(
                "there is no script '{source}'; there are {} (a file has a slash or .script in its name)",
                names.join(", ")
            ));
        };
        return parse(shipped.name, shipped.text);
    }
    let mut text = String::new();
    let mut read = |from: &mut dyn Read| from.take(LONGEST + 1).read_to_string(&mut text);
    let (name, read) = if source == "-" {
        ("standard input", read(&mut std::io::stdin()))
    } else {
        (source, std::fs::File::open(source).and_then(|mut file| read(&mut file)))
    };
    let length = read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if length as u64 > LONGEST {
        return Err(format!("{name} is no script: it has more than {LONGEST} bytes"));
    }
    parse(name, &text)
}

/// The longest script, bytes.
const LONGEST: u64 = 1 << 20;

fn parse(name: &str, text: &str) -> Result<Script, String> {
    Script::parse(text).map_err(|error| {
        format!(
            "{name}: {error}\nlariat explain --help shows what a script looks like, and lariat explain --list names \
             some to begin with"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from(["explain"].iter().chain(words))
    }

    #[test]
    fn every_shipped_script_is_listed_and_found() {
        let list = list();
        for shipped in SHIPPED {
            assert!(list.contains(shipped.name) && !shipped.question().is_empty(), "{}", shipped.name);
            assert!(read(shipped.name).is_ok(), "{}", shipped.name);
        }
    }

    #[test]
    fn a_script_is_needed_or_the_list_is() {
        assert!(args(&[]).is_err());
        assert!(args(&["--list"]).is_ok());
        assert!(args(&["--list", "interrupt"]).is_err());
    }

    #[test]
    fn an_unknown_name_gives_the_names() {
        let error = read("nonsense").expect_err("no such script");
        assert!(error.contains("nonsense") && error.contains("attach-or-seize"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_to_do() {
        let error = parse("x.script", "tasks: T\nT: fly").expect_err("no such call");
        assert!(error.starts_with("x.script: line 2: 'fly'") && error.contains("--help"), "{error}");
    }
}
