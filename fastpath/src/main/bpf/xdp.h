/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of the flavour for XDP, and where it leaves what it does not repeat: to tc, where the other flavour looks at it again, or to the AF_XDP sockets of the port (docs/adr/0029). Part of
 * fastpath.c.
 */
#ifndef SLUICE_XDP_H
#define SLUICE_XDP_H

/* Number of the port, number of the queue -> AF_XDP socket. */
struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, PORTS_MAX * QUEUES_MAX);
    __type(key, __u32);
    __type(value, __u32);
} sockets SEC(".maps");

/* Whether there is a record, and it holds: what another hook may be able to do. */
static __always_inline int is_not_able_here(__u32 why)
{
    return why == PARTIAL || why == NO_XDP_OUT || why == NOT_ABLE;
}

static __always_inline int hand_over(context *c, __u32 ingress, __u32 why)
{
    struct port *port = bpf_map_lookup_elem(&ports, &ingress);
    if (!port || !(port->flags & PORT_SOCKETS)) {
        if (is_not_able_here(why))
            count(XDP_LEFT);
        return XDP_PASS;
    }
    count(why);
    __u32 zero = 0;
    struct globals *now = bpf_map_lookup_elem(&globals, &zero);
    __u32 queue = c->rx_queue_index;
    if (now && !is_absent(now) && queue < QUEUES_MAX) {
        int done = bpf_redirect_map(&sockets, ingress * QUEUES_MAX + queue, XDP_DROP);
        if (done != XDP_DROP)
            return done;
    }
    return without_data_path(c, port);
}

SEC("xdp")
int xdp_ingress(context *c)
{
    __u32 ifindex = c->ingress_ifindex;
    __u32 *ingress = bpf_map_lookup_elem(&ingresses, &ifindex);
    if (!ingress)
        return XDP_PASS;
    struct verdict v = {};
    replay(c, *ingress, &v);
    if (v.why == LOST) {
        count(LOST);
        return XDP_DROP;
    }
    if (v.why)
        return hand_over(c, *ingress, v.why);
    count(XDP_REPEATED);
    return bpf_redirect(v.ifindex, 0);
}

/* The same for tests, which see nothing but the frame and the answer: why, and 256 times where to. The number of the port is in front of the frame. */
SEC("xdp")
int xdp_examined(context *c)
{
    __u32 *ingress = (void *)(long)c->data_meta;
    if ((void *)(ingress + 1) > (void *)(long)c->data)
        return NOT_ABLE;
    struct verdict v = {};
    replay(c, *ingress, &v);
    return v.why | v.ifindex << 8;
}

#endif
