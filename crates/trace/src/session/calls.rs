//! The two ends of a call: decoded, tampered with, counted and shown.

use super::lines::Line;
use super::{Memory, Onward, Pending, Session, Shown};
use crate::dump::{self, Dump};
use crate::inject::{InjectRule, Poke, Tampered};
use crate::kvm;
use crate::line::{self, Event};
use crate::names::ProcNames;
use crate::settings::Format;
use lariat_abi::{Abi, Tid, TraceeAddr};
use lariat_decode::{Call, Catalog, Env, Options, Outcome, Row, Value, catalog};
use lariat_host::Stopped;
use std::time::{Duration, Instant, SystemTime};

/// Offsets in `struct user`, `<sys/user.h>`: the word that says which call is made, and the result.
const ORIG_RAX: u64 = 15 * 8;
const RAX: u64 = 10 * 8;

/// What a stop at the entry of a call tells.
pub(super) struct Entry {
    pub(super) abi: Abi,
    pub(super) number: u64,
    pub(super) args: [u64; 6],
    pub(super) ip: u64,
    pub(super) sp: u64,
    pub(super) system_time: Duration,
}

/// Puts the result of a call that was not made where the program finds it.
pub(super) fn give_result(stopped: &Stopped, tampered: Tampered) {
    if let Some(result) = tampered.result {
        // It may have been killed; the wait will tell.
        let _ = stopped.poke_user(RAX, result.register());
    }
}

/// Writes to the memory that arguments point to; whether any of it could be written.
fn poke(stopped: &Stopped, args: [u64; 6], pokes: &[Poke]) -> bool {
    let memory = stopped.memory();
    let mut written = false;
    for poke in pokes {
        written |= memory.write(TraceeAddr::new(args[poke.argument]), &poke.bytes).is_ok();
    }
    written
}

impl Session {
    fn options(&self, abi: Abi, number: u64) -> Options {
        Options {
            abbreviate: self.settings.abbrev.contains(abi, number),
            dereference: self.settings.verbose.contains(abi, number),
            ..self.settings.decode
        }
    }

