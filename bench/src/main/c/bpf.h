/* bpf(2) for the benchmark's programs: instructions by hand, kernel headers only. */
#ifndef SLUICE_BENCH_BPF_H
#define SLUICE_BENCH_BPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(OP, DST, SRC, OFF, IMM) \
    ((struct bpf_insn){.code = (OP), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF), .imm = (IMM)})
#define MOV_IMM(DST, IMM) INSN(BPF_ALU64 | BPF_MOV | BPF_K, DST, 0, 0, IMM)
#define MOV_REG(DST, SRC) INSN(BPF_ALU64 | BPF_MOV | BPF_X, DST, SRC, 0, 0)
#define ALU_IMM(OP, DST, IMM) INSN(BPF_ALU64 | (OP) | BPF_K, DST, 0, 0, IMM)
#define ALU_REG(OP, DST, SRC) INSN(BPF_ALU64 | (OP) | BPF_X, DST, SRC, 0, 0)
#define LOAD(SIZE, DST, SRC, OFF) INSN(BPF_LDX | (SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#define STORE(SIZE, DST, OFF, SRC) INSN(BPF_STX | (SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#define STORE_IMM(SIZE, DST, OFF, IMM) INSN(BPF_ST | (SIZE) | BPF_MEM, DST, 0, OFF, IMM)
#define JUMP_REG(OP, DST, SRC, OFF) INSN(BPF_JMP | (OP) | BPF_X, DST, SRC, OFF, 0)
#define JUMP_IMM(OP, DST, IMM, OFF) INSN(BPF_JMP | (OP) | BPF_K, DST, 0, OFF, IMM)
#define MAP_FD(DST, FD) INSN(BPF_LD | BPF_DW | BPF_IMM, DST, BPF_PSEUDO_MAP_FD, 0, FD), INSN(0, 0, 0, 0, 0)
#define CALL(FUNCTION) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, FUNCTION)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define COUNT_OF(ARRAY) (int)(sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Headers before Linux 6.6 lack it. */
enum { ATTACH_TCX_INGRESS = 46 };

static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline int bpf_call(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static inline int bpf_map(int type, int key_bytes, int value_bytes, int entries) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_type = type;
    attributes.key_size = key_bytes;
    attributes.value_size = value_bytes;
    attributes.max_entries = entries;
    int fd = bpf_call(BPF_MAP_CREATE, &attributes);
    if (fd < 0) {
        die("BPF_MAP_CREATE");
    }
    return fd;
}

static inline void bpf_put(int map, const void *key, const void *value) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = map;
    attributes.key = (uintptr_t)key;
    attributes.value = (uintptr_t)value;
    if (bpf_call(BPF_MAP_UPDATE_ELEM, &attributes) < 0) {
        die("BPF_MAP_UPDATE_ELEM");
    }
}

static inline int bpf_load(int type, int attach_type, const struct bpf_insn *code, int count) {
    static char log[16384];
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = type;
    attributes.expected_attach_type = attach_type;
    attributes.insns = (uintptr_t)code;
    attributes.insn_cnt = count;
    attributes.license = (uintptr_t) "Apache-2.0";
    int fd = bpf_call(BPF_PROG_LOAD, &attributes);
    if (fd < 0) {
        attributes.log_buf = (uintptr_t)log;
        attributes.log_size = sizeof(log);
        attributes.log_level = 1;
        bpf_call(BPF_PROG_LOAD, &attributes);
        fprintf(stderr, "%s\n", log);
        die("BPF_PROG_LOAD");
    }
    return fd;
}

/* The program stays attached until this process ends. */
static inline void bpf_attach(int program, int interface, int attach_type) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.link_create.prog_fd = program;
    attributes.link_create.target_ifindex = interface;
    attributes.link_create.attach_type = attach_type;
    if (bpf_call(BPF_LINK_CREATE, &attributes) < 0) {
        die("BPF_LINK_CREATE");
    }
}

#endif
