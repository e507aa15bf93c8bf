use super::*;

fn parse(args: &[&str]) -> Result<Settings, String> {
    let all = std::iter::once("trace").chain(args.iter().copied());
    Args::try_parse_from(all).map_err(|e| e.to_string())?.settings()
}

#[test]
fn options_end_where_the_program_begins() {
    let s = parse(&["-fo", "out", "-tt", "ls", "-l", "--all", "-o"]).expect("valid");
    assert_eq!(s.command, ["ls", "-l", "--all", "-o"]);
    assert_eq!(s.follow, Follow::Yes);
    assert_eq!(s.output, Output::File("out".into()));
    assert_eq!(s.stamp, Some((Stamp::Clock, 6)));
}

#[test]
fn lists_of_processes_and_variables() {
    let s = parse(&["-p", "1,2", "-p", "3 4", "-E", "A=b=c", "-E", "D"]).expect("valid");
    assert_eq!(s.attach, [1, 2, 3, 4]);
    assert_eq!(s.env[0], ("A".into(), Some("b=c".into())));
    assert_eq!(s.env[1], ("D".into(), None));
}

#[test]
fn bad_input_is_said_plainly() {
    assert_eq!(parse(&[]).unwrap_err(), "must have PROG [ARGS] or -p PID");
    assert_eq!(parse(&["-s", "x", "ls"]).unwrap_err(), "invalid -s argument: 'x'; use a number from 0");
    assert_eq!(parse(&["-p", "0"]).unwrap_err(), "Invalid process id: '0'");
    assert_eq!(parse(&["-e", "nosuch", "ls"]).unwrap_err(), "invalid system call 'nosuch'");
    assert_eq!(
        parse(&["-cC", "ls"]).unwrap_err(),
        "-c/--summary-only and -C/--summary are mutually exclusive"
    );
    for (args, start) in [
        (&["-s", "-1", "ls"][..], "invalid -s argument: '-1'"),
        (&["-s", "99999999999", "ls"], "invalid -s argument: '99999999999'"),
        (&["-a", "-3", "ls"], "invalid -a argument: '-3'"),
        (&["-p", "-1"], "Invalid process id: '-1'"),
        (&["-b", "open", "ls"], "Syscall 'open' for -b isn't supported"),
        (&["-X", "foo", "ls"], "invalid -X argument: 'foo'"),
        (&["-c", "-S", "foo", "ls"], "invalid sortby: 'foo'"),
        (&["-w", "ls"], "-w/--summary-wall-clock must be given with"),
        (&["-c", "-ff", "-o", "x", "ls"], "(-c/--summary-only or -C/--summary) and -ff/"),
        (&["-ff", "-o", "|cat", "ls"], "piping the output and -ff/"),
        (&["--timestamps=foo", "ls"], "invalid --absolute-timestamps argument: 'foo'"),
        (&["-t", "--absolute-timestamps=us", "ls"], "-t and --absolute-timestamps cannot be"),
        (&["-q", "--quiet=exit", "ls"], "-q and --quiet cannot be provided simultaneously"),
        (&["-y", "--decode-fds=path", "ls"], "-y and --decode-fds cannot be provided simultaneously"),
        (&["--relative-timestamps=x", "ls"], "invalid --relative-timestamps argument: 'x'"),
        (&["--syscall-times=x", "ls"], "invalid --syscall-times argument: 'x'"),
        (&["--strings-in-hex=x", "ls"], "invalid --strings-in-hex argument: 'x'"),
        (&["--quiet=x", "ls"], "invalid quiet 'x'"),
    ] {
        let said = parse(args).expect_err(start);
        assert!(said.starts_with(start), "{said}");
    }
}

#[test]
fn an_unknown_option_is_not_a_program() {
    for args in [&["--nosuch", "ls"][..], &["-G", "ls"], &["-fG", "ls"], &["-e"], &["--version=1"]] {
        assert!(parse(args).expect_err("refused").starts_with("error: "));
    }
}