    /// Decodes, with what there is to know of the task and what the user wishes for this call.
    fn decode<T>(
        &self,
        stopped: &Stopped,
        abi: Abi,
        number: u64,
        sp: u64,
        decode: impl FnOnce(Env<'_>) -> T,
    ) -> T {
        let tid = stopped.tid();
        let memory = Memory(stopped.memory());
        let options = self.options(abi, number);
        let interrupted = self.tasks.get(&tid).and_then(|task| task.interrupted);
        let names = ProcNames { tid, settings: &self.settings, interrupted };
        decode(Env { tid, sp, memory: &memory, names: &names, options: &options })
    }

    /// The call, decoded as far as its entry tells.
    fn decoded(&self, stopped: &Stopped, row: &'static Row, entry: &Entry) -> Call {
        let &Entry { abi, number, args, sp, .. } = entry;
        let mut call = self.decode(stopped, abi, number, sp, |env| Call::enter(row, abi, number, args, env));
        if self.settings.raw.contains(abi, number) {
            call.show_raw();
        }
        call
    }

    pub(super) fn enter(&mut self, stopped: &Stopped, entry: &Entry) -> Onward {
        let tid = stopped.tid();
        let &Entry { abi, number, .. } = entry;
        let row = Catalog::get().row(abi, number).unwrap_or(&catalog::UNKNOWN);
        let starting = self.tasks.entry(tid).or_default().starting;
        if starting && row.name != "execve" {
            return Onward::default();
        }
        self.announce_personality(tid, abi, number);
        let many = self.many();
        let unknown = std::ptr::eq(row, &raw const catalog::UNKNOWN);
        // A number that no table has is always shown, as strace shows it: nobody could have asked for it.
        let asked = self.settings.trace.contains(abi, number) || unknown;
        // The execve that starts the program is not one of its own; what is not traced is not tampered with.
        let rules = if starting || unknown || !asked { &[][..] } else { &self.settings.inject };
        let mut rule = rules.iter().rposition(|rule| rule.calls.contains(abi, number));
        let particular = asked && !self.selection.is_everything();
        // What nobody looks at is not decoded.
        let looked_at = asked && (self.prints() || self.settings.summary.is_none());
        let mut call =
            self.decoded(stopped, if looked_at || particular { row } else { &catalog::BARE }, entry);
        let mut shown = if asked { Shown::Yes } else { Shown::No };
        if particular && !self.selection.touches(tid, &call) {
            rule = None;
            let later = call.values.iter().any(Value::is_later);
            shown = if later { Shown::IfItTouches } else { Shown::No };
        }
        let mut tampered = Tampered::default();
        let mut onward = Onward::default();
        let rule = rule.filter(|&rule| self.tamper(stopped, entry, rule, &mut tampered, &mut onward));
        if tampered.arguments {
            call = self.decoded(stopped, call.row, entry);
        }
        if shown == Shown::Yes {
            self.begin(tid);
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.starting = false;
            task.number = number;
            let (since, system_time) =
                (self.timing.then(|| (Instant::now(), SystemTime::now())), entry.system_time);
            let (ip, line) = (entry.ip, Line::Unwritten);
            task.pending = Some(Pending { call, shown, line, since, system_time, ip, many, tampered, rule });
        }
        onward
    }

    /// Does to a call at its entry what a rule says, if it is this call's turn.
    fn tamper(
        &mut self,
        stopped: &Stopped,
        entry: &Entry,
        rule: usize,
        tampered: &mut Tampered,
        onward: &mut Onward,
    ) -> bool {
        let Some(task) = self.tasks.get_mut(&stopped.tid()) else { return false };
        let count = task.counts.entry((entry.abi, entry.number)).or_default();
        *count = count.saturating_add(1);
        let InjectRule { injection, .. } = &self.settings.inject[rule];
        if !injection.when.selects(*count) {
            return false;
        }
        if injection.result.is_some() && stopped.poke_user(ORIG_RAX, injection.replacement(entry.abi)).is_ok()
        {
            tampered.result = injection.result;
        }
        tampered.arguments = poke(stopped, entry.args, &injection.poke_enter);
        tampered.delayed = !injection.delay_enter.is_zero();
        onward.hold = injection.delay_enter;
        onward.deliver = injection.signal;
        true
    }

    pub(super) fn announce_personality(&mut self, tid: Tid, abi: Abi, number: u64) {
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        let before = task.personality.replace(abi).unwrap_or(Abi::X86_64);
        if before != abi && !self.settings.quiet.personality && self.tells_of_tasks() {
            self.event(tid, number, &Event::Personality(abi));
        }
    }

    pub(super) fn leave(&mut self, stopped: &Stopped, rval: i64, system_time: Duration) -> Onward {
        let tid = stopped.tid();
        let mut onward = Onward::default();
        let Some(mut pending) = self.tasks.get_mut(&tid).and_then(|task| task.pending.take()) else {
            return onward;
        };
        give_result(stopped, pending.tampered);
        let rval = pending.tampered.result.map_or(rval, |result| result.register() as i64);
        if self.main == Some(tid)
            && !self.started
            && let Outcome::Failed(_) = Outcome::from_register(rval)
            && let Some(task) = self.tasks.get_mut(&tid)
        {
            // The program cannot be executed. What follows is ours, not its own.
            task.starting = true;
        }
        if let Some(rule) = pending.rule {
            let InjectRule { injection, .. } = &self.settings.inject[rule];
            pending.tampered.arguments |= poke(stopped, pending.call.raw, &injection.poke_exit);
            pending.tampered.delayed |= !injection.delay_exit.is_zero();
            onward.hold = injection.delay_exit;
        }
        if pending.shown != Shown::No {
            self.complete(stopped, pending, rval, system_time);
        }
        onward
    }

    /// Decodes the rest of a call that has ended, counts it and shows it.
    fn complete(&mut self, stopped: &Stopped, mut pending: Pending, rval: i64, system_time: Duration) {
        let tid = stopped.tid();
        let (abi, number) = (pending.call.abi, pending.call.number);
        let memory = Memory(stopped.memory());
        let wall = pending.since.map_or(Duration::ZERO, |(since, _)| since.elapsed());
        let outcome = Outcome::from_register(rval);
        if let Some(task) = self.tasks.get_mut(&tid)
            && pending.call.row.name != "restart_syscall"
        {
            task.interrupted = Some(pending.call.row.name);
        }
        self.decode(stopped, abi, number, 0, |env| pending.call.exit(outcome, env));
        if let Outcome::Returned(value) = outcome
            && self.settings.raw.contains(abi, number)
        {
            pending.call.result = Some(Value::Hex(value as u64));
        }
        if self.settings.kvm
            && let Some(reason) = kvm::exit_reason(tid, &pending.call, &memory)
        {
            pending.call.aux = Some(reason);
        }
        if pending.shown == Shown::IfItTouches && !self.selection.touches(tid, &pending.call) {
            return;
        }
        if self.settings.summary.is_some() {
            let name = Catalog::get().row(abi, number).map_or("syscall", |row| row.name);
            let system = system_time.saturating_sub(pending.system_time);
            let spent = if self.settings.summary_wall { wall } else { system };
            self.summary.add(name, number, spent, matches!(outcome, Outcome::Failed(_)));
        }
        if !self.prints() || !self.settings.status.contains(outcome) {
            return;
        }
        let dump = dump::moved(&pending.call, &memory, &self.settings);
        let ending = Self::ending_of(&pending, wall, dump);
        if self.settings.format == Format::Json {
            let text = line::json(tid, &pending.call, &ending);
            self.lines.writer.put(Some(tid), &text);
        } else {
            self.finish_line(tid, &pending, &ending);
        }
    }

    pub(super) fn ending_of(pending: &Pending, spent: Duration, dump: Option<Dump>) -> line::Ending {
        let begun = pending.since.map_or(SystemTime::UNIX_EPOCH, |(_, begun)| begun);
        line::Ending { spent, begun, tampered: pending.tampered, dump }
    }
}
