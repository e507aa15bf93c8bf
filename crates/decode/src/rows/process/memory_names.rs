//! Names of memory protection, mapping and advice.

use crate::table::Table;

/// `<asm-generic/mman-common.h>`.
pub(super) static PROT: Table = Table::new(
    "PROT_???",
    &[
        (0, "PROT_NONE"),
        (1, "PROT_READ"),
        (2, "PROT_WRITE"),
        (4, "PROT_EXEC"),
        (8, "PROT_SEM"),
        (0x0100_0000, "PROT_GROWSDOWN"),
        (0x0200_0000, "PROT_GROWSUP"),
    ],
);

/// The kind of a mapping: the low bits of its flags, `MAP_TYPE`.
pub(super) static MAP_TYPE: Table = Table::new(
    "MAP_???",
    &[(0, "MAP_FILE"), (1, "MAP_SHARED"), (2, "MAP_PRIVATE"), (3, "MAP_SHARED_VALIDATE")],
);

/// The flags of a mapping beside its kind.
pub(super) static MAP_FLAGS: Table = Table::new(
    "MAP_???",
    &[
        (0x10, "MAP_FIXED"),
        (0x20, "MAP_ANONYMOUS"),
        (0x40, "MAP_32BIT"),
        (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"),
        (0x1_0000, "MAP_NONBLOCK"),
        (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"),
        (0x1000, "MAP_EXECUTABLE"),
        (0x2000, "MAP_LOCKED"),
        (0x2_0000, "MAP_STACK"),
        (0x4_0000, "MAP_HUGETLB"),
        (0x8_0000, "MAP_SYNC"),
        (0x10_0000, "MAP_FIXED_NOREPLACE"),
    ],
);

pub(super) static MADVISE: Table = Table::new(
    "MADV_???",
    &[
        (0, "MADV_NORMAL"),
        (1, "MADV_RANDOM"),
        (2, "MADV_SEQUENTIAL"),
        (3, "MADV_WILLNEED"),
        (4, "MADV_DONTNEED"),
        (8, "MADV_FREE"),
        (9, "MADV_REMOVE"),
        (10, "MADV_DONTFORK"),
        (11, "MADV_DOFORK"),
        (12, "MADV_MERGEABLE"),
        (13, "MADV_UNMERGEABLE"),
        (14, "MADV_HUGEPAGE"),
        (15, "MADV_NOHUGEPAGE"),
        (16, "MADV_DONTDUMP"),
        (17, "MADV_DODUMP"),
        (18, "MADV_WIPEONFORK"),
        (19, "MADV_KEEPONFORK"),
        (20, "MADV_COLD"),
        (21, "MADV_PAGEOUT"),
        (22, "MADV_POPULATE_READ"),
        (23, "MADV_POPULATE_WRITE"),
        (24, "MADV_DONTNEED_LOCKED"),
        (25, "MADV_COLLAPSE"),
        (100, "MADV_HWPOISON"),
        (101, "MADV_SOFT_OFFLINE"),
    ],
);

pub(super) static MREMAP: Table =
    Table::new("MREMAP_???", &[(1, "MREMAP_MAYMOVE"), (2, "MREMAP_FIXED"), (4, "MREMAP_DONTUNMAP")]);
pub(super) static MLOCK: Table = Table::new("MLOCK_???", &[(1, "MLOCK_ONFAULT")]);
pub(super) static MCL: Table =
    Table::new("MCL_???", &[(1, "MCL_CURRENT"), (2, "MCL_FUTURE"), (4, "MCL_ONFAULT")]);
pub(super) static MS: Table = Table::new("MS_???", &[(4, "MS_SYNC"), (1, "MS_ASYNC"), (2, "MS_INVALIDATE")]);
pub(super) static PKEY: Table = Table::new(
    "PKEY_???",
    &[(1, "PKEY_DISABLE_ACCESS"), (2, "PKEY_DISABLE_WRITE"), (4, "PKEY_DISABLE_EXECUTE")],
);
pub(super) static SHADOW_STACK: Table =
    Table::new("SHADOW_STACK_???", &[(1, "SHADOW_STACK_SET_TOKEN"), (2, "SHADOW_STACK_SET_MARKER")]);

/// `<linux/mempolicy.h>`: how memory is spread over nodes.
pub(super) static MPOL: Table = Table::new(
    "MPOL_???",
    &[
        (0, "MPOL_DEFAULT"),
        (1, "MPOL_PREFERRED"),
        (2, "MPOL_BIND"),
        (3, "MPOL_INTERLEAVE"),
        (4, "MPOL_LOCAL"),
        (5, "MPOL_PREFERRED_MANY"),
    ],
);
pub(super) static MPOL_MODE_FLAGS: Table = Table::new(
    "MPOL_F_???",
    &[(0x8000, "MPOL_F_STATIC_NODES"), (0x4000, "MPOL_F_RELATIVE_NODES"), (0x2000, "MPOL_F_NUMA_BALANCING")],
);
pub(super) static MBIND: Table =
    Table::new("MPOL_???", &[(1, "MPOL_MF_STRICT"), (2, "MPOL_MF_MOVE"), (4, "MPOL_MF_MOVE_ALL")]);
pub(super) static MOVE_PAGES: Table = Table::new("MPOL_???", &[(2, "MPOL_MF_MOVE"), (4, "MPOL_MF_MOVE_ALL")]);
pub(super) static GET_MEMPOLICY: Table =
    Table::new("MPOL_???", &[(1, "MPOL_F_NODE"), (2, "MPOL_F_ADDR"), (4, "MPOL_F_MEMS_ALLOWED")]);
