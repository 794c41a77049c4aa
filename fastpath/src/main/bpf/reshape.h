/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes frames longer and shorter: tags, and room for the headers of tunnels, in each flavour of the program (hook.h). Part of fastpath.c.
 */
#ifndef SLUICE_RESHAPE_H
#define SLUICE_RESHAPE_H

#ifdef SLUICE_XDP

static __always_inline __u32 bytes_of_tags(__u32 outer_tag, __u32 inner_tag)
{
    return (outer_tag ? TAG_BYTES : 0) + (inner_tag ? TAG_BYTES : 0);
}

/* Gives a frame its new tags in the place of those that it has, and its new MAC addresses; 0, or -1 with nothing changed. */
static __always_inline int retag(context *c, __u32 outer_tag, __u32 inner_tag, const struct journey_action *action)
{
    if (outer_tag == action->new_outer_tag && inner_tag == action->new_inner_tag)
        return 0;
    int more = (int)bytes_of_tags(action->new_outer_tag, action->new_inner_tag) - (int)bytes_of_tags(outer_tag, inner_tag);
    if (more && bpf_xdp_adjust_head(c, -more))
        return -1;
    __u32 *words = (void *)(long)c->data;
    if ((void *)(words + 5) > (void *)(long)c->data_end)
        return -1;
    __builtin_memcpy(words, action->new_macs, sizeof(action->new_macs));
    if (action->new_outer_tag)
        words[3] = bpf_htonl(action->new_outer_tag);
    if (action->new_inner_tag)
        words[4] = bpf_htonl(action->new_inner_tag);
    return 0;
}

/* Does to a plain frame what its record says; 0, or why not, with nothing changed unless it is LOST. */
static __always_inline int leave(context *c, const struct frame *f, const struct journey_key *key, const struct journey_action *action)
{
    __u32 l3 = ETH_HLEN + bytes_of_tags(action->new_outer_tag, action->new_inner_tag);
    if (retag(c, key->outer_tag, key->inner_tag, action))
        return NOT_ABLE;
    return rewrite(c, l3, f->ipv4, action) ? LOST : 0;
}

/* Makes room for headers in the place of the frame's own one and its tags, and changes what is behind them; 0, or why not, with nothing changed unless it is LOST. */
static __always_inline int make_room(context *c, const struct frame *f, const struct journey_key *key,
                                     const struct journey_action *action, const struct tunnel_headers *around)
{
    if (bpf_xdp_adjust_head(c, (int)f->l3 - (int)around->pushed_bytes))
        return NOT_ABLE;
    return rewrite(c, around->pushed_bytes, f->ipv4, action) ? LOST : 0;
}

/* Takes the tunnel headers off; the frame that is left has no tags, and an Ethernet header that is still to be written. */
static __always_inline int pop(context *c, const struct frame *f)
{
    return bpf_xdp_adjust_head(c, (int)f->l3 - ETH_HLEN);
}

#else

static __always_inline int push_tag(context *c, __u32 tag)
{
    return tag ? bpf_skb_vlan_push(c, bpf_htons(tag >> 16), tag & 0xffff) : 0;
}

/* Gives a frame its new tags in the place of those that it has; 0 or -1. */
static __always_inline int retag(context *c, __u32 outer_tag, __u32 inner_tag, const struct journey_action *action)
{
    if (outer_tag == action->new_outer_tag && inner_tag == action->new_inner_tag)
        return 0;
    if (outer_tag && bpf_skb_vlan_pop(c))
        return -1;
    if (inner_tag && bpf_skb_vlan_pop(c))
        return -1;
    if (push_tag(c, action->new_inner_tag))
        return -1;
    return push_tag(c, action->new_outer_tag);
}

/* Does to a plain frame what its record says; 0, or LOST. */
static __always_inline int leave(context *c, const struct frame *f, const struct journey_key *key, const struct journey_action *action)
{
    return rewrite(c, f->l3, f->ipv4, action) || retag(c, key->outer_tag, key->inner_tag, action) ? LOST : 0;
}

/* Makes the frame longer behind its Ethernet header; tells the kernel that it is a tunnel's, so that super-frames can be cut later on. */
static __always_inline int lengthen(context *c, __u32 room, __u32 link_bytes, __u64 ipv6, __u32 inner_ipv4)
{
    __u64 outer = BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH | BPF_F_ADJ_ROOM_ENCAP_L2(link_bytes) |
                  (ipv6 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4);
    if (!bpf_skb_adjust_room(c, room, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | outer))
        return 0;
    /* What was in a tunnel before and has not left this machine since is marked as that for good, and refused to be marked again. */
    if (!ipv6 == !!inner_ipv4)
        return bpf_skb_adjust_room(c, room, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
    /* The kernel still takes it for what is inside. Only where something is taken off can it be told what is outside: four bytes more, and off again. */
    __u64 family = ipv6 ? DECAP_L3_IPV6 : DECAP_L3_IPV4;
    if (bpf_skb_adjust_room(c, room + 4, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
        return -1;
    return bpf_skb_adjust_room(c, -4, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | family);
}

/* Makes room for headers in the place of the frame's own one and its tags, and changes what is behind them; 0, or LOST. */
static __always_inline int make_room(context *c, const struct frame *f, const struct journey_key *key,
                                     const struct journey_action *action, const struct tunnel_headers *around)
{
    __u64 ipv6 = around->pushed[12] == 0x86;
    if (rewrite(c, f->l3, f->ipv4, action))
        return LOST;
    if (key->outer_tag && bpf_skb_vlan_pop(c))
        return LOST;
    if (key->inner_tag && bpf_skb_vlan_pop(c))
        return LOST;
    return lengthen(c, around->pushed_bytes - ETH_HLEN, around->pushed_link_bytes, ipv6, f->ipv4) ? LOST : 0;
}

/* Takes the tunnel headers off; the frame that is left has no tags, and an Ethernet header that is still to be written. */
static __always_inline int pop(context *c, const struct frame *f)
{
    __u64 family = f->ipv4 ? DECAP_L3_IPV4 : DECAP_L3_IPV6;
    return bpf_skb_adjust_room(c, ETH_HLEN - (int)f->l3, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | family);
}

#endif

#endif
