//! Whole lines of the trickier rows, from byte arrays; and no input that makes a decoder panic.

use super::FAMILIES;
use super::args::shown;
use crate::catalog::Catalog;
use crate::text::Style;
use crate::value::Value;
use crate::{ByteMemory, Call, Env, NoNames, Options, Outcome};
use lariat_abi::{Abi, Errno, Tid};

const AT: u64 = 0x1000;
const PATH: u64 = 0x8000;
const OK: Outcome = Outcome::Returned(0);

/// The line of a call whose memory holds `bytes` at [`AT`] and the name `f` at [`PATH`].
fn line(abi: Abi, name: &str, args: [u64; 6], bytes: &[u8], outcome: Outcome) -> String {
    let memory = ByteMemory::new().with(AT, bytes).with(PATH, *b"f\0");
    let options = Options::default();
    let env = Env { tid: Tid::new(1), sp: 0, memory: &memory, names: &NoNames, options: &options };
    let rows = Catalog::get().named(name);
    let row = rows.iter().find(|row| row.numbers.of(abi).is_some()).expect("the call has a row");
    let mut call = Call::enter(row, abi, 0, args, env);
    call.exit(outcome, env);
    let mut out = format!("{name}(").into_bytes();
    let style = Style::default();
    style.arguments(&mut out, &call, 0, call.values.len());
    out.extend_from_slice(b") = ");
    style.result(&mut out, &call);
    String::from_utf8(out).expect("the line is text")
}

