/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of packets that are not repeated while the data path is not there to decide: stopped, killed, hanging or being exchanged (docs/adr/0023). Included by fastpath.c behind its maps.
 */
#ifndef SLUICE_PRESENCE_H
#define SLUICE_PRESENCE_H

#define ND_FIRST 133 /* router solicitation */
#define ND_LAST 136  /* neighbour advertisement */
#define COARSE_MS 1000 /* so far the coarse clock is behind at most, and longer */
#define ND_HOPS 255  /* nobody sends these through a router, RFC 4861 */

static __always_inline int is_absent(const struct globals *now)
{
    __u32 silence_ms = (__u32)(bpf_ktime_get_coarse_ns() / 1000000) - now->heartbeat_ms;
    /* The heart may have beaten since the coarse clock did: that is a negative silence. A signed comparison would take a silence of 25 days for one. */
    return !now->punt_ifindex || (now->silence_max_ms && silence_ms + COARSE_MS > now->silence_max_ms + COARSE_MS);
}

/* Hosts on both sides of a wire that do not find each other any more would end the flows that go on here. No rule ever sees such frames. */
static __always_inline int asks_for_neighbors(context *c, __u32 flags)
{
    void *data = (void *)(long)c->data;
    void *end = (void *)(long)c->data_end;
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return 0;
    __u32 l3 = ETH_HLEN;
    __u16 type = bpf_ntohs(eth->h_proto);
#pragma unroll
    for (int i = 0; i < 2; i++) {
        if (!is_tag(type))
            break;
        __be16 *tag = data + l3;
        if ((void *)(tag + 2) > end)
            return 0;
        type = bpf_ntohs(tag[1]);
        l3 += TAG_BYTES;
    }
    if (type == ETH_P_ARP)
        return flags & PORT_ARP;
    struct ipv6hdr *ip = data + l3;
    __u8 *icmp = (void *)(ip + 1);
    if (type != ETH_P_IPV6 || !(flags & PORT_DISCOVERY) || (void *)(icmp + 1) > end)
        return 0;
    return ip->nexthdr == IPPROTO_ICMPV6 && ip->hop_limit == ND_HOPS && *icmp >= ND_FIRST && *icmp <= ND_LAST;
}

/* Where to a frame crosses the wire by the port's policy, 0: it does not. */
static __always_inline __u32 across(context *c, const struct port *port)
{
    __u32 number = port->pair;
    if (!number || !((port->flags & PORT_OPEN) || asks_for_neighbors(c, port->flags)))
        return 0;
    struct port *pair = bpf_map_lookup_elem(&ports, &number);
    return pair && takes_frames(pair) ? pair->ifindex : 0;
}

/* As the port's policy says; the frame is as it came in. */
static __always_inline int without_data_path(context *c, const struct port *port)
{
    __u32 to = across(c, port);
    count(to ? ABSENT_PASSED : ABSENT_DROPPED);
    return to ? bpf_redirect(to, 0) : DROP;
}

#endif
