/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journeys that end in the overlay, come out of it, or go through: Geneve with a service header around an Ethernet frame. Part of fastpath.c.
 *
 * What comes in is compared with what the record expects, byte by byte: addresses, Geneve, the service header with all metadata, MAC addresses inside. What is pushed was written by the data
 * path; only what differs from packet to packet is put in: lengths, the outer checksum, DSCP and ECN. So nothing here knows what service headers mean.
 */
#ifndef SLUICE_TUNNEL_H
#define SLUICE_TUNNEL_H

#define GENEVE_PORT 6081
#define GENEVE_BYTES 8
#define GENEVE_CONTROL 0x80
#define ETH_P_SERVICE_HEADER 0x894f
#define SERVICE_HEADER_BYTES 8
#define NEXT_IS_ETHERNET 3
#define TUNNEL_BYTES (sizeof(struct udphdr) + GENEVE_BYTES)
#define COMPARED_BYTES (EXPECTED_BYTES_MAX / 2)
#define IP_BYTES_MAX 65535
#define ECN_MASK 3
#define ECN_CE 3

static __always_inline int is_tunnel(const struct journey_key *key)
{
    return key->protocol == IPPROTO_UDP && key->destination_port == bpf_htons(GENEVE_PORT) && !key->outer_tag;
}

/* Those of an action; 0 if they are gone, or are already those of another one. */
static __always_inline struct tunnel_headers *headers_of(const struct journey_action *action)
{
    __u32 number = action->encapsulation;
    struct tunnel_headers *found = bpf_map_lookup_elem(&headers, &number);
    return found && found->cookie == action->cookie ? found : 0;
}

/* Whether these are still those of the action: their memory may be given to others at any moment. They are written from the cookie on, so what was read before is theirs. */
static __always_inline int are_still(const struct tunnel_headers *known, const struct journey_action *action)
{
    return ((const volatile struct tunnel_headers *)known)->cookie == action->cookie;
}

/* Whether the frame fits into one packet with what is put around it. */
static __always_inline int has_room(const struct frame *f, const struct tunnel_headers *around)
{
    return around->pushed_bytes - ETH_HLEN + f->ip_bytes <= IP_BYTES_MAX;
}

/* DSCP and ECN of the packet at an offset. */
static __always_inline __u8 tos_at(context *c, __u32 l3, __u32 ipv4)
{
    __u8 *ip = (void *)(long)c->data + (l3 & OFFSET_MASK);
    if ((void *)(ip + 2) > (void *)(long)c->data_end)
        return 0;
    return ipv4 ? ip[1] : (__u8)(ip[0] << 4 | ip[1] >> 4);
}

/* RFC 6040 4.2; the codepoint that a packet leaves the tunnel with, -1: it has to be dropped. */
static __always_inline int leaves_with(__u8 inner, __u8 outer)
{
    if (outer == ECN_CE)
        return inner ? ECN_CE : -1;
    return outer == 1 && inner == 2 ? 1 : inner;
}

static __always_inline int set_ecn(context *c, const struct frame *f, __u8 tos, __u8 ecn)
{
    __u8 after = (tos & ~ECN_MASK) | ecn;
    if (f->ipv4) {
        struct iphdr *ip = (void *)(long)c->data + (f->l3 & OFFSET_MASK);
        if ((void *)(ip + 1) > (void *)(long)c->data_end)
            return -1;
        ip->tos = after;
        ip->check = summed(ip->check, bpf_htons(0x4500 | tos), bpf_htons(0x4500 | after));
        return 0;
    }
    __u8 second;
    if (load_bytes(c, f->l3 + 1, &second, 1))
        return -1;
    second = (second & 0x0f) | (after & 0x0f) << 4;
    return store_summed(c, f->l3 + 1, &second, 1);
}

/* Puts in what differs from packet to packet. */
static __always_inline int complete(context *c, const struct frame *f, const struct tunnel_headers *around, __u8 tos)
{
    __u32 total = around->pushed_bytes - ETH_HLEN + f->ip_bytes;
    void *data = (void *)(long)c->data;
    struct ethhdr *ethernet = data;
    struct iphdr *ip = data + ETH_HLEN;
    if ((void *)(ip + 1) > (void *)(long)c->data_end)
        return -1;
    __u32 ip_bytes = sizeof(struct ipv6hdr);
    if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
        ip_bytes = sizeof(struct iphdr);
        ip->tos = tos;
        ip->tot_len = bpf_htons(total);
        ip->id = 0;
        ip->check = 0;
        const __u16 *word = (const void *)ip;
        __u32 sum = 0;
#pragma unroll
        for (int i = 0; i < 10; i++)
            sum += word[i];
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        ip->check = ~sum;
    } else {
        __u8 *first = (void *)ip;
        __u16 class = bpf_htons(0x6000 | (__u16)tos << 4 | (first[1] & 0x0f));
        __u16 length = bpf_htons(total - sizeof(struct ipv6hdr));
        if (store_summed(c, ETH_HLEN, &class, 2) ||
            store_summed(c, ETH_HLEN + 4, &length, 2))
            return -1;
    }
    __u16 udp_bytes = bpf_htons(total - ip_bytes);
    return store_summed(c, ETH_HLEN + ip_bytes + __builtin_offsetof(struct udphdr, len), &udp_bytes, 2);
}