#[test]
fn everything_after_the_program_is_its_own() {
    assert_eq!(parse(&["ls", "--nosuch", "-f", "--", "-o"]).expect("valid").command.len(), 5);
    assert_eq!(parse(&["ls", "--", "x"]).expect("valid").command, ["ls", "--", "x"]);
    assert_eq!(parse(&["--", "ls", "--", "x"]).expect("valid").command, ["ls", "--", "x"]);
    assert_eq!(parse(&["-f", "--", "-x"]).expect("valid").command, ["-x"]);
}

#[test]
fn values_of_long_options() {
    let s = parse(&["--absolute-timestamps=format:unix,precision:ns", "-Trq", "ls"]).expect("valid");
    assert_eq!((s.stamp, s.spent, s.relative), (Some((Stamp::Epoch, 9)), Some(6), Some(6)));
    assert!(s.quiet.attach && s.quiet.personality && !s.quiet.exit);
    let s = parse(&["--timestamps=ms", "--syscall-times=ns", "--quiet=exit", "ls"]).expect("valid");
    assert_eq!((s.stamp, s.spent), (Some((Stamp::Clock, 3)), Some(9)));
    assert!(s.quiet.exit && !s.quiet.attach);
    assert_eq!(parse(&["--timestamps=none", "ls"]).expect("valid").stamp, None);
    assert_eq!(parse(&["--timestamps", "ls"]).expect("valid").stamp, Some((Stamp::Clock, 0)));
    assert_eq!(parse(&["-ttt", "ls"]).expect("valid").stamp, Some((Stamp::Epoch, 6)));
    let s = parse(&["--strings-in-hex=non-ascii-chars", "--decode-fds=path", "-Y", "ls"]).expect("valid");
    assert_eq!(s.style.strings, HexStrings::NonAsciiChars);
    assert!(s.decode_fds.path && s.decode_pids_comm);
    assert!(parse(&["-yy", "-e", "decode-pids=comm", "ls"]).expect("valid").decode_fds.path);
    assert_eq!(parse(&["-xx", "ls"]).expect("valid").style.strings, HexStrings::All);
    assert_eq!(parse(&["--follow", "ls"]).expect("valid").follow, Follow::Yes);
}

#[test]
fn sets_have_long_options() {
    use lariat_abi::{Abi, Signal};
    let s = parse(&["--trace=close", "--raw", "read", "--signal=!int", "--status=failed", "ls"]);
    let s = s.expect("valid");
    assert!(s.trace.contains(Abi::X86_64, 3) && !s.trace.contains(Abi::X86_64, 0));
    assert!(s.raw.contains(Abi::X86_64, 0) && !s.raw.contains(Abi::X86_64, 3));
    assert!(!s.signals.contains(Signal::INT) && s.status.failed && !s.status.successful);
}

#[test]
fn of_opposites_the_last_counts() {
    assert!(parse(&["-zZ", "ls"]).expect("valid").status.failed);
    assert!(parse(&["-Zz", "ls"]).expect("valid").status.successful);
}

#[test]
fn separate_files_need_a_file() {
    assert_eq!(parse(&["-ff", "-o", "x", "ls"]).expect("valid").follow, Follow::Separate);
    assert_eq!(parse(&["-ff", "ls"]).expect("valid").follow, Follow::Yes);
    assert_eq!(parse(&["-o", "|cat", "ls"]).expect("valid").output, Output::Pipe("cat".into()));
}

#[test]
fn options_without_effect_are_said() {
    let warnings = |args: &[&str]| {
        let all = std::iter::once("trace").chain(args.iter().copied());
        Args::try_parse_from(all).expect("valid").warnings()
    };
    assert_eq!(warnings(&["-A", "ls"]), ["-A/--output-append-mode has no effect without -o/--output"]);
    assert_eq!(warnings(&["-A", "-o", "x", "-C", "-S", "calls", "-tt", "ls"]), [""; 0]);
    assert_eq!(
        warnings(&["-c", "-T", "-y", "ls"]),
        [
            "-T/--syscall-times has no effect with -c/--summary-only",
            "-y/--decode-fds has no effect with -c/--summary-only"
        ]
    );
    assert_eq!(warnings(&["-S", "calls", "ls"]).len(), 1);
    assert!(
        parse(&["-U", "calls", "ls"]).unwrap_err().starts_with("-U/--summary-columns must be given with")
    );
}
