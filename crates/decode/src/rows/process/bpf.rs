//! `bpf`: a union of which the command says what it is, as large as the caller knew it; bpf(2).

use super::bpf_names::*;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Field, Show, Store, Struct, field, pad};
use crate::row::{Class, Row, arg, both};
use crate::value::Value;
use std::borrow::Cow;

/// The kernel takes no larger attributes: a page.
const LARGEST: u64 = 4096;

/// The attributes of a command.
struct Attributes {
    /// The member of the union they are in, if that has a name.
    member: &'static str,
    layout: Struct,
    /// What is shown whatever the size, in bytes; the members after that only if the size reaches them.
    always: usize,
    /// A member that counts only with a flag, where the flags are, and the flag.
    flagged: Option<(&'static str, usize, u64)>,
    /// Where members that came together begin and end: the size reaches all of them or none.
    joint: &'static [(usize, usize)],
}

impl Attributes {
    const fn with(mut self, member: &'static str, flags_at: usize, flag: u64) -> Self {
        self.flagged = Some((member, flags_at, flag));
        self
    }

    const fn joint(mut self, ranges: &'static [(usize, usize)]) -> Self {
        self.joint = ranges;
        self
    }
}

const fn attributes(always: usize, fields: &'static [Field]) -> Attributes {
    Attributes { member: "", layout: Struct::new(fields), always, flagged: None, joint: &[] }
}

const fn inside(member: &'static str, always: usize, fields: &'static [Field]) -> Attributes {
    Attributes { member, layout: Struct::new(fields), always, flagged: None, joint: &[] }
}

const fn uint(name: &'static str) -> Field {
    field(name, Store::U32, Kind::Uint)
}

const fn interface(name: &'static str) -> Field {
    field(name, Store::U32, Kind::With(|cx, raw| cx.interface(raw)))
}

const fn fd(name: &'static str) -> Field {
    field(name, Store::U32, Kind::Fd)
}

const fn wide(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::With(|_, raw| Value::Uint(raw)))
}

const fn hex(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::Hex64)
}

/// A pointer: 64 bits under every ABI.
const fn pointer(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::With(|_, raw| Value::Addr(raw)))
}

const fn text(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::With(|cx, raw| cx.string(raw)))
}

const fn path(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::Path)
}

const fn flags(name: &'static str, table: &'static crate::table::Table) -> Field {
    field(name, Store::U32, Kind::Flags(table))
}

const fn choice(name: &'static str, table: &'static crate::table::Table) -> Field {
    field(name, Store::U32, Kind::Const(table))
}

/// How an element is updated: one way of several.
const ELEMENT: Kind = Kind::With(|_, raw| Value::Const(raw, &ELEM_FLAGS));
const BATCHED: Kind = Kind::Flags64(&BATCH_FLAGS);
const KERNEL_VERSION: Kind = Kind::With(|_, raw| {
    let parts = [raw >> 16 & 0xffff, raw >> 8 & 0xff, raw & 0xff];
    Value::meaning(Value::Hex(raw), Value::Call("KERNEL_VERSION", parts.map(Value::Uint).to_vec()))
});

