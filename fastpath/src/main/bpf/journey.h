/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernel and Java share: the layouts of the maps. The same offsets stand in OffloadKey, OffloadAction, KernelMaps and PuntReason; LayoutsTest compares them.
 * Anything that changes here changes LAYOUT_VERSION.
 */
#ifndef SLUICE_JOURNEY_H
#define SLUICE_JOURNEY_H

#include <linux/types.h>

#define LAYOUT_VERSION 4

#define PORTS_MAX 4096
#define PATHS_MAX 65536 /* a power of two */
#define KIND_SERVICE_HEADER 1
#define EXPECTED_BYTES_MAX 128
#define PUSHED_BYTES_MAX 216

/* One for each word that a seal is over: see OffloadAction. */
#define SEALS \
    { \
        0x91d93080f9b439fdULL, 0x3ceaaf308142c8ebULL, \
        0x627655daa05f1119ULL, 0x9dfb369bab13dfafULL, \
        0x0ff9bb510944fe0dULL, 0x6301bbfca0c5154fULL, \
        0x047a8387cdde8d51ULL, 0x6fced11d2bd8a1e7ULL, \
        0xb7c1dce27f7695f5ULL, 0x3a124c647e02ff05ULL, \
        0x5cbd0ba3a1a6bcdfULL, 0x66080f174c96d8e3ULL, \
        0x42f2dc05873f9bd1ULL, 0xb120a366f0bbe9cfULL, \
        0xce4cda11b43c589bULL, 0x78b7d0ac84773ce1ULL, \
    }

/* Which packets: see OffloadKey. Addresses and ports in network byte order, the rest in that of the machine. */
struct journey_key {
    __u32 source[4];
    __u32 destination[4];
    __u16 source_port;
    __u16 destination_port;
    __u8 protocol;
    __u8 kind;
    __u16 ingress;
    __u32 outer_tag;
    __u32 inner_tag;
    __u32 service_path;
    __u32 network;
} __attribute__((aligned(8)));

/* What is done, until when, and how often it was: see OffloadAction. */
struct journey_action {
    __u64 packets;
    __u64 bytes;
    __u32 last_seen_ms;
    __u32 config_generation;
    __u32 path;
    __u32 path_generation;
    __u16 egress;
    __u16 flags;
    __u32 egress_generation;
    __u8 expected_macs[12]; /* destination, source: as in the frame */
    __u8 new_macs[12];
    __u32 new_outer_tag;
    __u32 new_inner_tag;
    __u8 ttl_decrement;
    __u8 reserved_1;
    __u16 ip_bytes_max;
    __u32 encapsulation;
    __u64 cookie;
    __u64 frames; /* super-frames once */
    __u64 seal;   /* over the key and all that is not counted here, see copy_of in fastpath.c */
};

/* Of a tunnel (Geneve with a service header), by the number "encapsulation" of the action: see OffloadHeaders. */
struct tunnel_headers {
    __u64 cookie;             /* that of the action */
    __u16 expected_bytes;     /* Geneve and service header of what comes in; 0: comes in plain */
    __u16 pushed_bytes;       /* 0: leaves plain */
    __u16 pushed_link_bytes;  /* the last of them: Ethernet header and tags of the frame inside */
    __u16 reserved;
    __u32 source[4];          /* of what comes in; IPv4 as in keys */
    __u32 destination[4];
    __u8 inner_macs[12];
    __u32 reserved_2;
    __u8 expected[EXPECTED_BYTES_MAX];
    __u8 pushed[PUSHED_BYTES_MAX]; /* from the outer Ethernet header to the end of the inner one */
};

#define ACTION_REDIRECT_PEER 1
#define ACTION_PUSH 2
#define ACTION_POP 4

/* The one entry of the map "globals". */
struct globals {
    __u32 config_generation;
    __u32 layout_version;
    __u32 punt_ifindex; /* 0: nobody listens, what is not repeated is dropped */
    __u32 heartbeat_ms;   /* when the data path last said that it is there; coarse monotonic clock */
    __u32 silence_max_ms; /* after so long it is not; 0: it always is */
    __u32 reserved_1;
    __u64 configuration; /* under which records are given; of the data path alone */
    __u32 reserved_2[8];
};