#[test]
fn open_has_a_mode_only_when_it_creates() {
    let open = |flags| line(Abi::X86_64, "open", [PATH, flags, 0o644, 0, 0, 0], b"", Outcome::Returned(3));
    assert_eq!(open(0x8_0000), r#"open("f", O_RDONLY|O_CLOEXEC) = 3"#);
    assert_eq!(open(0x241), r#"open("f", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3"#);
    assert_eq!(open(0x41_0002), r#"open("f", O_RDWR|O_TMPFILE, 0644) = 3"#);
    assert_eq!(open(4), r#"open("f", O_RDONLY|0x4) = 3"#);
}

#[test]
fn i386_splits_wide_numbers() {
    let seek = line(Abi::I386, "_llseek", [3, 1, 2, AT, 0, 0], &7u64.to_le_bytes(), OK);
    assert_eq!(seek, "_llseek(3, 4294967298, [7], SEEK_SET) = 0");
    let read = line(Abi::I386, "pread64", [3, AT, 2, 16, 1, 0], b"ab", Outcome::Returned(2));
    assert_eq!(read, r#"pread64(3, "ab", 2, 4294967312) = 2"#);
    let own = line(Abi::I386, "chown", [PATH, 0xffff, 5, 0, 0, 0], b"", OK);
    assert_eq!(own, r#"chown("f", -1, 5) = 0"#);
}

#[test]
fn a_device_has_a_number_and_a_file_a_size() {
    let mut stat = [0u8; 144];
    stat[24..28].copy_from_slice(&0o100_644u32.to_le_bytes());
    stat[48] = 9;
    let show = |bytes: &[u8]| line(Abi::X86_64, "fstat", [3, AT, 0, 0, 0, 0], bytes, OK);
    assert_eq!(show(&stat), "fstat(3, {st_mode=S_IFREG|0644, st_size=9, ...}) = 0");
    stat[24..28].copy_from_slice(&0o020_620u32.to_le_bytes());
    stat[40..42].copy_from_slice(&[1, 0x88]);
    assert_eq!(show(&stat), "fstat(3, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}) = 0");
    let failed = Outcome::Failed(Errno::from_raw(9));
    let line = line(Abi::X86_64, "fstat", [3, AT, 0, 0, 0, 0], &stat, failed);
    assert_eq!(line, "fstat(3, 0x1000) = -1 EBADF (Bad file descriptor)");
}

#[test]
fn fcntl_depends_on_its_command() {
    let fcntl = |cmd, arg, bytes: &[u8], ret| {
        line(Abi::X86_64, "fcntl", [3, cmd, arg, 0, 0, 0], bytes, Outcome::Returned(ret))
    };
    assert_eq!(fcntl(3, 0, b"", 0x8002), "fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)");
    assert_eq!(fcntl(1, 0, b"", 1), "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
    assert_eq!(fcntl(0x406, 10, b"", 11), "fcntl(3, F_DUPFD_CLOEXEC, 10) = 11");
    let mut lock = [0u8; 32];
    lock[0] = 1;
    lock[8] = 5;
    let shown = "{l_type=F_WRLCK, l_whence=SEEK_SET, l_start=5, l_len=0}";
    assert_eq!(fcntl(6, AT, &lock, 0), format!("fcntl(3, F_SETLK, {shown}) = 0"));
}

#[test]
fn poll_and_select_say_what_they_found() {
    let fds = [7, 0, 0, 0, 1, 0, 1, 0];
    let poll = line(Abi::X86_64, "poll", [AT, 1, 5, 0, 0, 0], &fds, Outcome::Returned(1));
    assert_eq!(poll, "poll([{fd=7, events=POLLIN}], 1, 5) = 1 ([{fd=7, revents=POLLIN}])");
    let poll = line(Abi::X86_64, "poll", [AT, 1, 5, 0, 0, 0], &fds, OK);
    assert_eq!(poll, "poll([{fd=7, events=POLLIN}], 1, 5) = 0 (Timeout)");
    let set = [5, 0, 0, 0, 0, 0, 0, 0];
    let select = line(Abi::X86_64, "select", [8, AT, 0, 0, 0, 0], &set, Outcome::Returned(2));
    assert_eq!(select, "select(8, [0 2], NULL, NULL, NULL) = 2 (in [0 2])");
}

#[test]
fn unknown_ioctls_are_taken_apart() {
    let ioctl = line(Abi::X86_64, "ioctl", [1, 0x8123_ff05, 9, 0, 0, 0], b"", OK);
    assert_eq!(ioctl, "ioctl(1, _IOC(_IOC_READ, 0xff, 0x5, 0x123), 0x9) = 0");
}

#[test]
fn nothing_panics() {
    let mut seed = 1u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 16
    };
    let noise: Vec<u8> = (0..4096).map(|_| next() as u8).collect();
    let memory = ByteMemory::new().with(AT, noise).with(AT + 0x2000, vec![0xff; 4096]);
    let words =
        [0, 1, 2, 3, 5, 24, 64, AT, AT + 8, AT + 4090, AT + 0x2000, u64::MAX, u64::MAX - 7, i64::MAX as u64];
    for row in FAMILIES.iter().copied().flatten() {
        for round in 0..200 {
            let abi = if row.numbers.x86_64.is_none() || round % 2 == 1 && row.numbers.i386.is_some() {
                Abi::I386
            } else {
                Abi::X86_64
            };
            let mask = if abi == Abi::I386 { 0xffff_ffff } else { u64::MAX };
            let args: [u64; 6] = std::array::from_fn(|_| words[next() as usize % words.len()] & mask);
            let options = Options { abbreviate: round % 3 != 0, ..Options::default() };
            let env = Env { tid: Tid::new(1), sp: 0, memory: &memory, names: &NoNames, options: &options };
            let mut call = Call::enter(row, abi, 0, args, env);
            let result = words[next() as usize % words.len()] as i64;
            call.exit(if round % 5 == 0 { Outcome::Unknown } else { Outcome::Returned(result) }, env);
            let mut out = Vec::new();
            Style::default().arguments(&mut out, &call, 0, call.values.len());
            Style::default().result(&mut out, &call);
        }
    }
}

#[test]
fn quotas_are_shown_as_the_command_says() {
    let bytes: Vec<u8> = (0..80).collect();
    let quota = |command: u64, id| {
        line(
            Abi::X86_64,
            "quotactl",
            [command << 8, PATH, id, AT, 0, 0],
            &bytes,
            Outcome::Failed(Errno::EPERM),
        )
    };
    let failed = "-1 EPERM (Operation not permitted)";
    assert_eq!(quota(0x80_0001, 0), format!(r#"quotactl(QCMD(Q_SYNC, USRQUOTA), "f") = {failed}"#));
    assert_eq!(
        quota(0x5801, 0),
        format!(r#"quotactl(QCMD(Q_XQUOTAON, USRQUOTA), "f", [0x3020100 /* FS_QUOTA_??? */]) = {failed}"#)
    );
    assert_eq!(
        quota(0x80_0007, u64::MAX),
        format!(r#"quotactl(QCMD(Q_GETQUOTA, USRQUOTA), "f", -1, 0x1000) = {failed}"#)
    );
    for command in (0..0x10).flat_map(|n| [0x80_0000 + n, 0x5800 + n, n << 8]) {
        quota(command, 0);
    }
}

#[test]
fn a_larger_structure_shows_what_is_not_known_of_it() {
    let mut how = vec![0; 40];
    how[8] = 8;
    let open = |how: &[u8], size| {
        line(Abi::X86_64, "openat2", [3, PATH, AT, size, 0, 0], how, Outcome::Failed(Errno::E2BIG))
    };
    let failed = "-1 E2BIG (Argument list too long)";
    assert_eq!(
        open(&how, 32),
        format!(r#"openat2(3, "f", {{flags=O_RDONLY, mode=010, resolve=0}}, 32) = {failed}"#)
    );
    how[24] = 5;
    assert_eq!(
        open(&how, 26),
        format!(
            r#"openat2(3, "f", {{flags=O_RDONLY, mode=010, resolve=0, /* bytes 24..25 */ "\x05\x00"}}, 26) = {failed}"#
        )
    );
    open(&how, u64::MAX);
}

fn ioctl(abi: Abi, command: u64, bytes: &[u8], outcome: Outcome) -> String {
    line(abi, "ioctl", [3, command, AT, 0, 0, 0], bytes, outcome)
}

#[test]
fn interfaces_are_shown_with_what_the_command_is_about() {
    let mut request = vec![0; 40];
    request[..2].copy_from_slice(b"lo");
    request[16..20].copy_from_slice(&65536u32.to_le_bytes());
    let of = |command, outcome| ioctl(Abi::X86_64, command, &request, outcome);
    assert_eq!(of(0x8921, OK), r#"ioctl(3, SIOCGIFMTU, {ifr_name="lo", ifr_mtu=65536}) = 0"#);
    let failed = Outcome::Failed(Errno::ENODEV);
    assert_eq!(of(0x8921, failed), r#"ioctl(3, SIOCGIFMTU, {ifr_name="lo"}) = -1 ENODEV (No such device)"#);
    assert_eq!(of(0x8910, OK), r#"ioctl(3, SIOCGIFNAME, {ifr_ifindex=65536, ifr_name="lo"}) = 0"#);
}

#[test]
fn commands_of_either_abi_have_their_own_numbers() {
    let size = 5u64.to_le_bytes();
    assert_eq!(ioctl(Abi::I386, 0x8004_1272, &size, OK), "ioctl(3, BLKGETSIZE64, [5]) = 0");
    assert_eq!(
        ioctl(Abi::I386, 0x8008_1272, &size, OK),
        "ioctl(3, _IOC(_IOC_READ, 0x12, 0x72, 0x8), 0x1000) = 0"
    );
    assert_eq!(ioctl(Abi::X86_64, 0x8018_4506, &size, OK), "ioctl(3, EVIOCGNAME(24), 0x1000) = 0");
    assert_eq!(ioctl(Abi::X86_64, 0x4c01, &size, OK), "ioctl(3, LOOP_CLR_FD) = 0");
}

#[test]
fn no_argument_of_a_command_makes_decoding_fail() {
    let patterns = [vec![0; 600], vec![0xff; 600], vec![1; 20], vec![0x41; 600], vec![]];
    for bytes in patterns {
        for command in super::names_ioctl1::LOW.entries.iter().chain(super::names_ioctl2::HIGH.entries) {
            for abi in [Abi::X86_64, Abi::I386] {
                ioctl(abi, command.0, &bytes, OK);
                ioctl(abi, command.0, &bytes, Outcome::Failed(Errno::EPERM));
            }
        }
    }
}

#[test]
fn a_request_shows_what_its_operation_uses() {
    let submit = |operation: u16, flags: u32| {
        let mut bytes = vec![0u8; 128];
        bytes[..8].copy_from_slice(&(AT + 16).to_le_bytes());
        bytes[16 + 16..][..2].copy_from_slice(&operation.to_le_bytes());
        bytes[16 + 20..][..4].copy_from_slice(&3u32.to_le_bytes());
        bytes[16 + 24..][..8].copy_from_slice(&(AT + 80).to_le_bytes());
        bytes[16 + 32..][..8].copy_from_slice(&1u64.to_le_bytes());
        bytes[16 + 56..][..4].copy_from_slice(&flags.to_le_bytes());
        bytes[80..][..8].copy_from_slice(&PATH.to_le_bytes());
        bytes[88] = 1;
        line(Abi::X86_64, "io_submit", [0x7000, 1, AT, 0, 0, 0], &bytes, Outcome::Returned(1))
    };
    let requests = |inside: &str| format!("io_submit(0x7000, 1, [{{{inside}}}]) = 1");
    assert_eq!(submit(2, 0), requests("aio_lio_opcode=IOCB_CMD_FSYNC, aio_fildes=3"));
    assert_eq!(submit(9, 0), requests("aio_lio_opcode=9 /* IOCB_CMD_??? */, aio_fildes=3"));
    let read = "aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=3, aio_buf=0x1050, aio_nbytes=1, aio_offset=0";
    assert_eq!(submit(0, 4), requests(&format!("{read}, aio_flags=0x4 /* IOCB_FLAG_??? */")));
    let vector =
        r#"aio_buf=[{iov_base="f", iov_len=1}], aio_offset=0, aio_flags=IOCB_FLAG_RESFD, aio_resfd=0"#;
    assert_eq!(submit(8, 1), requests(&format!("aio_lio_opcode=IOCB_CMD_PWRITEV, aio_fildes=3, {vector}")));
}

#[test]
fn that_a_file_is_deleted_is_no_part_of_its_name() {
    let show = |fd, target: &str| shown(&Value::Fd { fd, target: Some(target.into()) });
    assert_eq!(show(3, "/tmp/f"), "3</tmp/f>");
    assert_eq!(show(3, "/tmp/f (deleted)"), "3</tmp/f>(deleted)");
    assert_eq!(show(-100, "/tmp/d (deleted)"), "AT_FDCWD</tmp/d (deleted)>");
    let mut name = Vec::new();
    Style::default().escaped(&mut name, br#"<1>"\"#, b"<>");
    assert_eq!(name, br#"\0741\76\"\\"#);
}

#[test]
fn commands_of_btrfs_and_the_console() {
    let given = |command, bytes: &[u8]| ioctl(Abi::X86_64, command, bytes, OK);
    let mut volume = [3u64, 7, 4, 24, 0x1234, 0, 0].map(u64::to_le_bytes).concat();
    volume.extend_from_slice(b"sub\0");
    let shown = r#"{fd=3, flags=BTRFS_SUBVOL_QGROUP_INHERIT, size=24, qgroup_inherit=0x1234, name="sub"}"#;
    assert_eq!(given(0x5000_9417, &volume), format!("ioctl(3, BTRFS_IOC_SNAP_CREATE_V2, {shown}) = 0"));
    let lookup = given(0xd000_9412, &[256u64, 8].map(u64::to_le_bytes).concat());
    let shown = "{treeid=BTRFS_FIRST_FREE_OBJECTID, objectid=BTRFS_QUOTA_TREE_OBJECTID}";
    assert_eq!(lookup, format!("ioctl(3, BTRFS_IOC_INO_LOOKUP, {shown}) = 0"));
    let number = |command, raw| line(Abi::X86_64, "ioctl", [3, command, raw, 0, 0, 0], b"", OK);
    assert_eq!(number(0x4b30, 0xa_0000 + 1193), "ioctl(3, KDMKTONE, 10<<16|1193 /* 1000 Hz, 10 ms */) = 0");
    assert_eq!(number(0x4b2f, 0), "ioctl(3, KIOCSOUND, 0 /* off */) = 0");
    assert_eq!(number(0x4b45, 9), "ioctl(3, KDSKBMODE, 9 /* K_??? */) = 0");
    assert_eq!(number(0x4b32, 5), "ioctl(3, KDSETLED, LED_SCR|LED_CAP) = 0");
}
