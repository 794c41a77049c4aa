// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's part of the fast path: repeats journeys that the data path has recorded, and hands everything else over, with the number of the port it came in by.
 *
 * It decides nothing. A packet is repeated only if it parses to what dev.sluice.datapath.packet.Parser accepts without looking closer, has a record under its key, and every
 * number of the record still holds; see docs/adr/0013 and 0017. One source for two hooks (docs/adr/0029): start
 * reading at tc_ingress in tc.h, or at xdp_ingress in xdp.h.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "journey.h"
#include "hook.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1 << 16); /* the loader says how many */
    __type(key, struct journey_key);
    __type(value, struct journey_action);
} flows SEC(".maps");

/* By the number "encapsulation" of an action. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1 << 16); /* the loader says how many */
    __type(key, __u32);
    __type(value, struct tunnel_headers);
} headers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct globals);
} globals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, PATHS_MAX);
    __type(key, __u32);
    __type(value, __u64);
} paths SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, PORTS_MAX);
    __type(key, __u32);
    __type(value, struct port);
} ports SEC(".maps");

/* Interface index -> number of the port. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, PORTS_MAX);
    __type(key, __u32);
    __type(value, __u32);
} ingresses SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, COUNTS);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

#define TAG_BYTES 4
#define HEADERS_BYTES (ETH_HLEN + 2 * TAG_BYTES + sizeof(struct ipv6hdr) + sizeof(struct tcphdr))
#define ETH_P_QINQ_OLD 0x9100
#define OFFSET_MASK 0x1ff /* of headers, also behind a tunnel's */
#define TCP_FLAGS_OFFSET 13
#define TCP_OPENS_OR_ENDS 0x07 /* FIN, SYN, RST */
#define FRAGMENT_BITS 0x3fff
#define PROBE_BYTES 56 /* from the transport header on */
#define PROBE_MAGIC_0 0x534c5549 /* "SLUI" */
#define PROBE_MAGIC_1 0x43455052 /* "CEPR" */

struct icmp_echo {
    __u8 type;
    __u8 code;
    __u16 checksum;
    __u16 identifier;
    __u16 sequence;
};

/* A frame as far as it is parsed. Offsets are those in the linear data. */
struct frame {
    __u32 at; /* where it begins: behind tunnel headers, else 0 */
    __u32 l3;
    __u32 ip_bytes;   /* length of the packet without padding */
    __u32 unit_bytes; /* of a super-frame that of its segments, else ip_bytes */
    __u32 segments;
    __u32 ipv4;
    __u32 tag_in_metadata;
    __u32 partial_sum; /* PARTIAL_SUM: its checksum may be one that somebody else is to complete, and nobody says so */
};

static __always_inline void count(__u32 what)
{
    __u64 *counter = bpf_map_lookup_elem(&counts, &what);
    if (counter)
        (*counter)++;
}

static __always_inline int is_tag(__u16 type)
{
    return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_QINQ_OLD;
}

