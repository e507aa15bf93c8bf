//! The code of an actor, in machine language: nothing that a compiler or a C library would add makes a system call,
//! allocates, panics, or looks at thread-local memory.
//!
//! It is never run in this process. It is copied into the image that actors execute ([`super::image`]), and finds
//! everything from the place where it runs: the stage's window is aligned, so that an address in it, of code or of a
//! stack, tells where the window begins.
//!
//! ```text
//!   rbx  the actor's block        r12d  the number of the last command taken
//!   r15  the stage's header       r14d  how often to look before going to sleep
//! ```

use super::block::{
    BLOCKS, BUFFER, Block, FD, IMAGE_LEN, LOG, SHARED, SHARED_LEN, STACK, STACKS, WINDOW, op,
};
use std::mem::offset_of;

/// Looks before an actor that may sleep goes to sleep.
const LOOKS: u32 = 50;

const _: () = assert!(STACK == 1 << 16 && size_of::<Block>() == 1 << 13 && LOG == 16 && BUFFER == 4096);

core::arch::global_asm!(
    r#"
    .pushsection .rodata.lariat_puppet, "a", @progbits
    .irp label, code, handler, restorer, path, name, end
    .globl  lariat_puppet_\label
    .hidden lariat_puppet_\label
    .endr
    .balign 16

    // The image starts here, its slot in the first byte of argv[1]. The shared memory must be mapped: the one
    // system call between an execve and the loop.
lariat_puppet_code:
    mov     rax, [rsp + 16]
    movzx   ebx, byte ptr [rax]
    lea     r15, [rip + lariat_puppet_code]
    and     r15, -{window}
    mov     eax, ebx
    shl     eax, 16
    lea     rsp, [r15 + rax + {stacks}]
    dec     ebx
    shl     ebx, 13
    lea     rbx, [r15 + rbx + {blocks}]
    lea     rdi, [r15 + {shared}]
    mov     esi, {shared_len}
    mov     edx, 3                      // PROT_READ | PROT_WRITE
    mov     r10d, 0x11                  // MAP_SHARED | MAP_FIXED
    mov     r8d, {fd}
    mov     r9d, {image_len}
    mov     eax, 9                      // mmap
    syscall
    add     r15, {shared}
    mov     r12d, [rbx + {command}]
    xor     eax, eax

5:  // Done, with the result in rax.
    mov     [rbx + {result}], rax
    mov     [rbx + {done}], r12d
    cmp     dword ptr [rbx + {sleeps}], 0
    je      2f
    lea     rdi, [rbx + {done}]
    mov     esi, 1                      // FUTEX_WAKE
    mov     edx, 0x7fffffff
    mov     eax, 202                    // futex
    syscall
    mov     r14d, {looks}

2:  // Idle.
    mov     eax, [rbx + {command}]
    cmp     eax, r12d
    jne     3f
    pause
    test    dword ptr [r15], 0x40000000 // FUTEX_OWNER_DIED
    jnz     9f
    cmp     dword ptr [rbx + {sleeps}], 0
    je      2b
    dec     r14d
    jns     2b
    lea     rdi, [rbx + {command}]
    xor     esi, esi                    // FUTEX_WAIT
    mov     edx, r12d
    lea     r10, [rbx + {nap}]
    mov     eax, 202                    // futex
    syscall
    jmp     2b

3:  // A command.
    mov     r12d, eax
    mov     r14d, {looks}
    mov     ecx, [rbx + {op}]
    cmp     ecx, {op_int3}
    je      6f
    cmp     ecx, {op_store}
    je      7f
    cmp     ecx, {op_load}
    je      8f
    mov     r13, [rbx + {child}]
    mov     rdi, [rbx + {args}]
    mov     rsi, [rbx + {args} + 8]
    mov     rdx, [rbx + {args} + 16]
    mov     r10, [rbx + {args} + 24]
    mov     r8,  [rbx + {args} + 32]
    mov     r9,  [rbx + {args} + 40]
    mov     rax, [rbx + {number}]
    syscall
    test    r13, r13
    jz      5b
    test    rax, rax
    jnz     5b
    mov     rbx, r13                    // the new task, on its own stack
    mov     qword ptr [rbx + {started}], 1
    xor     r12d, r12d
    jmp     2b

6:  int3
    xor     eax, eax
    jmp     5b
7:  mov     rdx, [rbx + {args}]
    mov     rax, [rbx + {args} + 8]
    mov     [rdx], rax
    xor     eax, eax
    jmp     5b
8:  mov     rdx, [rbx + {args}]
    mov     rax, [rdx]
    jmp     5b
9:  xor     edi, edi
    mov     eax, 231                    // exit_group
    syscall
    jmp     9b

    // Notes the siginfo at rsi. The count is written by the outermost handler when it ends, so that it never
    // counts an entry that is half written; again, if a handler ran between the look and the write.
lariat_puppet_handler:
    mov     rax, rsp
    mov     r8, rsp
    and     r8, -{window}
    sub     rax, r8
    sub     rax, {stacks}
    shr     rax, 16
    shl     rax, 13
    lea     r8, [r8 + rax + {blocks}]
    inc     dword ptr [r8 + {nesting}]
    mov     eax, 1
    xadd    [r8 + {taken}], eax
    and     eax, 15
    shl     eax, 7
    lea     rdi, [r8 + rax + {log}]
    mov     ecx, 16
    rep movsq
    dec     dword ptr [r8 + {nesting}]
    jnz     3f
2:  mov     eax, [r8 + {taken}]
    mov     [r8 + {handled}], eax
    cmp     eax, [r8 + {taken}]
    jne     2b
3:  ret

lariat_puppet_restorer:
    mov     eax, 15                     // rt_sigreturn
    syscall

lariat_puppet_path:
    .asciz  "/proc/thread-self/fd/{fd}"
lariat_puppet_name:
    .asciz  "lariat-actor"
lariat_puppet_end:
    .popsection
    "#,
    window = const WINDOW,
    stacks = const STACKS,
    blocks = const BLOCKS,
    shared = const SHARED,
    shared_len = const SHARED_LEN,
    image_len = const IMAGE_LEN,
    fd = const FD,
    looks = const LOOKS,
    command = const offset_of!(Block, command),
    op = const offset_of!(Block, op),
    number = const offset_of!(Block, number),
    args = const offset_of!(Block, args),
    child = const offset_of!(Block, child),
    done = const offset_of!(Block, done),
    result = const offset_of!(Block, result),
    sleeps = const offset_of!(Block, sleeps),
    nesting = const offset_of!(Block, nesting),
    taken = const offset_of!(Block, taken),
    handled = const offset_of!(Block, handled),
    nap = const offset_of!(Block, nap),
    started = const offset_of!(Block, started),
    log = const offset_of!(Block, log),
    op_int3 = const op::INT3,
    op_store = const op::STORE,
    op_load = const op::LOAD,
);

