//! Names of the socket interface: `<linux/socket.h>`, `<asm-generic/socket.h>`, `<linux/in.h>`,
//! `<linux/in6.h>`, `<linux/tcp.h>`, `<linux/udp.h>`, `<linux/netlink.h>`.

use crate::table::{Table, tables};

tables! {
    pub(super) AF "AF_???": 0 "AF_UNSPEC", 1 "AF_UNIX", 2 "AF_INET", 3 "AF_AX25", 4 "AF_IPX", 5 "AF_APPLETALK",
        6 "AF_NETROM", 7 "AF_BRIDGE", 8 "AF_ATMPVC", 9 "AF_X25", 10 "AF_INET6", 11 "AF_ROSE",
        12 "AF_DECnet", 13 "AF_NETBEUI", 14 "AF_SECURITY", 15 "AF_KEY", 16 "AF_NETLINK", 17 "AF_PACKET",
        18 "AF_ASH", 19 "AF_ECONET", 20 "AF_ATMSVC", 21 "AF_RDS", 22 "AF_SNA", 23 "AF_IRDA",
        24 "AF_PPPOX", 25 "AF_WANPIPE", 26 "AF_LLC", 27 "AF_IB", 28 "AF_MPLS", 29 "AF_CAN",
        30 "AF_TIPC", 31 "AF_BLUETOOTH", 32 "AF_IUCV", 33 "AF_RXRPC", 34 "AF_ISDN", 35 "AF_PHONET",
        36 "AF_IEEE802154", 37 "AF_CAIF", 38 "AF_ALG", 39 "AF_NFC", 40 "AF_VSOCK", 41 "AF_KCM",
        42 "AF_QIPCRTR", 43 "AF_SMC", 44 "AF_XDP", 45 "AF_MCTP";
    pub(super) ETH_P "ETH_P_???": 0x0001 "ETH_P_802_3", 0x0002 "ETH_P_AX25", 0x0003 "ETH_P_ALL",
        0x0004 "ETH_P_802_2", 0x0005 "ETH_P_SNAP", 0x0006 "ETH_P_DDCMP", 0x0007 "ETH_P_WAN_PPP",
        0x0008 "ETH_P_PPP_MP", 0x0009 "ETH_P_LOCALTALK", 0x000c "ETH_P_CAN", 0x000d "ETH_P_CANFD",
        0x000e "ETH_P_CANXL", 0x0010 "ETH_P_PPPTALK", 0x0011 "ETH_P_TR_802_2", 0x0015 "ETH_P_MOBITEX",
        0x0016 "ETH_P_CONTROL", 0x0017 "ETH_P_IRDA", 0x0018 "ETH_P_ECONET", 0x0019 "ETH_P_HDLC",
        0x001a "ETH_P_ARCNET", 0x001b "ETH_P_DSA", 0x001c "ETH_P_TRAILER", 0x0060 "ETH_P_LOOP",
        0x00f5 "ETH_P_PHONET", 0x00f6 "ETH_P_IEEE802154", 0x00f7 "ETH_P_CAIF", 0x00f8 "ETH_P_XDSA",
        0x00f9 "ETH_P_MAP", 0x00fa "ETH_P_MCTP", 0x0200 "ETH_P_PUP", 0x0201 "ETH_P_PUPAT",
        0x0600 "ETH_P_802_3_MIN", 0x0800 "ETH_P_IP", 0x0805 "ETH_P_X25", 0x0806 "ETH_P_ARP",
        0x08ff "ETH_P_BPQ", 0x0a00 "ETH_P_IEEEPUP", 0x0a01 "ETH_P_IEEEPUPAT", 0x22eb "ETH_P_ERSPAN2",
        0x22f0 "ETH_P_TSN", 0x4305 "ETH_P_BATMAN", 0x6000 "ETH_P_DEC", 0x6001 "ETH_P_DNA_DL",
        0x6002 "ETH_P_DNA_RC", 0x6003 "ETH_P_DNA_RT", 0x6004 "ETH_P_LAT", 0x6005 "ETH_P_DIAG",
        0x6006 "ETH_P_CUST", 0x6007 "ETH_P_SCA", 0x6558 "ETH_P_TEB", 0x8035 "ETH_P_RARP",
        0x809b "ETH_P_ATALK", 0x80f3 "ETH_P_AARP", 0x8100 "ETH_P_8021Q", 0x8137 "ETH_P_IPX",
        0x86dd "ETH_P_IPV6", 0x8808 "ETH_P_PAUSE", 0x8809 "ETH_P_SLOW", 0x883e "ETH_P_WCCP",
        0x8847 "ETH_P_MPLS_UC", 0x8848 "ETH_P_MPLS_MC", 0x884c "ETH_P_ATMMPOA", 0x8863 "ETH_P_PPP_DISC",
        0x8864 "ETH_P_PPP_SES", 0x886c "ETH_P_LINK_CTL", 0x8884 "ETH_P_ATMFATE", 0x888e "ETH_P_PAE",
        0x8899 "ETH_P_REALTEK", 0x88a2 "ETH_P_AOE", 0x88a8 "ETH_P_8021AD", 0x88b5 "ETH_P_802_EX1",
        0x88be "ETH_P_ERSPAN", 0x88c7 "ETH_P_PREAUTH", 0x88ca "ETH_P_TIPC", 0x88cc "ETH_P_LLDP",
        0x88e3 "ETH_P_MRP", 0x88e5 "ETH_P_MACSEC", 0x88e7 "ETH_P_8021AH", 0x88f5 "ETH_P_MVRP",
        0x88f7 "ETH_P_1588", 0x88f8 "ETH_P_NCSI", 0x88fb "ETH_P_PRP", 0x8902 "ETH_P_CFM",
        0x8906 "ETH_P_FCOE", 0x890d "ETH_P_TDLS", 0x8914 "ETH_P_FIP", 0x8915 "ETH_P_IBOE",
        0x8917 "ETH_P_80221", 0x892f "ETH_P_HSR", 0x894f "ETH_P_NSH", 0x9000 "ETH_P_LOOPBACK",
        0x9100 "ETH_P_QINQ1", 0x9200 "ETH_P_QINQ2", 0x9300 "ETH_P_QINQ3", 0xdada "ETH_P_EDSA",
        0xdadb "ETH_P_DSA_8021Q", 0xe001 "ETH_P_DSA_A5PSW", 0xed3e "ETH_P_IFE", 0xfbfb "ETH_P_AF_IUCV";
    pub(super) CAN "CAN_???": 1 "CAN_RAW", 2 "CAN_BCM", 3 "CAN_TP16", 4 "CAN_TP20", 5 "CAN_MCNET", 6 "CAN_ISOTP",
        7 "CAN_J1939";
    pub(super) PHONET "PN_PROTO_???": 0 "PN_PROTO_TRANSPORT", 1 "PN_PROTO_PHONET", 2 "PN_PROTO_PIPE";
    pub(super) CAIF "CAIFPROTO_???": 0 "CAIFPROTO_AT", 1 "CAIFPROTO_DATAGRAM", 2 "CAIFPROTO_DATAGRAM_LOOP",
        3 "CAIFPROTO_UTIL", 4 "CAIFPROTO_RFM", 5 "CAIFPROTO_DEBUG";
    pub(super) NFC "NFC_SOCKPROTO_???": 0 "NFC_SOCKPROTO_RAW", 1 "NFC_SOCKPROTO_LLCP";
    pub(super) KCM "KCMPROTO_???": 0 "KCMPROTO_CONNECTED";
    pub(super) SMC "SMCPROTO_???": 0 "SMCPROTO_SMC", 1 "SMCPROTO_SMC6";
    pub(super) BTPROTO "BTPROTO_???": 0 "BTPROTO_L2CAP", 1 "BTPROTO_HCI", 2 "BTPROTO_SCO", 3 "BTPROTO_RFCOMM",
        4 "BTPROTO_BNEP", 5 "BTPROTO_CMTP", 6 "BTPROTO_HIDP", 7 "BTPROTO_AVDTP";
}

