//! The property of `fuzz/` on a bounded number of expressions, the same in every run.
#![allow(missing_docs, unreachable_pub, reason = "the property is that of the fuzz target")]

#[path = "../../../fuzz/properties/expression.rs"]
mod expression;
#[path = "../../../fuzz/properties/random.rs"]
mod random;

use random::Random;

/// What expressions are made of, and what they are not.
static PIECES: &[&str] = &[
    "trace=",
    "t=",
    "signal=",
    "s=",
    "status=",
    "quiet=",
    "abbrev=",
    "raw=",
    "verbose=",
    "decode-fds=",
    "fd=",
    "inject=",
    "foo=",
    "=",
    "!",
    "?",
    "%",
    "/",
    "@",
    ",",
    ",,",
    "all",
    "none",
    "read",
    "openat",
    "_llseek",
    "file",
    "%file",
    "%%stat",
    "%nothing",
    "@64",
    "@32",
    "@x32",
    "@y",
    "0",
    "1",
    "4000000000",
    "-1",
    "99999999999999999999",
    "SIGINT",
    "int",
    "rt_1",
    "RTMIN+99",
    "SIGRT_300",
    "failed",
    "successful",
    "exit",
    "path",
    "^op",
    "(",
    ")",
    "[",
    "*",
    "\\",
    "é",
    "\u{1f980}",
    "\n",
    "\0",
    " ",
];

#[test]
fn any_expression_is_applied_or_refused() {
    let mut random = Random::new(0xe49);
    for _ in 0..2000 {
        let count = 1 + random.below(6);
        let text: String = (0..count).map(|_| PIECES[random.below(PIECES.len())]).collect();
        expression::check(text.as_bytes());
    }
    expression::check(b"");
    expression::check(b"\xff");
}