/* Writes all headers of a frame in which there is room for them. */
static __always_inline int write_headers(context *c, const struct frame *f, struct tunnel_headers *around, __u8 tos)
{
    __u32 behind = around->pushed_bytes - ETH_HLEN;
    if (behind < 1 || behind > PUSHED_BYTES_MAX - ETH_HLEN)
        return -1;
    if (store_bytes(c, 0, around->pushed, ETH_HLEN) ||
        store_summed(c, ETH_HLEN, around->pushed + ETH_HLEN, behind))
        return -1;
    return complete(c, f, around, tos);
}

/* Puts the headers around a plain frame; 0, or why not, with nothing changed unless it is LOST. */
static __always_inline int push(context *c, struct frame *f, const struct journey_key *key, const struct journey_action *action,
                                struct tunnel_headers *around)
{
    __u32 room = around->pushed_bytes - ETH_HLEN;
    __u8 tos = tos_at(c, f->l3, f->ipv4);
    if (room < 1 || room > PUSHED_BYTES_MAX - ETH_HLEN)
        return NOT_ABLE;
    int why = make_room(c, f, key, action, around);
    if (why)
        return why;
    return write_headers(c, f, around, tos) || !are_still(around, action) ? LOST : 0;
}

/* What is inside of a tunnel packet whose outer headers are parsed; 0, or why it is not for this program. */
static __always_inline int parse_inside(context *c, const struct frame *outer, struct frame *f, struct journey_key *key)
{
    __u32 udp_at = outer->ipv4 ? ETH_HLEN + sizeof(struct iphdr) : ETH_HLEN + sizeof(struct ipv6hdr);
    __u8 *data = (void *)(long)c->data;
    void *end = (void *)(long)c->data_end;
    struct udphdr *udp = (void *)(data + udp_at);
    __u8 *geneve = data + udp_at + sizeof(struct udphdr);
    __u8 *service = geneve + GENEVE_BYTES;
    if ((void *)(service + SERVICE_HEADER_BYTES) > end)
        return MALFORMED;
    /* Without options, and no message between switches; a checksum that is there has to be looked at. */
    if (udp->check || geneve[0] || (geneve[1] & GENEVE_CONTROL) || *(__u16 *)(geneve + 2) != bpf_htons(ETH_P_SERVICE_HEADER))
        return OTHER_HEADERS;
    __u32 service_bytes = (service[1] & 0x3f) * 4;
    if (service[3] != NEXT_IS_ETHERNET || service_bytes < SERVICE_HEADER_BYTES ||
        service_bytes > EXPECTED_BYTES_MAX - GENEVE_BYTES)
        return OTHER_HEADERS;
    key->network = bpf_ntohl(*(__u32 *)(geneve + 4)) >> 8;
    key->service_path = bpf_ntohl(*(__u32 *)(service + 4));
    return parse(c, udp_at + TUNNEL_BYTES + service_bytes, outer->l3 + outer->ip_bytes, f, key);
}

/* Whether bytes of a packet are those that were recorded: 4 at least and COMPARED_BYTES at most, a multiple of four. */
static __always_inline int has_bytes(context *c, __u32 at, __u32 bytes, const __u64 *words)
{
    __u64 found[COMPARED_BYTES / 8];
    if (bytes < 4 || bytes > COMPARED_BYTES || load_bytes(c, at, found, bytes))
        return 0;
    for (__u32 i = 0; i < COMPARED_BYTES / 8; i++) {
        if (i * 8 + 8 > bytes)
            return i * 8 == bytes || *(__u32 *)(found + i) == *(const __u32 *)(words + i);
        if (found[i] != words[i])
            return 0;
    }
    return 1;
}

/* Whether all headers of a tunnel packet are those that were recorded. In two halves: stacks of programs are small. */
static __noinline int has_headers(context *c, __u32 geneve_at, __u32 bytes, const struct tunnel_headers *expected)
{
    if (!expected || expected->expected_bytes != bytes || bytes < GENEVE_BYTES || bytes > EXPECTED_BYTES_MAX)
        return 0;
    const __u64 *words = (const void *)expected->expected;
    if (bytes <= COMPARED_BYTES)
        return has_bytes(c, geneve_at, bytes, words);
    return has_bytes(c, geneve_at, COMPARED_BYTES, words) &&
           has_bytes(c, geneve_at + COMPARED_BYTES, bytes - COMPARED_BYTES, words + COMPARED_BYTES / 8);
}