pub(super) static TYPE: Table = Table::new(
    "SOCK_???",
    &[
        (1, "SOCK_STREAM"),
        (2, "SOCK_DGRAM"),
        (3, "SOCK_RAW"),
        (4, "SOCK_RDM"),
        (5, "SOCK_SEQPACKET"),
        (6, "SOCK_DCCP"),
        (10, "SOCK_PACKET"),
    ],
);

pub(super) static TYPE_FLAGS: Table =
    Table::new("SOCK_???", &[(0x80000, "SOCK_CLOEXEC"), (0x800, "SOCK_NONBLOCK")]);

pub(super) static IPPROTO: Table = Table::new(
    "IPPROTO_???",
    &[
        (0, "IPPROTO_IP"),
        (1, "IPPROTO_ICMP"),
        (2, "IPPROTO_IGMP"),
        (4, "IPPROTO_IPIP"),
        (6, "IPPROTO_TCP"),
        (8, "IPPROTO_EGP"),
        (12, "IPPROTO_PUP"),
        (17, "IPPROTO_UDP"),
        (22, "IPPROTO_IDP"),
        (29, "IPPROTO_TP"),
        (33, "IPPROTO_DCCP"),
        (41, "IPPROTO_IPV6"),
        (43, "IPPROTO_ROUTING"),
        (44, "IPPROTO_FRAGMENT"),
        (46, "IPPROTO_RSVP"),
        (47, "IPPROTO_GRE"),
        (50, "IPPROTO_ESP"),
        (51, "IPPROTO_AH"),
        (58, "IPPROTO_ICMPV6"),
        (59, "IPPROTO_NONE"),
        (60, "IPPROTO_DSTOPTS"),
        (92, "IPPROTO_MTP"),
        (94, "IPPROTO_BEETPH"),
        (98, "IPPROTO_ENCAP"),
        (103, "IPPROTO_PIM"),
        (108, "IPPROTO_COMP"),
        (115, "IPPROTO_L2TP"),
        (132, "IPPROTO_SCTP"),
        (135, "IPPROTO_MH"),
        (136, "IPPROTO_UDPLITE"),
        (137, "IPPROTO_MPLS"),
        (143, "IPPROTO_ETHERNET"),
        (255, "IPPROTO_RAW"),
        (262, "IPPROTO_MPTCP"),
    ],
);

