/*
 * A service node that does nothing but bridge, at the least cost the kernel offers: what comes in on one interface goes out of the other.
 *
 *   node MODE IFACE IFACE     MODE: tc (tcx ingress programs, bpf_redirect) or xdp (XDP programs, bpf_redirect)
 *
 * Says "ready" and works until it is killed; with it the programs go away.
 */
#include "bpf.h"
#include <net/if.h>

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

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: node tc|xdp IFACE IFACE\n");
        return 2;
    }
    int xdp = strcmp(argv[1], "xdp") == 0;
    connect_to(xdp, argv[2], argv[3]);
    connect_to(xdp, argv[3], argv[2]);
    printf("ready\n");
    fflush(stdout);
    pause();
    return 0;
}