static MAP_CREATE: Attributes = attributes(
    16,
    &[
        choice("map_type", &MAP_TYPES),
        uint("key_size"),
        uint("value_size"),
        uint("max_entries"),
        flags("map_flags", &MAP_FLAGS),
        fd("inner_map_fd"),
        uint("numa_node"),
        field("map_name", Store::Text(16), Kind::Int),
        interface("map_ifindex"),
        fd("btf_fd"),
        uint("btf_key_type_id"),
        uint("btf_value_type_id"),
        uint("btf_vmlinux_value_type_id"),
        wide("map_extra"),
    ],
)
.joint(&[(16, 24), (48, 60)])
.with("numa_node", 16, 4);
static MAP_ELEMENT: Attributes = attributes(
    24,
    &[fd("map_fd"), pointer("key"), pointer("value"), field("flags", Store::AlignedU64, BATCHED)],
);
static MAP_UPDATE: Attributes = attributes(
    32,
    &[fd("map_fd"), pointer("key"), pointer("value"), field("flags", Store::AlignedU64, ELEMENT)],
);
static MAP_DELETE: Attributes = attributes(16, &[fd("map_fd"), pointer("key")]);
static MAP_NEXT: Attributes = attributes(24, &[fd("map_fd"), pointer("key"), pointer("next_key")]);
static MAP_ALONE: Attributes = attributes(4, &[fd("map_fd")]);
static PROG_LOAD: Attributes = attributes(
    24,
    &[
        choice("prog_type", &PROG_TYPES),
        uint("insn_cnt"),
        pointer("insns"),
        text("license"),
        uint("log_level"),
        uint("log_size"),
        text("log_buf"),
        field("kern_version", Store::U32, KERNEL_VERSION),
        flags("prog_flags", &PROG_FLAGS),
        field("prog_name", Store::Text(16), Kind::Int),
        interface("prog_ifindex"),
        choice("expected_attach_type", &ATTACH_TYPES),
        fd("prog_btf_fd"),
        uint("func_info_rec_size"),
        pointer("func_info"),
        uint("func_info_cnt"),
        uint("line_info_rec_size"),
        pointer("line_info"),
        uint("line_info_cnt"),
        uint("attach_btf_id"),
        fd("attach_prog_fd"),
        pointer("fd_array"),
    ],
)
.joint(&[(24, 40), (72, 108)]);
static OBJECT: Attributes =
    attributes(12, &[path("pathname"), fd("bpf_fd"), flags("file_flags", &FILE_FLAGS)]);
static PROG_ATTACH: Attributes = attributes(
    16,
    &[
        fd("target_fd"),
        fd("attach_bpf_fd"),
        choice("attach_type", &ATTACH_TYPES),
        flags("attach_flags", &ATTACH_FLAGS),
        fd("replace_bpf_fd"),
    ],
);
static PROG_DETACH: Attributes =
    attributes(12, &[fd("target_fd"), pad(4), choice("attach_type", &ATTACH_TYPES)]);
static TEST_RUN: Attributes = inside(
    "test",
    40,
    &[
        fd("prog_fd"),
        uint("retval"),
        uint("data_size_in"),
        uint("data_size_out"),
        pointer("data_in"),
        pointer("data_out"),
        uint("repeat"),
        uint("duration"),
        uint("ctx_size_in"),
        uint("ctx_size_out"),
        pointer("ctx_in"),
        pointer("ctx_out"),
        flags("flags", &TEST_FLAGS),
        uint("cpu"),
        uint("batch_size"),
    ],
)
.joint(&[(40, 64), (64, 72)]);
static NEXT_ID: Attributes =
    attributes(8, &[uint("start_id"), uint("next_id"), flags("open_flags", &FILE_FLAGS)]);
static PROG_ID: Attributes =
    attributes(8, &[uint("prog_id"), uint("next_id"), flags("open_flags", &FILE_FLAGS)]);
static MAP_ID: Attributes =
    attributes(8, &[uint("map_id"), uint("next_id"), flags("open_flags", &FILE_FLAGS)]);