pub(super) static NETLINK: Table = Table::new(
    "NETLINK_???",
    &[
        (0, "NETLINK_ROUTE"),
        (1, "NETLINK_UNUSED"),
        (2, "NETLINK_USERSOCK"),
        (3, "NETLINK_FIREWALL"),
        (4, "NETLINK_SOCK_DIAG"),
        (5, "NETLINK_NFLOG"),
        (6, "NETLINK_XFRM"),
        (7, "NETLINK_SELINUX"),
        (8, "NETLINK_ISCSI"),
        (9, "NETLINK_AUDIT"),
        (10, "NETLINK_FIB_LOOKUP"),
        (11, "NETLINK_CONNECTOR"),
        (12, "NETLINK_NETFILTER"),
        (13, "NETLINK_IP6_FW"),
        (14, "NETLINK_DNRTMSG"),
        (15, "NETLINK_KOBJECT_UEVENT"),
        (16, "NETLINK_GENERIC"),
        (18, "NETLINK_SCSITRANSPORT"),
        (19, "NETLINK_ECRYPTFS"),
        (20, "NETLINK_RDMA"),
        (21, "NETLINK_CRYPTO"),
        (22, "NETLINK_SMC"),
    ],
);

pub(super) static SHUT: Table = Table::new("SHUT_???", &[(0, "SHUT_RD"), (1, "SHUT_WR"), (2, "SHUT_RDWR")]);

