//! Why a virtual processor came back from `KVM_RUN` (`-e kvm=vcpu`).
//!
//! The kernel says so in `struct kvm_run`, which the program has mapped from the processor's descriptor;
//! `<linux/kvm.h>`.

use lariat_abi::{Tid, TraceeAddr};
use lariat_decode::{Call, ReadMemory, Value};

/// `KVM_RUN`.
const RUN: u64 = 0xae80;
/// Where `exit_reason` is in `struct kvm_run`.
const EXIT_REASON: u64 = 8;

static REASONS: [&str; 40] = [
    "UNKNOWN",
    "EXCEPTION",
    "IO",
    "HYPERCALL",
    "DEBUG",
    "HLT",
    "MMIO",
    "IRQ_WINDOW_OPEN",
    "SHUTDOWN",
    "FAIL_ENTRY",
    "INTR",
    "SET_TPR",
    "TPR_ACCESS",
    "S390_SIEIC",
    "S390_RESET",
    "DCR",
    "NMI",
    "INTERNAL_ERROR",
    "OSI",
    "PAPR_HCALL",
    "S390_UCONTROL",
    "WATCHDOG",
    "S390_TSCH",
    "EPR",
    "SYSTEM_EVENT",
    "S390_STSI",
    "IOAPIC_EOI",
    "HYPERV",
    "ARM_NISV",
    "X86_RDMSR",
    "X86_WRMSR",
    "DIRTY_RING_FULL",
    "AP_RESET_HOLD",
    "X86_BUS_LOCK",
    "XEN",
    "RISCV_SBI",
    "RISCV_CSR",
    "NOTIFY",
    "LOONGARCH_IOCSR",
    "MEMORY_FAULT",
];

/// The reason, if the call is a `KVM_RUN` that succeeded.
pub(crate) fn exit_reason(tid: Tid, call: &Call, memory: &dyn ReadMemory) -> Option<Value> {
    if call.row.name != "ioctl" || call.raw[1] & 0xffff_ffff != RUN || call.outcome?.value()? < 0 {
        return None;
    }
    let link = std::fs::read_link(format!("/proc/{tid}/fd/{}", call.raw[0] as i32)).ok()?;
    let name = link.to_str().filter(|name| name.starts_with("anon_inode:kvm-vcpu"))?;
    let maps = std::fs::read_to_string(format!("/proc/{tid}/maps")).ok()?;
    let mapping = maps.lines().find(|line| line.ends_with(name))?;
    let start = u64::from_str_radix(mapping.split('-').next()?, 16).ok()?;
    let mut reason = [0; 4];
    memory.read_exact(TraceeAddr::new(start.checked_add(EXIT_REASON)?), &mut reason).then_some(())?;
    let reason = u32::from_le_bytes(reason);
    let name = REASONS.get(reason as usize).map_or_else(
        || format!("{reason:#x} /* KVM_EXIT_??? */").into(),
        |name| format!("KVM_EXIT_{name}").into(),
    );
    Some(Value::Word(u64::from(reason), name))
}
