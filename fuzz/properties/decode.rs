//! Of calls: whatever their number, arguments, result and memory are, they can be shown, as one line of text and
//! as JSON, and a line written in two parts is the line written at once.

use lariat_abi::{Abi, Errno, Tid, TraceeAddr};
use lariat_decode::text::{Constants, HexStrings, Style};
use lariat_decode::{Call, Catalog, Env, NoNames, Options, Outcome, ReadMemory, catalog, json};
use std::cell::Cell;

/// Where the tracee's memory begins: low enough for a 32-bit task.
pub const BASE: u64 = 0x1_0000;

/// Reads that are answered: an array that never ends must not take for ever.
const READS: usize = 400;

/// No read is longer: select(2) may be told of a million descriptors.
const LONGEST: usize = 1 << 13;

/// The input, eaten from the front; zero when there is no more.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// An argument, a result, a stack pointer: what a tracee might pass, or anything.
    fn number(&mut self) -> u64 {
        match self.byte() % 8 {
            0..=2 => BASE + u64::from(self.byte()) * 8,
            3 => BASE + u64::from(self.byte()),
            4 => 0,
            5 => u64::from(self.byte()),
            6 => u64::from(self.byte()).wrapping_neg(),
            _ => self.word(),
        }
    }
}

/// Memory that answers from the input: once, from [`BASE`] on, or over and over at every address.
struct Memory<'a> {
    bytes: &'a [u8],
    everywhere: bool,
    left: Cell<usize>,
}

impl ReadMemory for Memory<'_> {
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let Some(left) = self.left.get().checked_sub(1) else { return 0 };
        self.left.set(left);
        if self.bytes.is_empty() {
            return 0;
        }
        if self.everywhere {
            let mut done = 0;
            while done < buf.len().min(LONGEST) {
                let at = addr.as_raw().wrapping_sub(BASE).wrapping_add(done as u64);
                let from = &self.bytes[(at % self.bytes.len() as u64) as usize..];
                let len = from.len().min(buf.len() - done);
                buf[done..done + len].copy_from_slice(&from[..len]);
                done += len;
            }
            return done;
        }
        let Some(start) = addr.as_raw().checked_sub(BASE).and_then(|at| usize::try_from(at).ok()) else {
            return 0;
        };
        let from = self.bytes.get(start..).unwrap_or_default();
        let len = from.len().min(buf.len());
        buf[..len].copy_from_slice(&from[..len]);
        len
    }
}

/// Checks the call that the input describes.
pub fn check(data: &[u8]) {
    let mut input = Input(data);
    let abi = [Abi::X86_64, Abi::I386, Abi::X32][usize::from(input.byte() % 3)];
    let number = match input.byte() {
        0..=15 => input.word(),
        _ => u64::from(u16::from_le_bytes([input.byte(), input.byte()]) % 480),
    };
    check_call(abi, number, input.0);
}

/// Checks the call with this number; the input describes the rest.
pub fn check_call(abi: Abi, number: u64, data: &[u8]) {
    let mut input = Input(data);
    let row = Catalog::get().row(abi, number).unwrap_or(&catalog::UNKNOWN);
    let mut args = [0; 6].map(|_: u64| input.number());
    if abi == Abi::I386 {
        args = args.map(|arg| arg & 0xffff_ffff);
    }
    let outcome = outcome(&mut input);
    let flags = input.byte();
    let options = Options {
        string_limit: [0, 1, 32, 300][usize::from(flags & 3)],
        abbreviate: flags & 4 == 0,
        dereference: flags & 0x18 != 0,
    };
    let style = style(&mut input);
    let (sp, everywhere) = (input.number(), flags & 0x20 != 0);
    let memory = Memory { bytes: input.0, everywhere, left: Cell::new(READS) };
    let env = Env { tid: Tid::new(1), sp, memory: &memory, names: &NoNames, options: &options };

    let mut call = Call::enter(row, abi, number, args, env);
    let known = call.known();
    assert!(known <= call.values.len());
    let mut begun = Vec::new();
    style.arguments(&mut begun, &call, 0, known);
    call.exit(outcome, env);
    assert_eq!(call.known(), call.values.len(), "nothing is left for later");

    let mut whole = Vec::new();
    style.arguments(&mut whole, &call, 0, call.values.len());
    style.arguments(&mut begun, &call, known, call.values.len());
    assert_eq!(begun.escape_ascii().to_string(), whole.escape_ascii().to_string(), "{}", call.name());
    style.result(&mut whole, &call);
    assert!(whole.iter().all(|&b| b.is_ascii_graphic() || b == b' '), "{}", whole.escape_ascii());

    parses(&call);
    call.show_raw();
    parses(&call);
}

fn outcome(input: &mut Input<'_>) -> Outcome {
    match input.byte() % 8 {
        0..=3 => Outcome::from_register(i64::from(input.byte())),
        4 | 5 => Outcome::from_register(input.number() as i64),
        6 => Outcome::Failed(Errno::from_raw(i32::from(input.byte()))),
        _ => Outcome::Unknown,
    }
}

fn style(input: &mut Input<'_>) -> Style {
    let choice = input.byte();
    Style {
        constants: match choice % 3 {
            0 => Constants::Abbrev,
            1 => Constants::Raw,
            _ => Constants::Verbose,
        },
        strings: match choice >> 2 & 3 {
            0 => HexStrings::None,
            1 => HexStrings::NonAsciiChars,
            2 => HexStrings::NonAscii,
            _ => HexStrings::All,
        },
        argument_names: choice & 0x10 != 0,
    }
}

fn parses(call: &Call) {
    for value in call.values.iter().chain(&call.result).chain(&call.aux) {
        let mut shown = Vec::new();
        json::value(&mut shown, value);
        assert!(!shown.contains(&b'\n'), "a value is on one line");
        let parsed = serde_json::from_slice::<serde_json::Value>(&shown);
        assert!(parsed.is_ok(), "{}: {}", call.name(), shown.escape_ascii());
    }
}
