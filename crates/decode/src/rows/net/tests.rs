//! Lines as strace 6.1 shows them, from byte arrays.

use crate::catalog::Catalog;
use crate::context::{Env, NoNames, Options};
use crate::memory::ByteMemory;
use crate::record::{Call, Outcome};
use crate::siginfo::siginfo;
use crate::text::Style;
use lariat_abi::{Abi, SigInfo, Tid};

fn arguments(name: &str, raw: [u64; 6], result: i64, memory: &ByteMemory) -> String {
    let row = Catalog::get().named(name)[0];
    let options = Options::default();
    let env = Env { tid: Tid::new(1), sp: 0, memory, names: &NoNames, options: &options };
    let mut call = Call::enter(row, Abi::X86_64, 0, raw, env);
    call.exit(Outcome::from_register(row, result), env);
    let mut out = Vec::new();
    Style::default().arguments(&mut out, &call, 0, call.values.len());
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn numbers_are_those_of_the_kernel() {
    let tables =
        [include_str!("../../../tests/data/x86_64.txt"), include_str!("../../../tests/data/i386.txt")];
    for row in super::FAMILIES.iter().copied().flatten() {
        for (number, table) in [row.numbers.x86_64, row.numbers.i386].into_iter().zip(tables) {
            let Some(number) = number else { continue };
            let line = format!("{number} {}", row.name);
            assert!(table.lines().any(|l| l == line), "no line {line}");
        }
    }
}

#[test]
fn addresses_follow_family_and_length() {
    let inet = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let memory = ByteMemory::new().with(0x1000, inet).with(0x2000, *b"\x01\0\0abc\"d");
    assert_eq!(
        arguments("connect", [3, 0x1000, 16, 0, 0, 0], 0, &memory),
        r#"3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16"#
    );
    assert_eq!(
        arguments("bind", [3, 0x1000, 8, 0, 0, 0], 0, &memory),
        r#"3, {sa_family=AF_INET, sa_data="\0P\177\0\0\1"}, 8"#
    );
    assert_eq!(
        arguments("bind", [3, 0x2000, 8, 0, 0, 0], 0, &memory),
        r#"3, {sa_family=AF_UNIX, sun_path=@"abc\"d"}, 8"#
    );
    assert_eq!(arguments("bind", [3, 0x2000, u64::MAX, 0, 0, 0], -22, &memory), "3, 0x2000, -1");
}

#[test]
fn siginfo_of_a_child() {
    let mut bytes = [0; SigInfo::SIZE];
    bytes[0] = 17;
    bytes[8] = 1;
    bytes[16] = 9;
    let mut out = Vec::new();
    Style::default().value(&mut out, &siginfo(&SigInfo::from_bytes(bytes)));
    assert_eq!(
        String::from_utf8_lossy(&out),
        "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=0, si_utime=0, si_stime=0}"
    );
}
