/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of the flavour for tc, and how it hands frames over: by a device that all ports share, with the number of the port beside the frame (docs/adr/0017). Part of fastpath.c.
 */
#ifndef SLUICE_TC_H
#define SLUICE_TC_H

/* Whether the host itself may want the frame. */
static __always_inline int is_for_host(context *c, const struct port *port)
{
    void *data = (void *)(long)c->data;
    if (!(port->flags & PORT_SHARED) || data + ETH_HLEN > (void *)(long)c->data_end)
        return 0;
    const __u16 *to = data;
    const __u16 *own = (const void *)port->mac;
    return (*(__u8 *)data & 1) || (to[0] == own[0] && to[1] == own[1] && to[2] == own[2]);
}

/* What the host may want while the data path is not there: what is for all goes to both. */
static __always_inline int leave_to_host(context *c, const struct port *port)
{
    __u8 *data = (void *)(long)c->data;
    if ((void *)(data + ETH_HLEN) > (void *)(long)c->data_end || !(*data & 1))
        return TC_ACT_UNSPEC;
    __u32 to = across(c, port);
    if (to) {
        count(ABSENT_PASSED);
        bpf_clone_redirect(c, to, 0);
    }
    return TC_ACT_UNSPEC;
}

/* To the data path, with the number of the port as an outermost tag beside the frame. */
static __always_inline int hand_over(context *c, __u32 ingress, __u32 why)
{
    count(why);
    __u32 zero = 0;
    struct globals *now = bpf_map_lookup_elem(&globals, &zero);
    struct port *port = bpf_map_lookup_elem(&ports, &ingress);
    if (!now || !port)
        return TC_ACT_SHOT;
    __u32 to = now->punt_ifindex;
    int for_host = is_for_host(c, port);
    if (is_absent(now))
        return for_host ? leave_to_host(c, port) : without_data_path(c, port);
    if (bpf_skb_vlan_push(c, bpf_htons(ETH_P_8021Q), ingress)) {
        count(LOST);
        return for_host ? TC_ACT_UNSPEC : TC_ACT_SHOT;
    }
    if (!for_host)
        return bpf_redirect(to, 0);
    /* What the device itself drops, it counts. */
    if (bpf_clone_redirect(c, to, 0) < 0)
        count(LOST);
    if (!bpf_skb_vlan_pop(c))
        return TC_ACT_UNSPEC;
    count(LOST);
    return TC_ACT_SHOT;
}

SEC("tc")
int tc_ingress(context *c)
{
    __u32 ifindex = c->ifindex;
    __u32 *ingress = bpf_map_lookup_elem(&ingresses, &ifindex);
    if (!ingress)
        return TC_ACT_UNSPEC;
    struct verdict v = {};
    replay(c, *ingress, &v);
    if (v.why == LOST) {
        count(LOST);
        return TC_ACT_SHOT;
    }
    if (v.why)
        return hand_over(c, *ingress, v.why);
    return v.peer ? bpf_redirect_peer(v.ifindex, 0) : bpf_redirect(v.ifindex, 0);
}

/* The same for tests, which can look at nothing but the frame and cb: why, where to, and the tag that is beside the frame. */
SEC("tc")
int tc_examined(context *c)
{
    struct verdict v = {};
    replay(c, c->mark, &v);
    c->cb[0] = v.why;
    c->cb[1] = v.ifindex;
    c->cb[2] = tag_beside(c);
    return TC_ACT_OK;
}

/* At the listening end of the punt device: its socket has its copy, nobody else is to see the frame. */
SEC("tc")
int tc_swallow(context *c)
{
    return TC_ACT_SHOT;
}

#endif
