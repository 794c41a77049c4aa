/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between the two flavours of the program (docs/adr/0029): in tc a frame is an skb, with super-frames, partial checksums and a tag beside the frame, changed by the kernel's functions;
 * in XDP (SLUICE_XDP) it is bytes, all of them, and nothing is known about them. Part of fastpath.c.
 */
#ifndef SLUICE_HOOK_H
#define SLUICE_HOOK_H

#ifdef SLUICE_XDP

typedef struct xdp_md context;
#define DROP XDP_DROP

static __always_inline __u32 bytes_of(context *c)
{
    return bpf_xdp_get_buff_len(c);
}

/* Of a super-frame the payload of its segments: there are none here. */
static __always_inline __u32 segment_bytes(context *c)
{
    return 0;
}

/* A tag that is beside the frame: none as far as this hook can see. */
static __always_inline __u32 tag_beside(context *c)
{
    return 0;
}

static __always_inline int cut(context *c, __u32 bytes)
{
    return bpf_xdp_adjust_tail(c, (int)bytes - (int)bytes_of(c));
}

/* Headers are where they can be read. */
static __always_inline int pull(context *c, __u32 bytes)
{
    return 0;
}

/* Whether a port takes frames from this hook. */
static __always_inline int takes_frames(const struct port *port)
{
    return port->flags & PORT_XDP_OUT;
}

#define PARTIAL_SUM 0xffff

/*
 * Software that leaves checksums to hardware puts the sum of the pseudo-header into the field. In an skb that is marked, here nothing tells; of those that are complete, one in 65,536 looks
 * like it. PARTIAL_SUM if so; a sum and no branch, for the verifier's sake.
 */
static __always_inline __u32 partial_sum(void *at, void *end, __u32 available, const struct journey_key *key)
{
    __u64 sum = bpf_htons(available) + bpf_htons(key->protocol);
    __u16 *field = at + (key->protocol == IPPROTO_TCP ? __builtin_offsetof(struct tcphdr, check) : __builtin_offsetof(struct udphdr, check));
    if ((key->protocol != IPPROTO_TCP && key->protocol != IPPROTO_UDP) || (void *)(field + 1) > end)
        return 0;
    __u16 found = *field;
    if (key->protocol == IPPROTO_UDP && !found)
        return 0;
    /* An IPv4 address as one of IPv6 has the same sum. */
    sum += (__u64)key->source[0] + key->source[1] + key->source[2] + key->source[3];
    sum += (__u64)key->destination[0] + key->destination[1] + key->destination[2] + key->destination[3];
    sum += (__u16)~found;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static __always_inline int load_bytes(context *c, __u32 at, void *to, __u32 bytes)
{
    return bpf_xdp_load_bytes(c, at, to, bytes);
}

static __always_inline int store_bytes(context *c, __u32 at, void *from, __u32 bytes)
{
    return bpf_xdp_store_bytes(c, at, from, bytes);
}

/* Checksums are complete, and change only where they are in what is written. */
static __always_inline int store_summed(context *c, __u32 at, void *from, __u32 bytes)
{
    return bpf_xdp_store_bytes(c, at, from, bytes);
}

#else

/* Newer than the headers of some machines. */
#define DECAP_L3_IPV4 (1ULL << 7)
#define DECAP_L3_IPV6 (1ULL << 8)

typedef struct __sk_buff context;
#define DROP TC_ACT_SHOT

static __always_inline __u32 bytes_of(context *c)
{
    return c->len;
}

static __always_inline __u32 segment_bytes(context *c)
{
    return c->gso_size;
}

static __always_inline __u32 tag_beside(context *c)
{
    return c->vlan_present ? (__u32)bpf_ntohs(c->vlan_proto) << 16 | c->vlan_tci : 0;
}

static __always_inline int cut(context *c, __u32 bytes)
{
    return bpf_skb_change_tail(c, bytes, 0);
}

/* Makes so many bytes readable, or all of a shorter frame. */
static __always_inline int pull(context *c, __u32 bytes)
{
    void *data = (void *)(long)c->data;
    void *data_end = (void *)(long)c->data_end;
    __u32 linear = data_end - data;
    if (linear >= bytes || linear >= c->len)
        return 0;
    return bpf_skb_pull_data(c, c->len < bytes ? c->len : bytes);
}

static __always_inline int takes_frames(const struct port *port)
{
    return 1;
}

#define PARTIAL_SUM 1

static __always_inline __u32 partial_sum(void *at, void *end, __u32 available, const struct journey_key *key)
{
    return 0;
}

static __always_inline int load_bytes(context *c, __u32 at, void *to, __u32 bytes)
{
    return bpf_skb_load_bytes(c, at, to, bytes);
}

static __always_inline int store_bytes(context *c, __u32 at, const void *from, __u32 bytes)
{
    return bpf_skb_store_bytes(c, at, from, bytes, 0);
}

/* A checksum that a network card made of the whole frame follows. */
static __always_inline int store_summed(context *c, __u32 at, const void *from, __u32 bytes)
{
    return bpf_skb_store_bytes(c, at, from, bytes, BPF_F_RECOMPUTE_CSUM);
}

#endif

#endif
