//! Timelines of small scripts, as text and as a page.

use super::*;
use crate::shipped::SHIPPED;

fn recorded(script: &str) -> Timeline {
    Timeline::record(&Script::parse(script).expect("a script"), false)
}

fn plain(script: &str) -> String {
    text(&recorded(script), &Style::default())
}

#[test]
fn a_stop_its_notice_and_its_wait_have_a_row_each() {
    let shown = plain("# Who?\n# The tracer.\ntasks: T P\nT: SEIZE P\nT: INTERRUPT P\nT: wait4 P # here\n");
    let expected = "\
Who?
The tracer.

line  T   P
   4  ●──▶│    T: SEIZE P = 0
      ●──▶│    T is now P's tracer
      │   │
   5  ●──▶│    T: INTERRUPT P = 0
      │   t    P stops: PTRACE_EVENT_STOP
      │◀╌╌●    SIGCHLD to T: CLD_STOPPED P 0
      │   t
   6  ●◀══t    T: wait4 P = P SIGTRAP|EVENT_STOP
      │   t    # here

│ runs   t ptrace-stop
";
    assert_eq!(shown, expected);
}

#[test]
fn a_column_appears_when_its_task_is_made_and_ends_with_it() {
    let shown = plain("tasks: P\nP: fork CHILD\nCHILD: exit 3\nP: wait4 any\n");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "line  P");
    assert!(lines[2].contains("●────▶CHILD"), "{shown}");
    assert!(shown.contains("Z      CHILD dies: exited 3"), "{shown}");
    assert!(shown.contains("●◀════") && shown.contains("╵      CHILD is gone"), "{shown}");
}

#[test]
fn a_call_that_sleeps_returns_in_a_later_step() {
    let shown = plain("tasks: P C\nP: pause -> nothing yet\nC: kill P SIGCONT\nP: getppid\n");
    assert!(
        shown.contains("S   │    C: kill P SIGCONT") || shown.contains("S◀──●    C: kill P SIGCONT"),
        "{shown}"
    );
    let error = recorded("tasks: P\nP: pause\nP: getppid\n").problems;
    assert_eq!(error, ["line 3: P cannot do this now: it sleeps in a call"]);
}

#[test]
fn an_expectation_that_does_not_hold_is_told_with_its_line() {
    let timeline = recorded("tasks: T P\n\nT: CONT P -> 0 or EIO\nT: SEIZE P -> 0\n");
    assert_eq!(timeline.problems, ["line 3: the script expects '0 or EIO', and gets 'ESRCH'"]);
    assert!(!timeline.holds());
    let shown = text(&timeline, &Style::default());
    assert!(shown.contains("✗ expected: 0 or EIO") && shown.contains("got:      ESRCH"), "{shown}");
    assert!(shown.contains("T: SEIZE P = 0"), "the rest is played: {shown}");
    assert!(html(&timeline).contains("✗ expected: 0 or EIO"));
}

#[test]
fn a_difference_shows_both_sides() {
    let mut timeline = recorded("tasks: T P\nT: SEIZE P\n");
    let difference = Difference {
        name: "T".into(),
        model: "runs, 0".into(),
        real: "runs, EPERM".into(),
        raw: String::new(),
    };
    timeline.rows[0].step.as_mut().expect("a step").verdict = Verdict::Differs(vec![difference]);
    for shown in [text(&timeline, &Style::default()), html(&timeline)] {
        assert!(shown.contains("✗ T on the model: runs, 0") && shown.contains("T for real:"), "{shown}");
        assert!(shown.contains("runs, EPERM"), "{shown}");
    }
}

#[test]
fn the_thread_whose_execve_ends_the_others_takes_the_leaders_place() {
    let timeline = recorded("tasks: L\nL: thread A\nA: exec\n");
    let told: Vec<&str> = timeline.rows.iter().map(|row| &*row.text).collect();
    assert!(told.contains(&"L is gone"), "{told:?}");
    assert!(told.contains(&"A is a new program, and has taken L's thread id"), "{told:?}");
    let last = timeline.rows.last().expect("rows");
    assert_eq!(last.states, [Some(Seen::Gone), Some(Seen::Idle)]);
}

#[test]
fn what_would_be_unkillable_is_not_done_for_real() {
    let script = "tasks: A B\nA: SEIZE B TRACEEXIT\nB: SEIZE A TRACEEXIT\n";
    let timeline = Timeline::record(&Script::parse(script).expect("a script"), true);
    assert!(
        matches!(&timeline.real, Asked::Refused(why) if why.contains("unkillable")),
        "{:?}",
        timeline.real
    );
    assert!(!timeline.holds() && timeline.rows.len() == 4);
}

#[test]
fn every_shipped_script_fits_in_100_columns() {
    for shipped in SHIPPED {
        let timeline = Timeline::record(&shipped.script().expect("a script"), false);
        assert_eq!(timeline.problems, [""; 0], "{}", shipped.name);
        for line in text(&timeline, &Style::default()).lines() {
            assert!(line.chars().count() <= 100 && line == line.trim_end(), "{}: {line}", shipped.name);
        }
    }
}

#[test]
fn sixteen_tasks_still_have_columns() {
    let names: Vec<String> = (0..16).map(|at| format!("TASK{at:04}")).collect();
    let shown = plain(&format!("tasks: {}\nTASK0000: SEIZE TASK0015\n", names.join(" ")));
    assert!(shown.lines().all(|line| line.chars().count() <= 110), "{shown}");
}

#[test]
fn colours_are_written_only_if_they_are_wanted() {
    let timeline = recorded("tasks: T P\nT: CONT P\n");
    assert!(!text(&timeline, &Style::default()).contains('\x1b'));
    let coloured = text(&timeline, &Style { color: true, ..Style::default() });
    assert!(coloured.contains("\x1b[31m = ESRCH\x1b[0m"), "{coloured:?}");
}

#[test]
fn a_page_escapes_what_the_script_says() {
    let page = html(&recorded("# <script>&\"'\ntasks: T P\nT: CONT P # </svg> & so on\n"));
    assert!(page.contains("&lt;script&gt;&amp;&quot;&#39;"), "{page}");
    assert!(page.contains("&lt;/svg&gt; &amp; so on"));
    assert!(!page.contains("<script>") && page.matches("</svg>").count() == page.matches("<svg").count());
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    for shipped in SHIPPED {
        let page = html(&Timeline::record(&shipped.script().expect("a script"), false));
        for outside in ["src=", "href=", "url(", "@import", "<script"] {
            assert!(!page.contains(outside), "{}: {outside}", shipped.name);
        }
        assert_eq!(page.matches("http").count(), 1, "the name of SVG's namespace alone");
        assert!(page.contains("<title id=\"what\">") && page.contains("<desc id=\"how\">"));
    }
}