unsafe extern "C" {
    static lariat_puppet_code: u8;
    static lariat_puppet_handler: u8;
    static lariat_puppet_restorer: u8;
    static lariat_puppet_path: u8;
    static lariat_puppet_name: u8;
    static lariat_puppet_end: u8;
}

/// The code, and where in it its parts are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    /// It begins with where an image starts.
    pub(super) bytes: &'static [u8],
    /// The handler of signals.
    pub(super) handler: usize,
    /// What it returns to.
    pub(super) restorer: usize,
    /// The path that actors execute.
    pub(super) path: usize,
    /// Their name: argv[0].
    pub(super) name: usize,
}

/// The code above.
pub(super) fn code() -> Code {
    let start = (&raw const lariat_puppet_code) as usize;
    let offset = |at: *const u8| at as usize - start;
    // SAFETY: the assembler placed these bytes between the two labels.
    let bytes = unsafe {
        std::slice::from_raw_parts(&raw const lariat_puppet_code, offset(&raw const lariat_puppet_end))
    };
    Code {
        bytes,
        handler: offset(&raw const lariat_puppet_handler),
        restorer: offset(&raw const lariat_puppet_restorer),
        path: offset(&raw const lariat_puppet_path),
        name: offset(&raw const lariat_puppet_name),
    }
}