pub(super) static MSG: Table = Table::new(
    "MSG_???",
    &[
        (1, "MSG_OOB"),
        (2, "MSG_PEEK"),
        (4, "MSG_DONTROUTE"),
        (8, "MSG_CTRUNC"),
        (0x10, "MSG_PROBE"),
        (0x20, "MSG_TRUNC"),
        (0x40, "MSG_DONTWAIT"),
        (0x80, "MSG_EOR"),
        (0x100, "MSG_WAITALL"),
        (0x200, "MSG_FIN"),
        (0x400, "MSG_SYN"),
        (0x800, "MSG_CONFIRM"),
        (0x1000, "MSG_RST"),
        (0x2000, "MSG_ERRQUEUE"),
        (0x4000, "MSG_NOSIGNAL"),
        (0x8000, "MSG_MORE"),
        (0x10000, "MSG_WAITFORONE"),
        (0x20000, "MSG_SENDPAGE_NOTLAST"),
        (0x40000, "MSG_BATCH"),
        (0x80000, "MSG_NO_SHARED_FRAGS"),
        (0x4000000, "MSG_ZEROCOPY"),
        (0x20000000, "MSG_FASTOPEN"),
        (0x40000000, "MSG_CMSG_CLOEXEC"),
        (0x80000000, "MSG_CMSG_COMPAT"),
    ],
);

tables! {
    pub(super) SOL "SOL_???": 0 "SOL_IP", 1 "SOL_SOCKET", 6 "SOL_TCP", 17 "SOL_UDP", 40 "AF_VSOCK", 41 "SOL_IPV6",
        58 "SOL_ICMPV6", 100 "SOL_CAN_BASE", 101 "SOL_CAN_RAW", 132 "SOL_SCTP", 136 "SOL_UDPLITE",
        255 "SOL_RAW", 256 "SOL_IPX", 257 "SOL_AX25", 258 "SOL_ATALK", 259 "SOL_NETROM", 260 "SOL_ROSE",
        261 "SOL_DECNET", 262 "SOL_X25", 263 "SOL_PACKET", 264 "SOL_ATM", 265 "SOL_AAL", 266 "SOL_IRDA",
        267 "SOL_NETBEUI", 268 "SOL_LLC", 269 "SOL_DCCP", 270 "SOL_NETLINK", 271 "SOL_TIPC",
        272 "SOL_RXRPC", 273 "SOL_PPPOL2TP", 274 "SOL_BLUETOOTH", 275 "SOL_PNPIPE", 276 "SOL_RDS",
        277 "SOL_IUCV", 278 "SOL_CAIF", 279 "SOL_ALG", 280 "SOL_NFC", 281 "SOL_KCM", 282 "SOL_TLS",
        283 "SOL_XDP";
    pub(super) SOL_OPTION "SOL_??": 0 "SOL_IP", 1 "SOL_SOCKET", 6 "SOL_TCP", 17 "SOL_UDP", 40 "AF_VSOCK",
        41 "SOL_IPV6", 58 "SOL_ICMPV6", 100 "SOL_CAN_BASE", 101 "SOL_CAN_RAW", 132 "SOL_SCTP",
        136 "SOL_UDPLITE", 255 "SOL_RAW", 256 "SOL_IPX", 257 "SOL_AX25", 258 "SOL_ATALK",
        259 "SOL_NETROM", 260 "SOL_ROSE", 261 "SOL_DECNET", 262 "SOL_X25", 263 "SOL_PACKET",
        264 "SOL_ATM", 265 "SOL_AAL", 266 "SOL_IRDA", 267 "SOL_NETBEUI", 268 "SOL_LLC", 269 "SOL_DCCP",
        270 "SOL_NETLINK", 271 "SOL_TIPC", 272 "SOL_RXRPC", 273 "SOL_PPPOL2TP", 274 "SOL_BLUETOOTH",
        275 "SOL_PNPIPE", 276 "SOL_RDS", 277 "SOL_IUCV", 278 "SOL_CAIF", 279 "SOL_ALG", 280 "SOL_NFC",
        281 "SOL_KCM", 282 "SOL_TLS", 283 "SOL_XDP";
}

