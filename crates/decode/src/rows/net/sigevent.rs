//! `struct sigevent`: how a timer or a queue tells that something happened; sigevent(7).

use crate::context::Cx;
use crate::layout::Store;
use crate::table::Table;
use crate::value::Value;

static NOTIFY: Table = Table::new(
    "SIGEV_???",
    &[(0, "SIGEV_SIGNAL"), (1, "SIGEV_NONE"), (2, "SIGEV_THREAD"), (4, "SIGEV_THREAD_ID")],
);

/// The structure at `raw`.
pub(super) fn sigevent(cx: &mut Cx<'_>, raw: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let at = |n: u64| raw.wrapping_add(n);
    let loaded =
        (cx.load(raw, Store::Word), cx.load(at(word), Store::I32), cx.load(at(word + 4), Store::U32));
    let (Some(value), Some(signo), Some(notify)) = loaded else { return Value::Addr(raw) };
    let mut fields = Vec::new();
    if value != 0 {
        let parts =
            vec![("sival_int", Value::Int(i64::from(value as i32))), ("sival_ptr", Value::Addr(value))];
        fields.push(("sigev_value", Value::record(parts)));
    }
    let named = matches!(notify, 0 | 2 | 4);
    fields.push((
        "sigev_signo",
        if named { Value::Signal(signo as i64) } else { Value::Uint(signo & 0xffff_ffff) },
    ));
    fields.push(("sigev_notify", Value::Const(notify, &NOTIFY)));
    let union = at(word + 8);
    if notify == 4 {
        let tid = cx.load(union, Store::I32).unwrap_or(0);
        fields.push(("sigev_notify_thread_id", cx.pid(tid)));
    } else if notify == 2 {
        let function = cx.load(union, Store::Word).unwrap_or(0);
        let attributes = cx.load(union.wrapping_add(word), Store::Word).unwrap_or(0);
        fields.push(("sigev_notify_function", Value::Addr(function)));
        fields.push(("sigev_notify_attributes", Value::Addr(attributes)));
    }
    Value::record(fields)
}