static __always_inline int comes_from(context *c, const struct frame *outer, const struct tunnel_headers *expected)
{
    void *end = (void *)(long)c->data_end;
    void *ip = (void *)(long)c->data + ETH_HLEN;
    if (outer->ipv4) {
        struct iphdr *four = ip;
        return (void *)(four + 1) <= end && four->saddr == expected->source[3] && four->daddr == expected->destination[3] &&
               is_ipv4_mapped(expected->source) && is_ipv4_mapped(expected->destination);
    }
    const __u32 *six = ip + __builtin_offsetof(struct ipv6hdr, saddr);
    if ((void *)(six + 8) > end)
        return 0;
    return six[0] == expected->source[0] && six[1] == expected->source[1] && six[2] == expected->source[2] &&
           six[3] == expected->source[3] && six[4] == expected->destination[0] && six[5] == expected->destination[1] &&
           six[6] == expected->destination[2] && six[7] == expected->destination[3];
}

static __always_inline int leave_plain(context *c, const struct frame *f, const struct journey_action *action)
{
    int failed = rewrite(c, ETH_HLEN, f->ipv4, action);
    void *data = (void *)(long)c->data;
    if (failed || data + ETH_HLEN > (void *)(long)c->data_end)
        return -1;
    ((struct ethhdr *)data)->h_proto = f->ipv4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
    return retag(c, 0, 0, action);
}

/* A tunnel packet by what is inside; REPLAYED, or why not. */
static __noinline int replay_tunnel(context *c, const struct frame *outer, __u32 ingress, struct verdict *v)
{
    __u32 needed = ETH_HLEN + sizeof(struct ipv6hdr) + TUNNEL_BYTES + EXPECTED_BYTES_MAX + HEADERS_BYTES;
    if (pull(c, needed))
        return NOT_ABLE;
    struct frame f = {};
    struct journey_key key = {};
    key.ingress = ingress;
    key.kind = KIND_SERVICE_HEADER;
    int why = parse_inside(c, outer, &f, &key);
    if (why)
        return why;
    struct journey_action *record = bpf_map_lookup_elem(&flows, &key);
    struct journey_action copy;
    if (!record || copy_of(record, &key, &copy))
        return NO_RECORD;
    const struct journey_action *action = &copy;
    struct port *egress;
    why = stale(action, &egress);
    if (why)
        return why;
    why = unfit(c, &f, key.protocol, action);
    if (why)
        return why;
    struct tunnel_headers *known = headers_of(action);
    if (!known)
        return NOT_ABLE;
    __u32 at = f.at & OFFSET_MASK;
    void *inner = (void *)(long)c->data + at;
    if (inner + ETH_HLEN > (void *)(long)c->data_end)
        return MALFORMED;
    if (!same_macs(inner, known->inner_macs))
        return OTHER_MACS;
    __u32 geneve_at = (outer->ipv4 ? ETH_HLEN + sizeof(struct iphdr) : ETH_HLEN + sizeof(struct ipv6hdr)) + sizeof(struct udphdr);
    if (!comes_from(c, outer, known) || !has_headers(c, geneve_at, at - geneve_at, known) ||
        !are_still(known, action))
        return OTHER_HEADERS;
    __u8 tos = tos_at(c, f.l3, f.ipv4);
    int ecn = leaves_with(tos & ECN_MASK, tos_at(c, ETH_HLEN, outer->ipv4) & ECN_MASK);
    if (ecn < 0)
        return CONGESTED;
    __u32 through = action->flags & ACTION_PUSH;
    if (through && ((known->pushed[12] == 0x08) != outer->ipv4 || known->pushed_bytes != f.l3 || action->ttl_decrement || !has_room(&f, known)))
        return NOT_ABLE;
    if (f.l3 + f.ip_bytes < bytes_of(c) && cut(c, f.l3 + f.ip_bytes))
        return NOT_ABLE;
    if (ecn != (tos & ECN_MASK) && set_ecn(c, &f, tos, ecn))
        return LOST;
    tos = (tos & ~ECN_MASK) | ecn;
    if (through ? write_headers(c, &f, known, tos) || !are_still(known, action) : pop(c, &f) || leave_plain(c, &f, action))
        return LOST;
    count_in(record, action->cookie, &f);
    v->ifindex = egress->ifindex;
    v->peer = action->flags & ACTION_REDIRECT_PEER;
    return REPLAYED;
}

#endif