static __always_inline int ipv4_checksum_ok(const struct iphdr *ip)
{
    const __u32 *word = (const void *)ip;
    __u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

/* Into the key; 0, or why the packet is not for this program. */
static __always_inline int parse_ipv4(void *at, void *end, __u32 available, struct frame *f, struct journey_key *key)
{
    struct iphdr *ip = at;
    if ((void *)(ip + 1) > end)
        return MALFORMED;
    if (*(__u8 *)at != 0x45)
        return *(__u8 *)at >> 4 == 4 && ip->ihl > 5 ? OPTIONS : MALFORMED;
    f->ip_bytes = bpf_ntohs(ip->tot_len);
    if (f->ip_bytes < sizeof(*ip) || f->ip_bytes > available)
        return MALFORMED;
    if (ip->frag_off & bpf_htons(FRAGMENT_BITS))
        return FRAGMENT;
    if (!ipv4_checksum_ok(ip))
        return MALFORMED;
    __u32 source = bpf_ntohl(ip->saddr);
    if (source >> 28 >= 0xe || source >> 24 == 127 || source == 0)
        return MALFORMED;
    key->source[2] = bpf_htonl(0xffff);
    key->source[3] = ip->saddr;
    key->destination[2] = bpf_htonl(0xffff);
    key->destination[3] = ip->daddr;
    key->protocol = ip->protocol;
    return 0;
}

static __always_inline int is_ipv4_mapped(const __u32 *address)
{
    return !address[0] && !address[1] && address[2] == bpf_htonl(0xffff);
}

static __always_inline int parse_ipv6(void *at, void *end, __u32 available, struct frame *f, struct journey_key *key)
{
    struct ipv6hdr *ip = at;
    if ((void *)(ip + 1) > end || *(__u8 *)at >> 4 != 6)
        return MALFORMED;
    f->ip_bytes = sizeof(*ip) + bpf_ntohs(ip->payload_len);
    if (f->ip_bytes > available)
        return MALFORMED;
    __builtin_memcpy(key->source, &ip->saddr, 16);
    __builtin_memcpy(key->destination, &ip->daddr, 16);
    if (*(__u8 *)key->source == 0xff || is_ipv4_mapped(key->source) || is_ipv4_mapped(key->destination))
        return MALFORMED;
    if (!key->source[0] && !key->source[1] && !key->source[2] && key->source[3] == bpf_htonl(1))
        return MALFORMED;
    key->protocol = ip->nexthdr;
    return 0;
}

static __always_inline int parse_tcp(void *at, void *end, __u32 available, __u32 *header_bytes, struct journey_key *key)
{
    struct tcphdr *tcp = at;
    if ((void *)(tcp + 1) > end || available < sizeof(*tcp))
        return MALFORMED;
    *header_bytes = tcp->doff * 4;
    if (*header_bytes < sizeof(*tcp) || *header_bytes > available)
        return MALFORMED;
    if (((__u8 *)at)[TCP_FLAGS_OFFSET] & TCP_OPENS_OR_ENDS)
        return TCP_STATE;
    key->source_port = tcp->source;
    key->destination_port = tcp->dest;
    return 0;
}

static __always_inline int parse_udp(void *at, void *end, __u32 available, int length_may_miss, struct journey_key *key)
{
    struct udphdr *udp = at;
    if ((void *)(udp + 1) > end || available < sizeof(*udp))
        return MALFORMED;
    __u32 length = bpf_ntohs(udp->len);
    if (!(length == 0 && length_may_miss) && (length < sizeof(*udp) || length > available))
        return MALFORMED;
    key->source_port = udp->source;
    key->destination_port = udp->dest;
    return 0;
}

static __always_inline int parse_echo(void *at, void *end, __u32 available, __u8 request, __u8 reply, struct journey_key *key)
{
    struct icmp_echo *icmp = at;
    if ((void *)(icmp + 1) > end || available < sizeof(*icmp))
        return MALFORMED;
    /* Without identifier it would share its key with messages that are no echoes. */
    if ((icmp->type != request && icmp->type != reply) || !icmp->identifier)
        return PROTOCOL;
    key->source_port = icmp->identifier;
    key->destination_port = icmp->identifier;
    return 0;
}

/* The data path's own way to see whether nodes work: always its to see, whatever flow it looks like (dev.sluice.wire.Probe). */
static __always_inline int is_probe(void *at, void *end, __u32 available)
{
    const __u32 *word = at;
    if (available != PROBE_BYTES || at + 16 > end)
        return 0;
    return word[2] == bpf_htonl(PROBE_MAGIC_0) && word[3] == bpf_htonl(PROBE_MAGIC_1);
}

/* Everything from the transport header on; fills in how large the frame's segments are, too. */
static __always_inline int parse_transport(context *c, void *at, void *end, __u32 ip_header_bytes, struct frame *f,
                                           struct journey_key *key)
{
    __u32 available = f->ip_bytes - ip_header_bytes;
    __u32 header_bytes = sizeof(struct udphdr);
    __u32 gso_size = segment_bytes(c);
    int trouble;
    switch (key->protocol) {
    case IPPROTO_TCP:
        trouble = parse_tcp(at, end, available, &header_bytes, key);
        break;
    case IPPROTO_UDP:
        trouble = parse_udp(at, end, available, !f->ipv4 || gso_size, key);
        break;
    case IPPROTO_ICMP:
        trouble = f->ipv4 ? parse_echo(at, end, available, 8, 0, key) : PROTOCOL;
        break;
    case IPPROTO_ICMPV6:
        trouble = f->ipv4 ? PROTOCOL : parse_echo(at, end, available, 128, 129, key);
        break;
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
        return f->ipv4 ? PROTOCOL : OPTIONS;
    case IPPROTO_FRAGMENT:
        return f->ipv4 ? PROTOCOL : FRAGMENT;
    default:
        return PROTOCOL;
    }
    if (trouble)
        return trouble;
    if (f->ipv4 && key->protocol != IPPROTO_TCP && is_probe(at, end, available))
        return PROBE;
    f->partial_sum = partial_sum(at, end, available, key);
    f->unit_bytes = f->ip_bytes;
    f->segments = 1;
    if (gso_size) {
        if (header_bytes > available)
            return MALFORMED;
        __u32 payload = available - header_bytes;
        if (payload > gso_size)
            f->unit_bytes = ip_header_bytes + header_bytes + gso_size;
        f->segments = payload ? (payload + gso_size - 1) / gso_size : 1;
    }
    return 0;
}

/*
 * The frame that begins at an offset and ends at another one at the latest. Not static: so the verifier looks at it once, whatever a caller knows about its frame, and at what follows once and not for
 * each shape of a frame again (docs/adr/0017).
 */
__noinline int parse(context *c, __u32 begin, __u32 frame_end, struct frame *f, struct journey_key *key)
{
    if (!f || !key)
        return MALFORMED;
    begin &= OFFSET_MASK;
    void *data = (void *)(long)c->data + begin;
    void *end = (void *)(long)c->data_end;
    if (data + ETH_HLEN > end)
        return MALFORMED;
    if (((__u8 *)data)[6] & 1)
        return MALFORMED;
    __u16 type = bpf_ntohs(((struct ethhdr *)data)->h_proto);
    __u32 l3 = ETH_HLEN;
    f->at = begin;
    __u32 beside = begin ? 0 : tag_beside(c);
    f->tag_in_metadata = beside != 0;
    if (beside)
        key->outer_tag = beside;
#pragma unroll
    for (int i = 0; i < 2; i++) {
        if (!is_tag(type) || (i == 1 && f->tag_in_metadata))
            break;
        __be16 *tag = data + l3;
        if ((void *)(tag + 2) > end)
            return MALFORMED;
        __u32 whole = (__u32)type << 16 | bpf_ntohs(tag[0]);
        if (i == 0 && !f->tag_in_metadata)
            key->outer_tag = whole;
        else
            key->inner_tag = whole;
        type = bpf_ntohs(tag[1]);
        l3 += TAG_BYTES;
    }
    f->l3 = begin + l3;
    void *ip = data + l3;
    if (f->l3 > frame_end)
        return MALFORMED;
    __u32 available = frame_end - f->l3;
    __u32 header_bytes;
    int trouble;
    if (type == ETH_P_IP) {
        f->ipv4 = 1;
        header_bytes = sizeof(struct iphdr);
        trouble = parse_ipv4(ip, end, available, f, key);
    } else if (type == ETH_P_IPV6) {
        f->ipv4 = 0;
        header_bytes = sizeof(struct ipv6hdr);
        trouble = parse_ipv6(ip, end, available, f, key);
    } else {
        return NOT_IP;
    }
    if (trouble)
        return trouble;
    return parse_transport(c, ip + header_bytes, end, header_bytes, f, key);
}

static __always_inline int same_macs(const void *frame, const __u8 *expected)
{
    const __u32 *a = frame;
    const __u32 *b = (const void *)expected;
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

#define KEY_WORDS (sizeof(struct journey_key) / 8)
#define SAYS_FROM (__builtin_offsetof(struct journey_action, path) / 8)
#define SAYS_END (__builtin_offsetof(struct journey_action, frames) / 8)

/*
 * What a record says, all but the counters; 0 if it is that of this key, whole. The memory of a record that is taken back is at once that of the next one, while other processors may still look at it: so
 * nothing is done by what stands there, only by a copy whose seal is right (docs/adr/0017).
 */
static __always_inline int copy_of(const struct journey_action *record, const struct journey_key *key, struct journey_action *copy)
{
    const __u64 seals[KEY_WORDS + SAYS_END - SAYS_FROM + 1] = SEALS;
    const volatile __u64 *from = (const void *)record;
    const __u64 *words = (const void *)key;
    __u64 *to = (void *)copy;
    __u64 seal = 0;
#pragma unroll
    for (int i = 0; i < KEY_WORDS; i++)
        seal += words[i] * seals[i];
#pragma unroll
    for (int i = SAYS_FROM; i < SAYS_END; i++) {
        __u64 word = from[i];
        to[i] = word;
        seal += word * seals[KEY_WORDS + i - SAYS_FROM];
    }
    copy->config_generation = ((const volatile struct journey_action *)record)->config_generation;
    seal += copy->config_generation * seals[KEY_WORDS + SAYS_END - SAYS_FROM];
    return seal != from[__builtin_offsetof(struct journey_action, seal) / 8];
}

/* Whether every number of the record holds; 0, or the first that does not. */
static __always_inline int stale(const struct journey_action *action, struct port **egress)
{
    __u32 zero = 0;
    struct globals *now = bpf_map_lookup_elem(&globals, &zero);
    if (!now || now->config_generation != action->config_generation)
        return CONFIG_MOVED;
    if (action->path) {
        __u32 path = action->path & (PATHS_MAX - 1);
        __u64 *generation = bpf_map_lookup_elem(&paths, &path);
        if (!generation || (__u32)*generation != action->path_generation)
            return PATH_MOVED;
    }
    __u32 number = action->egress;
    *egress = bpf_map_lookup_elem(&ports, &number);
    if (!*egress || !(*egress)->ifindex || (*egress)->generation != action->egress_generation)
        return EGRESS_MOVED;
    return takes_frames(*egress) ? 0 : NO_XDP_OUT;
}

/* A packet that fits this record may still not be one that may go its way; 0, or why. */
static __always_inline int unfit(context *c, const struct frame *f, __u8 protocol, const struct journey_action *action)
{
    void *data = (void *)(long)c->data;
    void *end = (void *)(long)c->data_end;
    void *ip = data + (f->l3 & OFFSET_MASK);
    if (data + ETH_HLEN > end || ip + sizeof(struct iphdr) > end)
        return MALFORMED;
    if (!same_macs(data, action->expected_macs))
        return OTHER_MACS;
    __u8 ttl = f->ipv4 ? ((struct iphdr *)ip)->ttl : ((struct ipv6hdr *)ip)->hop_limit;
    if (f->partial_sum == PARTIAL_SUM)
        return PARTIAL;
    if (ttl <= action->ttl_decrement)
        return TTL_LOW;
    if (f->unit_bytes > action->ip_bytes_max)
        return TOO_LARGE;
    if (!(action->flags & ACTION_POP) != !f->at)
        return NOT_ABLE;
    /* Nobody can cut UDP inside of a tunnel later on. */
    if (segment_bytes(c) && (action->flags & (ACTION_PUSH | ACTION_POP)) && protocol != IPPROTO_TCP)
        return NOT_ABLE;
    if (f->l3 + f->ip_bytes != bytes_of(c) && segment_bytes(c))
        return NOT_ABLE;
    return 0;
}

/* A checksum after one of its words has changed, RFC 1624 equation 3. */
static __always_inline __u16 summed(__u16 checksum, __u16 before, __u16 after)
{
    __u32 sum = (__u16)~checksum;
    sum += (__u16)~before;
    sum += after;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

static __always_inline void decrement_ttl(struct iphdr *ip, __u8 by)
{
    __u16 before = bpf_htons((__u16)ip->ttl << 8 | ip->protocol);
    ip->ttl -= by;
    ip->check = summed(ip->check, before, bpf_htons((__u16)ip->ttl << 8 | ip->protocol));
}

/* Changes the MAC addresses of a frame and the TTL of the packet at an offset; 0 or -1. */
static __always_inline int rewrite(context *c, __u32 l3, __u32 ipv4, const struct journey_action *action)
{
    void *data = (void *)(long)c->data;
    void *end = (void *)(long)c->data_end;
    void *ip = data + (l3 & OFFSET_MASK);
    if (data + ETH_HLEN > end || ip + sizeof(struct iphdr) > end)
        return -1;
    __builtin_memcpy(data, action->new_macs, sizeof(action->new_macs));
    if (!action->ttl_decrement)
        return 0;
    if (ipv4) {
        decrement_ttl(ip, action->ttl_decrement);
        return 0;
    }
    __u8 hops = ((struct ipv6hdr *)ip)->hop_limit - action->ttl_decrement;
    /* Unlike an IPv4 header, this one is not its own checksum: one that a network card made of the whole frame has to follow. */
    return store_summed(c, l3 + __builtin_offsetof(struct ipv6hdr, hop_limit), &hops, 1);
}

struct verdict {
    __u32 why; /* REPLAYED, or what hands it over */
    __u32 ifindex;
    __u32 peer;
};

/* Unless the memory is that of another record by now. */
static __always_inline void count_in(struct journey_action *action, __u64 cookie, const struct frame *f)
{
    if (((volatile struct journey_action *)action)->cookie != cookie)
        return;
    __sync_fetch_and_add(&action->packets, f->segments);
    __sync_fetch_and_add(&action->bytes, f->l3 - f->at + f->ip_bytes + (f->tag_in_metadata ? TAG_BYTES : 0));
    __sync_fetch_and_add(&action->frames, 1);
    __u32 now_ms = bpf_ktime_get_coarse_ns() / 1000000;
    if (action->last_seen_ms != now_ms)
        action->last_seen_ms = now_ms;
}

#include "reshape.h"
#include "tunnel.h"

/* The frame as it is. Until it is certain that all can be done that its record says, nothing is touched. */
static __always_inline int replay_plain(context *c, struct frame *f, struct journey_key *key, struct verdict *v)
{
    struct journey_action *record = bpf_map_lookup_elem(&flows, key);
    struct journey_action copy;
    if (!record || copy_of(record, key, &copy))
        return NO_RECORD;
    const struct journey_action *action = &copy;
    struct port *egress;
    int why = stale(action, &egress);
    if (why)
        return why;
    why = unfit(c, f, key->protocol, action);
    if (why)
        return why;
    struct tunnel_headers *around = 0;
    if (action->flags & ACTION_PUSH) {
        around = headers_of(action);
        if (!around || !has_room(f, around))
            return NOT_ABLE;
    }
    if (f->l3 + f->ip_bytes < bytes_of(c) && cut(c, f->l3 + f->ip_bytes))
        return NOT_ABLE;
    if (around) {
        why = push(c, f, key, action, around);
    } else {
        why = leave(c, f, key, action);
    }
    if (why)
        return why;
    count_in(record, action->cookie, f);
    v->ifindex = egress->ifindex;
    v->peer = action->flags & ACTION_REDIRECT_PEER;
    return REPLAYED;
}

/* Does to the frame what its record says. */
static __always_inline void replay(context *c, __u32 ingress, struct verdict *v)
{
    pull(c, HEADERS_BYTES);
    struct frame f = {};
    struct journey_key key = {};
    key.ingress = ingress;
    v->why = parse(c, 0, bytes_of(c), &f, &key);
    if (v->why)
        return;
    __u32 inside = 0;
    if (is_tunnel(&key)) {
        inside = replay_tunnel(c, &f, ingress, v);
        if (inside == REPLAYED || inside == LOST) {
            v->why = inside;
            return;
        }
    }
    v->why = replay_plain(c, &f, &key, v);
    if (v->why == NO_RECORD && inside)
        v->why = inside;
}

#include "presence.h"

#ifdef SLUICE_XDP
#include "xdp.h"
#else
#include "tc.h"
#endif

char _license[] SEC("license") = "Apache-2.0";
