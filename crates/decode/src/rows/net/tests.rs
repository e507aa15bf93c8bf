//! Lines as strace 6.1 shows them, from byte arrays.

use crate::catalog::Catalog;
use crate::context::{Env, NoNames, Options};
use crate::memory::ByteMemory;
use crate::record::{Call, Outcome};
use crate::siginfo::siginfo;
use crate::text::Style;
use lariat_abi::{Abi, SigInfo, Tid};

fn arguments(name: &str, raw: [u64; 6], result: i64, memory: &ByteMemory) -> String {
    arguments_of(Abi::X86_64, name, raw, result, memory)
}

fn arguments_of(abi: Abi, name: &str, raw: [u64; 6], result: i64, memory: &ByteMemory) -> String {
    let row = Catalog::get().named(name)[0];
    let options = Options::default();
    let env = Env { tid: Tid::new(1), sp: 0, memory, names: &NoNames, options: &options };
    let mut call = Call::enter(row, abi, 0, raw, env);
    call.exit(Outcome::from_register(result), env);
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
fn addresses_of_links_and_devices() {
    let mut link = vec![17, 0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 6, 1, 2, 3, 4, 5, 0, 0, 0];
    let memory = ByteMemory::new().with(0x1000, link.clone()).with(0x2000, [31, 0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(
        arguments("bind", [3, 0x1000, 20, 0, 0, 0], 0, &memory),
        r#"3, {sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), sll_ifindex=if_nametoindex("lo"), sll_hatype=ARPHRD_ETHER, sll_pkttype=PACKET_HOST, sll_halen=6, sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 00]}, 20"#
    );
    assert_eq!(
        arguments("bind", [3, 0x2000, 8, 0, 0, 0], 0, &memory),
        "3, {sa_family=AF_BLUETOOTH, sco_bdaddr=01:02:03:04:05:06}, 8"
    );
    // Every family at every length: no address makes decoding fail.
    for family in 0..64 {
        link.resize(160, 0xff);
        link[0] = family;
        let memory = ByteMemory::new().with(0x1000, link.clone());
        for len in 0..160 {
            arguments("bind", [3, 0x1000, len, 0, 0, 0], 0, &memory);
        }
    }
}

/// A `struct mmsghdr` of x86-64 with one buffer described at `vector`.
fn mmsghdr(vector: u64, len: u32) -> Vec<u8> {
    let words = [0, 0, vector, 1, 0, 0, 0];
    let mut bytes: Vec<u8> = words.iter().flat_map(|w: &u64| w.to_le_bytes()).collect();
    bytes.extend([len, 0].iter().flat_map(|w: &u32| w.to_le_bytes()));
    bytes
}

#[test]
fn vectors_of_messages_show_what_was_sent_and_received() {
    let iovec: Vec<u8> = [0x3000u64, 4].iter().flat_map(|w| w.to_le_bytes()).collect();
    let headers = [mmsghdr(0x2000, 3), mmsghdr(0x2000, 0)].concat();
    let memory = ByteMemory::new().with(0x1000, headers).with(0x2000, iovec).with(0x3000, *b"abcd");
    let header = |data: &str| {
        format!(
            "{{msg_hdr={{msg_name=NULL, msg_namelen=0, msg_iov=[{{iov_base=\"{data}\", iov_len=4}}], msg_iovlen=1, \
             msg_controllen=0, msg_flags=0}}"
        )
    };
    let (whole, cut) = (header("abcd"), header("abc"));
    assert_eq!(
        arguments("sendmmsg", [3, 0x1000, 2, 0, 0, 0], 1, &memory),
        format!("3, [{whole}, msg_len=3}}, {whole}}}], 2, 0")
    );
    assert_eq!(
        arguments("recvmmsg", [3, 0x1000, 2, 0, 0, 0], 1, &memory),
        format!("3, [{cut}, msg_len=3}}], 2, 0, NULL")
    );
    assert_eq!(arguments("sendmmsg", [3, 0x1040, 9, 0, 0, 0], 2, &memory).matches("msg_hdr").count(), 1);
    assert_eq!(arguments("recvmmsg", [3, 0, u64::MAX, 0, 0, 0], 7, &memory), "3, NULL, 4294967295, 0, NULL");
}

#[test]
fn control_messages_stop_at_the_last_whole_one() {
    let mut control: Vec<u8> = [20u64].iter().flat_map(|w| w.to_le_bytes()).collect();
    control.extend([1u32, 1, 5, 0, 9].iter().flat_map(|w| w.to_le_bytes()));
    let header: Vec<u8> = [0u64, 0, 0, 0, 0x2000, 28, 0].iter().flat_map(|w| w.to_le_bytes()).collect();
    let memory = ByteMemory::new().with(0x1000, header).with(0x2000, control);
    assert_eq!(
        arguments("sendmsg", [3, 0x1000, 0, 0, 0, 0], 1, &memory),
        "3, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, \
         msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}, ... /* 0x2018 */], \
         msg_controllen=28, msg_flags=0}, 0"
    );
}

#[test]
fn options_follow_level_name_and_length() {
    let memory = ByteMemory::new().with(0x1000, [111, 0, 0, 0, 5, 0, 0, 0]).with(0x2000, [4, 0, 0, 0]);
    let get = |option| arguments("getsockopt", [3, 1, option, 0x1000, 0x2000, 0], 0, &memory);
    assert_eq!(get(4), "3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]");
    assert_eq!(get(13), "3, SOL_SOCKET, SO_LINGER, {l_onoff=111}, [4]");
    assert_eq!(get(26), "3, SOL_SOCKET, SO_GET_FILTER, 0x1000, [4]");
    let set = |level, option, len| arguments("setsockopt", [3, level, option, 0x1000, len, 0], 0, &memory);
    assert_eq!(set(1, 9, 8), "3, SOL_SOCKET, SO_KEEPALIVE, [111], 8");
    assert_eq!(set(1, 9, 2), "3, SOL_SOCKET, SO_KEEPALIVE, 0x1000, 2");
    assert_eq!(set(1, 25, 2), r#"3, SOL_SOCKET, SO_BINDTODEVICE, "o\0", 2"#);
    assert_eq!(
        set(255, 1, 4),
        "3, SOL_RAW, ICMP_FILTER, [ICMP_ECHOREPLY 0x1 /* ICMP_??? */ 0x2 /* ICMP_??? */ ICMP_DEST_UNREACH ICMP_REDIRECT 0x6 /* ICMP_??? */], 4"
    );
    for (level, option) in (0..300).flat_map(|level| (0..80).map(move |option| (level, option))) {
        for len in [0, 1, 8, 200, u64::MAX] {
            set(level, option, len);
        }
    }
}

#[test]
fn siginfo_of_a_child() {
    let mut bytes = [0; SigInfo::SIZE];
    bytes[0] = 17;
    bytes[8] = 1;
    bytes[16] = 9;
    let mut out = Vec::new();
    Style::default().value(&mut out, &siginfo(&SigInfo::from_bytes(bytes), &crate::NoNames));
    assert_eq!(
        String::from_utf8_lossy(&out),
        "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=0, si_utime=0, si_stime=0}"
    );
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

#[test]
fn siginfo_follows_the_abi() {
    let mut info = words(&[17, 0, 1, 9, 1000, 3, 5, 0xffff_fffe]);
    info.resize(SigInfo::SIZE, 0);
    let memory = ByteMemory::new().with(0x1000, info);
    let queue = |abi| arguments_of(abi, "rt_sigqueueinfo", [7, 17, 0x1000, 0, 0, 0], -1, &memory);
    assert_eq!(
        queue(Abi::I386),
        "7, SIGCHLD, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=1000, si_status=3, \
         si_utime=5 /* 0.05 s */, si_stime=18446744073709551614 /* 184467440737095516.14 s */}"
    );
    assert!(queue(Abi::X86_64).contains("si_pid=1000, si_uid=3, si_status=5"));
    for (signal, code) in (0..70u32).flat_map(|s| (0..20).map(move |c| (s, c))) {
        let mut info = words(&[signal, 1, u32::wrapping_sub(code, 8)]);
        info.resize(SigInfo::SIZE, 0xff);
        let memory = ByteMemory::new().with(0x1000, info);
        for abi in [Abi::X86_64, Abi::I386] {
            arguments_of(abi, "rt_sigqueueinfo", [7, 17, 0x1000, 0, 0, 0], -1, &memory);
        }
    }
}

#[test]
fn the_old_sigaction_has_its_mask_second() {
    let memory = ByteMemory::new().with(0x1000, words(&[0, 5, 0x1400_0000, 0x77]));
    assert_eq!(
        arguments_of(Abi::I386, "sigaction", [10, 0x1000, 0, 0, 0, 0], 0, &memory),
        "SIGUSR1, {sa_handler=SIG_DFL, sa_mask=[HUP QUIT], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x77}, NULL"
    );
}

#[test]
fn ipc_is_the_call_it_stands_for() {
    let perm = words(&[1, 2, 3, 4, 5, 0o600, 0, 0, 0]);
    let memory =
        ByteMemory::new().with(0x1000, [perm, vec![0; 64]].concat()).with(0x2000, words(&[0x1000, 9]));
    let ipc = |raw, result| arguments_of(Abi::I386, "ipc", raw, result, &memory);
    assert_eq!(
        ipc([3, 7, 0, 0x101, 0x2000, 0], 0),
        "7, 0, IPC_64|IPC_SET, {sem_perm={uid=2, gid=3, mode=0600}}"
    );
    assert_eq!(ipc([3, 7, 0, 12, 0x2000, 0], 0), "7, 0, GETVAL, [0x1000]");
    assert_eq!(ipc([12, 7, 2, 0, 0x2000, 0], 2), r#"7, {mtype=1, mtext="\2\0"}, 2, 9, 0"#);
    assert_eq!(ipc([12, 7, 2, 0, 0x2000, 0], -42), "7, 0x2000, 2, 0");
    assert_eq!(ipc([0x1000c, 7, 2, 0, 0x1000, 5], -42), "7, 0x1000, 2, 5, 0");
    assert_eq!(ipc([99, 7, 2, 0, 1, 5], -38), "99, 0x7, 0x2, 0, 0x1, 0x5");
    for call in 0..30 {
        for command in 0..25 {
            ipc([call, 7, command, command, 0x2000, 0x1000], 0);
            ipc([call, 7, command, command, 0xffff_fff0, 0xffff_ffff], 1);
        }
    }
}

#[test]
fn times_are_shown_with_their_dates() {
    let memory = ByteMemory::new().with(0x1000, 5u64.to_le_bytes());
    assert_eq!(arguments("time", [0x1000, 0, 0, 0, 0, 0], 5, &memory), "[5 /* 1970-01-01T00:00:05+0000 */]");
}

#[test]
fn the_clock_that_is_steered_is_shown_under_each_layout() {
    // modes, a status and the seconds, where each layout has them.
    for (abi, name, size, status, seconds) in [
        (Abi::X86_64, "adjtimex", 208, 40, 72),
        (Abi::I386, "adjtimex", 128, 20, 36),
        (Abi::I386, "clock_adjtime64", 208, 40, 72),
    ] {
        let mut bytes = vec![0; size];
        (bytes[0], bytes[1]) = (1, 0xa0);
        bytes[status] = 0x41;
        bytes[seconds] = 9;
        let memory = ByteMemory::new().with(0x1000, bytes);
        let raw = if name == "adjtimex" { [0x1000, 0, 0, 0, 0, 0] } else { [0, 0x1000, 0, 0, 0, 0] };
        let shown = arguments_of(abi, name, raw, 5, &memory);
        assert!(shown.contains("{modes=ADJ_OFFSET_SS_READ, offset=0, freq=0"), "{shown}");
        assert!(shown.contains("status=STA_PLL|STA_UNSYNC, constant=0"), "{shown}");
        assert!(shown.contains("time={tv_sec=9, tv_usec=0}, tick=0"), "{shown}");
        assert!(shown.ends_with("tai=0}"), "{shown}");
    }
}

#[test]
fn what_nobody_asks_for_or_cannot_be_negative() {
    let memory = ByteMemory::new().with(0x1000, 16u32.to_le_bytes()).with(0x2000, words(&[2, 0, !0, !0]));
    assert_eq!(arguments("accept", [3, 0, 0x1000, 0, 0, 0], 4, &memory), "3, NULL, 0x1000");
    assert_eq!(
        arguments("nanosleep", [0x2000, 0, 0, 0, 0, 0], -22, &memory),
        "{tv_sec=2, tv_nsec=18446744073709551615}, NULL"
    );
    let shown = arguments("semop", [4, 0x2000, 1 | 1 << 32, 0, 0, 0], 0, &memory);
    assert_eq!(shown, "4, [{sem_num=2, sem_op=0, sem_flg=0}], 1");
}
