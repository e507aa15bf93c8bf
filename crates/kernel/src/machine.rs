//! The hardware and the memory under the kernel, behind one small trait; and the simulated ones of tests.

use crate::task::MmId;
use lariat_abi::Errno;
use std::collections::BTreeMap;

/// What the kernel asks of the machine. Addresses are a tracee's.
pub trait Machine {
    /// Reads a word that may straddle nothing: `access_remote_vm` with `FOLL_FORCE`. `None`: not mapped.
    fn peek(&self, mm: MmId, addr: u64) -> Option<u64>;

    /// Writes a word. False: not mapped.
    fn poke(&mut self, mm: MmId, addr: u64, word: u64) -> bool;

    /// fork(2): `to` is a copy of `from`.
    fn copy_mm(&mut self, from: MmId, to: MmId);

    /// execve(2): `mm` is new.
    fn new_mm(&mut self, mm: MmId);
}

/// A machine of a few words: every aligned word of one mapping exists, all of them zero at first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Simulated {
    words: BTreeMap<(MmId, u64), u64>,
}

impl Simulated {
    /// The mapping: one page.
    pub const MAPPED: std::ops::Range<u64> = 0x10000..0x11000;

    const fn is_mapped(addr: u64) -> bool {
        Self::MAPPED.start <= addr && addr <= Self::MAPPED.end - 8
    }
}

impl Machine for Simulated {
    fn peek(&self, mm: MmId, addr: u64) -> Option<u64> {
        if !Self::is_mapped(addr) {
            return None;
        }
        let (low, shift) = (addr & !7, (addr & 7) * 8);
        let word = |at| self.words.get(&(mm, at)).copied().unwrap_or(0);
        let both = u128::from(word(low)) | u128::from(word(low + 8)) << 64;
        Some((both >> shift) as u64)
    }

    fn poke(&mut self, mm: MmId, addr: u64, value: u64) -> bool {
        if !Self::is_mapped(addr) {
            return false;
        }
        let (low, shift) = (addr & !7, (addr & 7) * 8);
        let mask = u128::from(u64::MAX) << shift;
        let word = |at| self.words.get(&(mm, at)).copied().unwrap_or(0);
        let both = u128::from(word(low)) | u128::from(word(low + 8)) << 64;
        let both = both & !mask | u128::from(value) << shift;
        self.words.insert((mm, low), both as u64);
        if shift != 0 {
            self.words.insert((mm, low + 8), (both >> 64) as u64);
        }
        true
    }

    fn copy_mm(&mut self, from: MmId, to: MmId) {
        self.new_mm(to);
        let words: Vec<_> = self
            .words
            .range((from, 0)..=(from, u64::MAX))
            .map(|(&(_, at), &word)| ((to, at), word))
            .collect();
        self.words.extend(words);
    }

    fn new_mm(&mut self, mm: MmId) {
        self.words.retain(|&(of, _), _| of != mm);
    }
}

/// What a program does that the debug registers may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Touch {
    /// Writes eight bytes.
    Write(u64),
    /// Reads eight bytes.
    Read(u64),
    /// Executes the instruction there.
    Execute(u64),
}

/// Addresses of user space end here, with four levels of page tables.
pub const TASK_SIZE: u64 = 0x7fff_ffff_f000;

/// One of DR0 to DR3: the kernel makes an event of it when it is first given an address or enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Watch {
    /// The address.
    pub addr: u64,
    /// What it watches: 0 execution, 1 writes, 3 reads and writes; DR7's `R/W` field.
    pub kind: u8,
    /// How many bytes.
    pub length: u8,
    /// Whether DR7 enables it.
    pub enabled: bool,
}

impl Watch {
    /// What DR7 says of one register; the address is 0.
    const fn decode(dr7: u64, at: usize) -> Self {
        let control = dr7 >> (16 + at * 4) & 0xf;
        let length = [1, 2, 8, 4][(control >> 2) as usize];
        Self { addr: 0, kind: (control & 3) as u8, length, enabled: dr7 >> (at * 2) & 3 != 0 }
    }

    /// `hw_breakpoint_arch_parse`: a kind there is, aligned, and in user space.
    const fn is_valid(self) -> bool {
        let length = self.length as u64;
        let known = self.kind == 1 || self.kind == 3 || self.kind == 0 && length == 1;
        known
            && self.addr.is_multiple_of(length)
            && self.addr < TASK_SIZE
            && self.addr + length - 1 < TASK_SIZE
    }

    const fn hit_by(self, touch: Touch) -> bool {
        self.enabled
            && match touch {
                Touch::Execute(addr) => self.kind == 0 && addr == self.addr,
                Touch::Write(addr) => self.kind != 0 && self.overlaps(addr),
                Touch::Read(addr) => self.kind == 3 && self.overlaps(addr),
            }
    }

    /// Whether eight bytes from `addr` on touch it.
    const fn overlaps(self, addr: u64) -> bool {
        addr < self.addr.saturating_add(self.length as u64) && self.addr < addr.saturating_add(8)
    }
}

