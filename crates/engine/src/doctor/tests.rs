//! What is said of rules that not every machine has, and whose word counts.

use super::*;
use lariat_kernel::access::Scope;
use lariat_kernel::cred::UserNs;

/// A diagnosis of this process with these causes.
fn diagnosis(causes: &[Cause]) -> Diagnosis {
    let own = Own::read();
    let tid = Tid::new(std::process::id() as i32);
    let words = Words { own: own.as_ref(), target: None, tid };
    let mut diagnosis = Diagnosis::of("process 7 (x)".into(), "lariat doctor -p 7".into());
    diagnosis.capability = "run lariat as root (sudo)";
    diagnosis.findings = causes.iter().map(|&cause| words.finding(cause)).collect();
    diagnosis
}

/// What is left of it once the kernel has spoken.
fn heard(causes: &[Cause], verdict: Option<Result<(), Errno>>) -> Diagnosis {
    let own = Own::read().expect("/proc");
    let status = own.status.clone();
    let words = Words { own: Some(&own), target: Some(&status), tid: own.tid };
    let subject = Subject::of(own.tid, &status, own.clone());
    let mut diagnosis = diagnosis(causes);
    diagnosis.hear(verdict, &subject, &words);
    diagnosis
}

fn yama(scope: Scope) -> Cause {
    Cause::Rule(Refusal::Yama { scope, user_ns: UserNs::INIT })
}

const TRACED: Cause = Cause::Rule(Refusal::AlreadyTraced { by: Tid::new(i32::MAX) });

#[test]
fn yamas_scopes_in_words() {
    let text = |scope| diagnosis(&[yama(scope)]).to_string();
    assert_eq!(
        text(Scope::Relational),
        "process 7 (x) cannot be traced:\n  \
         - Yama lets a process trace its descendants only (kernel.yama.ptrace_scope = 1)\n      \
         start the program under lariat, or sysctl kernel.yama.ptrace_scope=0, or have it call \
         prctl(PR_SET_PTRACER, ...)\n  \
         CAP_SYS_PTRACE would lift this: run lariat as root (sudo)"
    );
    assert!(text(Scope::Capability).contains("CAP_SYS_PTRACE would lift this"));
    assert!(!text(Scope::NoAttach).contains("CAP_SYS_PTRACE"), "nothing lifts it");
}

#[test]
fn what_the_capability_does_not_lift_is_named() {
    let text = diagnosis(&[yama(Scope::Relational), TRACED]).to_string();
    assert!(
        text.contains(
            "lift all of this but that process 2147483647 is tracing it already: run lariat as root"
        ),
        "{text}"
    );
    assert!(!diagnosis(&[TRACED]).to_string().contains("CAP_SYS_PTRACE"));
}

#[test]
fn the_kernel_has_the_last_word() {
    // It has been named by PR_SET_PTRACER, which /proc does not show.
    let named = heard(&[yama(Scope::Relational)], Some(Ok(())));
    assert!(named.may_trace() && named.to_string().contains("/proc suggests that Yama lets"), "{named}");
    // What the kernel was not asked about stays.
    let traced = heard(&[yama(Scope::Relational), TRACED], Some(Ok(())));
    assert_eq!(traced.findings().iter().map(|f| f.cause).collect::<Vec<_>>(), [TRACED]);
    let refused = heard(&[], Some(Err(Errno::EPERM)));
    assert!(matches!(refused.findings()[0].cause, Cause::Unexplained { .. }), "{refused}");
    let agreed = heard(&[yama(Scope::Capability)], Some(Err(Errno::EPERM)));
    assert_eq!(agreed.findings().len(), 1);
    let unasked = heard(&[], None);
    assert!(unasked.may_trace() && unasked.to_string().contains("cannot be asked"), "{unasked}");
}

#[test]
fn every_cause_has_words() {
    let ids = lariat_kernel::access::Ids { real: 1, effective: 2, saved: 3 };
    let (user_ns, caller) = (UserNs::INIT, 0);
    for cause in [
        Cause::NoProcess,
        Cause::Hidden,
        Cause::NoProc,
        Cause::CallRefused(Attempt::Fails(Errno::from_raw(9999))),
        Cause::UnseenTracer,
        Cause::Unexplained { dumpable: true, namespace: false },
        Cause::Unexplained { dumpable: false, namespace: true },
        Cause::Unexplained { dumpable: true, namespace: true },
        Cause::Unexplained { dumpable: false, namespace: false },
        Cause::Rule(Refusal::OtherUser { caller, target: ids, user_ns }),
        Cause::Rule(Refusal::OtherGroup { caller, target: ids, user_ns }),
        Cause::Rule(Refusal::OtherUserNamespace { caller: user_ns, target: model::ELSEWHERE }),
    ] {
        let diagnosis = diagnosis(&[cause]);
        let finding = &diagnosis.findings()[0];
        assert!(!finding.what.is_empty() && !finding.what.ends_with('.'), "{finding:?}");
        assert!(finding.remedy.as_ref().is_none_or(|remedy| !remedy.is_empty()), "{finding:?}");
    }
}

#[test]
fn a_thread_is_called_one() {
    let text = std::thread::spawn(|| {
        let own = Tid::new(std::process::id() as i32);
        let others: Vec<Tid> = host::threads(own).into_iter().filter(|tid| *tid != own).collect();
        others.first().map(|&tid| examine(tid).to_string()).expect("this one")
    });
    let text = text.join().expect("no panic");
    assert!(
        text.starts_with("thread ") && text.contains(&format!("of process {}", std::process::id())),
        "{text}"
    );
}