/* A port, by its number. */
struct port {
    __u32 ifindex; /* 0: no port, or its interface is gone */
    __u32 generation;
    __u32 flags;
    __u8 mac[6];
    __u16 pair; /* number of the port at the other end of the wire, 0: none */
    __u8 reserved[12];
};

/* The host has addresses there: it gets copies of what is addressed to it. */
#define PORT_SHARED 1

/* While the data path is not there: everything crosses the wire, or only ARP and neighbour discovery. */
#define PORT_OPEN 2
#define PORT_ARP 4
#define PORT_DISCOVERY 8

/* It takes frames that XDP sends there. */
#define PORT_XDP_OUT 16
/* What XDP does not repeat goes to its AF_XDP sockets; else on to tc. */
#define PORT_SOCKETS 32

#define QUEUES_MAX 64 /* of a port; a power of two */

/* What became of packets that were not repeated; index into the map "counts". Same numbers in PuntReason. */
enum count {
    REPLAYED,
    NOT_IP,
    MALFORMED,
    FRAGMENT,
    OPTIONS,
    PROTOCOL,
    PROBE,
    TCP_STATE,
    NO_RECORD,
    CONFIG_MOVED,
    PATH_MOVED,
    EGRESS_MOVED,
    OTHER_MACS,
    TTL_LOW,
    TOO_LARGE,
    OTHER_HEADERS,
    CONGESTED,
    NOT_ABLE,
    LOST, /* dropped: no memory in the middle of changing the frame */
    ABSENT_DROPPED,
    ABSENT_PASSED,
    PARTIAL,      /* XDP alone: it does not see who completes checksums */
    NO_XDP_OUT,   /* XDP alone: the port it leaves by takes no frames from there */
    XDP_REPEATED, /* of those that were repeated: in XDP */
    XDP_LEFT,     /* has a record, and XDP left it to tc */
    COUNTS
};

#define LAYOUT(type, field, offset) _Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field)

_Static_assert(sizeof(struct journey_key) == 56, "journey_key");
LAYOUT(journey_key, destination, 16);
LAYOUT(journey_key, source_port, 32);
LAYOUT(journey_key, protocol, 36);
LAYOUT(journey_key, kind, 37);
LAYOUT(journey_key, ingress, 38);
LAYOUT(journey_key, outer_tag, 40);
LAYOUT(journey_key, service_path, 48);
LAYOUT(journey_key, network, 52);

_Static_assert(sizeof(struct journey_action) == 104, "journey_action");
LAYOUT(journey_action, last_seen_ms, 16);
LAYOUT(journey_action, config_generation, 20);
LAYOUT(journey_action, path, 24);
LAYOUT(journey_action, path_generation, 28);
LAYOUT(journey_action, egress, 32);
LAYOUT(journey_action, flags, 34);
LAYOUT(journey_action, egress_generation, 36);
LAYOUT(journey_action, expected_macs, 40);
LAYOUT(journey_action, new_macs, 52);
LAYOUT(journey_action, new_outer_tag, 64);
LAYOUT(journey_action, ttl_decrement, 72);
LAYOUT(journey_action, ip_bytes_max, 74);
LAYOUT(journey_action, encapsulation, 76);
LAYOUT(journey_action, cookie, 80);
LAYOUT(journey_action, frames, 88);
LAYOUT(journey_action, seal, 96);

_Static_assert(sizeof(struct tunnel_headers) == 408, "tunnel_headers");
LAYOUT(tunnel_headers, expected_bytes, 8);
LAYOUT(tunnel_headers, source, 16);
LAYOUT(tunnel_headers, inner_macs, 48);
LAYOUT(tunnel_headers, expected, 64);
LAYOUT(tunnel_headers, pushed, 192);

_Static_assert(sizeof(struct globals) == 64, "globals");
LAYOUT(globals, layout_version, 4);
LAYOUT(globals, punt_ifindex, 8);
LAYOUT(globals, heartbeat_ms, 12);
LAYOUT(globals, silence_max_ms, 16);
LAYOUT(globals, configuration, 24);

_Static_assert(sizeof(struct port) == 32, "port");
LAYOUT(port, generation, 4);
LAYOUT(port, flags, 8);
LAYOUT(port, mac, 12);
LAYOUT(port, pair, 18);

#endif