/// DR0 to DR3, DR6 and DR7 of a task: `thread.ptrace_bps`, `virtual_dr6` and `ptrace_dr7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DebugRegs {
    watches: [Option<Watch>; 4],
    /// Which ones have hit, in positive polarity.
    pub dr6: u64,
    dr7: u64,
}

impl DebugRegs {
    /// Bits of DR7 that say nothing: `DR_CONTROL_RESERVED`.
    const DR7_RESERVED: u64 = 0xffff_ffff_0000_fc00;
    /// Bits of DR6 that read as ones: `DR6_RESERVED`.
    const DR6_RESERVED: u64 = 0xffff_0ff0;

    /// `ptrace_get_debugreg`. DR4 and DR5 read as 0.
    #[must_use]
    pub fn get(&self, number: u64) -> u64 {
        match number {
            0..4 => self.watches[number as usize].map_or(0, |watch| watch.addr),
            6 => self.dr6 ^ Self::DR6_RESERVED,
            7 => self.dr7,
            _ => 0,
        }
    }

    /// `ptrace_set_debugreg`.
    ///
    /// # Errors
    /// `EIO`: DR4 and DR5 do not exist. `EINVAL`: an address outside user space, not aligned to the length that DR7
    /// gives, or a kind that is none.
    pub fn set(&mut self, number: u64, value: u64) -> Result<(), Errno> {
        match number {
            0..4 => {
                let stub = Watch { addr: 0, kind: 1, length: 1, enabled: false };
                let watch = Watch { addr: value, ..self.watches[number as usize].unwrap_or(stub) };
                if !watch.is_valid() {
                    return Err(Errno::EINVAL);
                }
                self.watches[number as usize] = Some(watch);
            }
            6 => self.dr6 = value ^ Self::DR6_RESERVED,
            7 => {
                let mut watches = self.watches;
                for (at, watch) in watches.iter_mut().enumerate() {
                    let told = Watch::decode(value & !Self::DR7_RESERVED, at);
                    if watch.is_some() || told.enabled {
                        let new = Watch { addr: watch.map_or(0, |watch| watch.addr), ..told };
                        if !new.is_valid() {
                            return Err(Errno::EINVAL);
                        }
                        *watch = Some(new);
                    }
                }
                self.watches = watches;
                self.dr7 = value;
            }
            _ => return Err(Errno::EIO),
        }
        Ok(())
    }

    /// `copy_thread`: a new task watches nothing, though DR6 and DR7 read as its parent's do.
    #[must_use]
    pub const fn copy_thread(&self) -> Self {
        Self { watches: [None; 4], ..*self }
    }

    /// Which breakpoints match: bits of DR6.
    #[must_use]
    pub fn hits(&self, touch: Touch) -> u64 {
        let hit = |watch: &Option<Watch>| watch.is_some_and(|watch| watch.hit_by(touch));
        self.watches
            .iter()
            .enumerate()
            .filter(|(_, watch)| hit(watch))
            .fold(0, |bits, (at, _)| bits | 1 << at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_straddle() {
        let mut machine = Simulated::default();
        let (a, b) = (MmId(0), MmId(1));
        assert!(machine.poke(a, 0x10003, 0x1122_3344_5566_7788));
        assert_eq!(machine.peek(a, 0x10003), Some(0x1122_3344_5566_7788));
        assert_eq!(machine.peek(a, 0x10000), Some(0x4455_6677_8800_0000));
        assert_eq!(machine.peek(a, 0x10008), Some(0x11_2233));
        assert_eq!(machine.peek(a, 0x10ff9), None);
        machine.copy_mm(a, b);
        assert_eq!(machine.peek(b, 0x10003), Some(0x1122_3344_5566_7788));
        machine.new_mm(b);
        assert_eq!(machine.peek(b, 0x10003), Some(0));
    }

    #[test]
    fn debug_registers_take_what_the_hardware_has() {
        let mut debug = DebugRegs::default();
        assert_eq!(debug.set(4, 0), Err(Errno::EIO));
        assert_eq!(debug.set(0, TASK_SIZE), Err(Errno::EINVAL));
        assert_eq!(debug.set(0, 0x10001), Ok(()));
        // Eight bytes for writing want an aligned address; two bytes of execution do not exist.
        assert_eq!(debug.set(7, 1 | 1 << 16 | 2 << 18), Err(Errno::EINVAL));
        assert_eq!(debug.set(7, 1 | 1 << 18), Err(Errno::EINVAL));
        assert_eq!(debug.get(7), 0);
        assert_eq!(debug.set(7, 1 | 1 << 16), Ok(()));
        assert_eq!(debug.hits(Touch::Write(0x10000)), 1);
        assert_eq!(debug.hits(Touch::Read(0x10000)), 0);
        assert_eq!(debug.hits(Touch::Write(0x10008)), 0);
        assert_eq!((debug.get(0), debug.get(6), debug.get(7)), (0x10001, 0xffff_0ff0, 1 | 1 << 16));
    }
}