static BTF_ID: Attributes = attributes(4, &[uint("btf_id")]);
static LINK_ID: Attributes = attributes(4, &[uint("link_id")]);
static INFO: Attributes = inside("info", 16, &[fd("bpf_fd"), uint("info_len"), pointer("info")]);
static QUERY: Attributes = inside(
    "query",
    28,
    &[
        fd("target_fd"),
        choice("attach_type", &ATTACH_TYPES),
        flags("query_flags", &QUERY_FLAGS),
        flags("attach_flags", &ATTACH_FLAGS),
        field("prog_ids", Store::AlignedU64, Kind::With(program_ids)),
        uint("prog_cnt"),
    ],
);
static TRACEPOINT: Attributes = inside("raw_tracepoint", 12, &[text("name"), fd("prog_fd")]);
static BTF_LOAD: Attributes = attributes(
    28,
    &[
        field("btf", Store::AlignedU64, Kind::With(btf)),
        pointer("btf_log_buf"),
        uint("btf_size"),
        uint("btf_log_size"),
        uint("btf_log_level"),
    ],
);
static TASK_QUERY: Attributes = inside(
    "task_fd_query",
    48,
    &[
        field("pid", Store::U32, Kind::Pid),
        fd("fd"),
        uint("flags"),
        uint("buf_len"),
        text("buf"),
        uint("prog_id"),
        choice("fd_type", &FD_TYPES),
        hex("probe_offset"),
        hex("probe_addr"),
    ],
);
static BATCH: Attributes = inside(
    "batch",
    56,
    &[
        pointer("in_batch"),
        pointer("out_batch"),
        pointer("keys"),
        pointer("values"),
        uint("count"),
        fd("map_fd"),
        field("elem_flags", Store::AlignedU64, BATCHED),
        hex("flags"),
    ],
);
static BATCH_UPDATE: Attributes = inside(
    "batch",
    56,
    &[
        pad(16),
        pointer("keys"),
        pointer("values"),
        uint("count"),
        fd("map_fd"),
        field("elem_flags", Store::AlignedU64, BATCHED),
        hex("flags"),
    ],
);
static BATCH_DELETE: Attributes = inside(
    "batch",
    56,
    &[
        pad(16),
        pointer("keys"),
        pad(8),
        uint("count"),
        fd("map_fd"),
        field("elem_flags", Store::AlignedU64, BATCHED),
        hex("flags"),
    ],
);
static LINK_CREATE: Attributes = inside(
    "link_create",
    16,
    &[
        fd("prog_fd"),
        fd("target_fd"),
        choice("attach_type", &ATTACH_TYPES),
        field("flags", Store::U32, Kind::Hex32),
    ],
);
static LINK_UPDATE: Attributes = inside(
    "link_update",
    12,
    &[fd("link_fd"), fd("new_prog_fd"), flags("flags", &ATTACH_FLAGS), fd("old_prog_fd")],
)
.with("old_prog_fd", 8, 4);

/// The attributes by command; those of the last few are not described.
static BY_COMMAND: [&Attributes; 32] = [
    &MAP_CREATE,
    &MAP_ELEMENT,
    &MAP_UPDATE,
    &MAP_DELETE,
    &MAP_NEXT,
    &PROG_LOAD,
    &OBJECT,
    &OBJECT,
    &PROG_ATTACH,
    &PROG_DETACH,
    &TEST_RUN,
    &NEXT_ID,
    &NEXT_ID,
    &PROG_ID,
    &MAP_ID,
    &INFO,
    &QUERY,
    &TRACEPOINT,
    &BTF_LOAD,
    &BTF_ID,
    &TASK_QUERY,
    &MAP_ELEMENT,
    &MAP_ALONE,
    &NEXT_ID,
    &BATCH,
    &BATCH,
    &BATCH_UPDATE,
    &BATCH_DELETE,
    &LINK_CREATE,
    &LINK_UPDATE,
    &LINK_ID,
    &NEXT_ID,
];

/// As many ids as the member after them says.
fn program_ids(cx: &mut Cx<'_>, raw: u64) -> Value {
    let count = cx.load(cx.args[1].wrapping_add(24), Store::U32).filter(|_| cx.args[2] > 24).unwrap_or(0);
    if raw == 0 { Value::Addr(0) } else { cx.cells(raw, Store::U32, &Kind::Uint, count) }
}

/// The type information that is loaded: as many bytes as another member says.
fn btf(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.load(cx.args[1].wrapping_add(16), Store::U32).filter(|_| cx.args[2] > 16) {
        Some(size) => cx.bytes(raw, size),
        None if cx.abi.word_size() == 4 && raw >> 32 != 0 => Value::Addr(raw),
        None => cx.bytes(raw, 0),
    }
}

