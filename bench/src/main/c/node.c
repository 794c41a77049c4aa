/*
 * A service node that does nothing but bridge, at the least cost the kernel offers: what comes in on one interface goes out of the other.
 *
 *   node MODE IFACE IFACE                MODE: tc (tcx ingress programs, bpf_redirect) or xdp (XDP programs, bpf_redirect)
 *   node MODE FROM TO then FROM TO ...   the same one way each
 *   node sink IFACE                      drops IPv4 that comes in there, before the kernel looks at it
 *
 * Says "ready" and works until it is killed; with it the programs go away.
 */
#include "bpf.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stddef.h>

static void connect_to(int xdp, const char *from, const char *to) {
    unsigned in = if_nametoindex(from);
    unsigned out = if_nametoindex(to);
    if (in == 0 || out == 0) {
        die("if_nametoindex");
    }
    struct bpf_insn code[] = {
        MOV_IMM(BPF_REG_1, (int)out),
        MOV_IMM(BPF_REG_2, 0),
        CALL(BPF_FUNC_redirect),
        EXIT(),
    };
    int attach = xdp ? (int)BPF_XDP : ATTACH_TCX_INGRESS;
    int program = bpf_load(xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, attach, code, COUNT_OF(code));
    bpf_attach(program, (int)in, attach);
}

static void sink(const char *from) {
    struct bpf_insn code[] = {
        LOAD(BPF_W, BPF_REG_2, BPF_REG_1, (short)offsetof(struct __sk_buff, protocol)),
        MOV_IMM(BPF_REG_0, TC_ACT_UNSPEC),
        JUMP_IMM(BPF_JNE, BPF_REG_2, htons(ETH_P_IP), 1),
        MOV_IMM(BPF_REG_0, TC_ACT_SHOT),
        EXIT(),
    };
    unsigned in = if_nametoindex(from);
    if (in == 0) {
        die("if_nametoindex");
    }
    bpf_attach(bpf_load(BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS, code, COUNT_OF(code)), (int)in, ATTACH_TCX_INGRESS);
}

static void ready(void) {
    printf("ready\n");
    fflush(stdout);
    pause();
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "sink") == 0) {
        sink(argv[2]);
        ready();
    }
    if (argc != 4 && (argc < 7 || argc % 2 != 1 || strcmp(argv[4], "then") != 0)) {
        fprintf(stderr, "usage: node tc|xdp IFACE IFACE | node tc|xdp FROM TO then FROM TO ... | node sink IFACE\n");
        return 2;
    }
    int xdp = strcmp(argv[1], "xdp") == 0;
    connect_to(xdp, argv[2], argv[3]);
    if (argc == 4) {
        connect_to(xdp, argv[3], argv[2]);
    }
    for (int i = 5; i < argc; i += 2) {
        connect_to(xdp, argv[i], argv[i + 1]);
    }
    ready();
    return 0;
}