pub(super) static SCM: Table = Table::new(
    "SCM_???",
    &[
        (1, "SCM_RIGHTS"),
        (2, "SCM_CREDENTIALS"),
        (3, "SCM_SECURITY"),
        (29, "SO_TIMESTAMP_OLD"),
        (35, "SO_TIMESTAMPNS_OLD"),
        (37, "SO_TIMESTAMPING_OLD"),
        (41, "SO_WIFI_STATUS"),
        (54, "SCM_TIMESTAMPING_OPT_STATS"),
        (58, "SCM_TIMESTAMPING_PKTINFO"),
        (61, "SO_TXTIME"),
        (63, "SO_TIMESTAMP_NEW"),
        (64, "SO_TIMESTAMPNS_NEW"),
        (65, "SO_TIMESTAMPING_NEW"),
    ],
);

/// What socketcall(2) calls: `<linux/net.h>`.
pub(super) static SUBCALL: Table = Table::new(
    "SYS_???",
    &[
        (1, "SYS_SOCKET"),
        (2, "SYS_BIND"),
        (3, "SYS_CONNECT"),
        (4, "SYS_LISTEN"),
        (5, "SYS_ACCEPT"),
        (6, "SYS_GETSOCKNAME"),
        (7, "SYS_GETPEERNAME"),
        (8, "SYS_SOCKETPAIR"),
        (9, "SYS_SEND"),
        (10, "SYS_RECV"),
        (11, "SYS_SENDTO"),
        (12, "SYS_RECVFROM"),
        (13, "SYS_SHUTDOWN"),
        (14, "SYS_SETSOCKOPT"),
        (15, "SYS_GETSOCKOPT"),
        (16, "SYS_SENDMSG"),
        (17, "SYS_RECVMSG"),
        (18, "SYS_ACCEPT4"),
        (19, "SYS_RECVMMSG"),
        (20, "SYS_SENDMMSG"),
    ],
);

/// Control messages of `SOL_IP`.
pub(super) static IP_CONTROL: Table = Table::new(
    "IP_???",
    &[
        (1, "IP_TOS"),
        (2, "IP_TTL"),
        (3, "SCM_SECURITY"),
        (6, "IP_RECVOPTS"),
        (7, "IP_RETOPTS"),
        (8, "IP_PKTINFO"),
        (11, "IP_RECVERR"),
        (20, "IP_ORIGDSTADDR"),
        (23, "IP_CHECKSUM"),
    ],
);

/// Protocols of `AF_AX25`: the number that a packet of each starts with.
pub(super) static AX25: Table = Table::new(
    "AX25_P_???",
    &[
        (0x1, "AX25_P_ROSE"),
        (0x6, "AX25_P_VJCOMP"),
        (0x7, "AX25_P_VJUNCOMP"),
        (0x8, "AX25_P_SEGMENT"),
        (0xc3, "AX25_P_TEXNET"),
        (0xc4, "AX25_P_LQ"),
        (0xca, "AX25_P_ATALK"),
        (0xcb, "AX25_P_ATALK_ARP"),
        (0xcc, "AX25_P_IP"),
        (0xcd, "AX25_P_ARP"),
        (0xce, "AX25_P_FLEXNET"),
        (0xcf, "AX25_P_NETROM"),
        (0xf0, "AX25_P_TEXT"),
    ],
);

/// Protocols of `AF_ISDN`, `<linux/mISDNif.h>`.
pub(super) static ISDN: Table = Table::new(
    "ISDN_P_???",
    &[
        (0x0, "ISDN_P_BASE"),
        (0x1, "ISDN_P_TE_S0"),
        (0x2, "ISDN_P_NT_S0"),
        (0x3, "ISDN_P_TE_E1"),
        (0x4, "ISDN_P_NT_E1"),
        (0x10, "ISDN_P_LAPD_TE"),
        (0x11, "ISDN_P_LAPD_NT"),
        (0x21, "ISDN_P_B_RAW"),
        (0x22, "ISDN_P_B_HDLC"),
        (0x23, "ISDN_P_B_X75SLP"),
        (0x24, "ISDN_P_B_L2DTMF"),
        (0x25, "ISDN_P_B_L2DSP"),
        (0x26, "ISDN_P_B_L2DSPHDLC"),
    ],
);