fn attribute(cx: &mut Cx<'_>, addr: u64) -> Value {
    let size = cx.args[2] & 0xffff_ffff;
    let command = usize::try_from(cx.args[0] & 0xffff_ffff).unwrap_or(usize::MAX);
    let Some(attributes) = BY_COMMAND.get(command) else { return Value::Addr(addr) };
    if addr == 0 || size == 0 || size > LARGEST || !cx.env.options.dereference {
        return Value::Addr(addr);
    }
    let size = size as usize;
    let Some(mut bytes) = cx.read(addr, size) else { return Value::Addr(addr) };
    let end = attributes.layout.offsets(cx.abi).last().map_or(0, |(f, at)| at + f.store.size(cx.abi));
    let rest = bytes.get(end..).unwrap_or_default().to_vec();
    let extra = rest.iter().any(|&b| b != 0);
    let more = extra && cx.abbreviate();
    bytes.resize(end, 0);
    let reached = attributes.always.max(size);
    let mut fields = Vec::new();
    for (member, at) in attributes.layout.offsets(cx.abi) {
        let lacks_flag = attributes.flagged.is_some_and(|(name, flags_at, flag)| {
            let flags = bytes.get(flags_at..).and_then(|b| Store::U32.load(cx.abi, b)).unwrap_or(0);
            name == member.name && flags & flag == 0
        });
        let since = attributes.joint.iter().find(|(from, to)| (*from..*to).contains(&at)).map_or(at, |r| r.0);
        if since >= reached || lacks_flag || member.show == Show::Never {
            continue;
        }
        let stop = at + member.store.size(cx.abi);
        let value = match member.store {
            // A text that the size cuts ends there.
            Store::Text(_) => Value::field_text(&bytes[at..stop.min(size)]),
            _ => cx.stored(&member.store, &member.kind, &bytes[at..stop]),
        };
        fields.push((Cow::Borrowed(member.name), value));
    }
    if !attributes.member.is_empty() {
        let inner = Value::Struct { fields, more: false };
        fields = vec![(Cow::Borrowed(attributes.member), inner)];
    }
    if extra && !more {
        let note = format!("bytes {end}..{}", size - 1);
        let data = Value::Note(Box::new(Value::Octets(rest)), Cow::Owned(note));
        fields.push((Cow::Borrowed("extra_data"), data));
    }
    Value::Struct { fields, more }
}

/// The row of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "bpf",
    both(321, 357),
    Class::DESC,
    &[arg("cmd", Kind::Const(&COMMANDS)), arg("attr", Kind::With(attribute)), arg("size", Kind::Uint)],
)];

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::{Abi, Errno};

    fn bpf(command: u64, bytes: &[u8], size: u64) -> String {
        let memory = ByteMemory::new().with(0x1000, bytes);
        let failed = Outcome::Failed(Errno::EPERM);
        line(Abi::X86_64, 321, [command, 0x1000, size, 0, 0, 0], &memory, failed)
    }

    #[test]
    fn attributes_are_shown_as_far_as_their_size_goes() {
        let mut map = [0; 80];
        (map[0], map[4], map[16], map[24], map[28]) = (1, 4, 4, 9, b'm');
        let failed = "-1 EPERM (Operation not permitted)";
        assert_eq!(
            bpf(0, &map, 16),
            format!(
                "bpf(BPF_MAP_CREATE, {{map_type=BPF_MAP_TYPE_HASH, key_size=4, value_size=0, max_entries=0}}, 16) = {failed}"
            )
        );
        let named = bpf(0, &map, 44);
        assert!(
            named.contains("map_flags=BPF_F_NUMA_NODE, inner_map_fd=0, numa_node=9, map_name=\"m\"}, 44"),
            "{named}"
        );
        map[79] = 1;
        assert!(bpf(0, &map, 80).contains("map_extra=0, ...}, 80"), "{}", bpf(0, &map, 80));
        assert!(bpf(0, &map, 81).contains("BPF_MAP_CREATE, 0x1000, 81"));
    }

    #[test]
    fn no_attributes_make_decoding_fail() {
        for bytes in [vec![0; 5000], vec![0xff; 5000], vec![0x41; 60], vec![]] {
            for command in 0..40 {
                for size in (0..200).chain([4096, 4097, 0xffff_ffff, u64::MAX]) {
                    bpf(command, &bytes, size);
                }
            }
        }
    }
}
