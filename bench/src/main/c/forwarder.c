/*
 * The floor: an AF_XDP forwarder between two interfaces and nothing else. One thread, copy mode as veth needs it, memory shared by both
 * sockets, so that a frame is not copied here; batches of 64, one system call to send each.
 *
 *   forwarder IFACE IFACE
 *
 * Says "ready" and forwards in both directions until it is killed.
 */
#include "bpf.h"
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

enum { RING = 1024, FILLED = 512, CHUNK = 4096, CHUNKS = 1536, BATCH = 64 };

struct ring {
    uint32_t *producer;
    uint32_t *consumer;
    uint32_t *flags;
    void *entries;
    uint32_t mine; /* the counter that this side writes */
    uint32_t seen; /* the kernel's counter as last read */
};

struct port {
    int fd;
    struct ring receive, transmit, fill, completion;
    uint32_t under_way;
};

static unsigned char *memory;
static uint64_t free_chunks[CHUNKS];
static int free_count;

static struct ring map_ring(int fd, const struct xdp_ring_offset *offsets, off_t page, int entry_bytes) {
    size_t bytes = offsets->desc + (size_t)RING * (size_t)entry_bytes;
    char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
    if (base == MAP_FAILED) {
        die("mmap of a ring");
    }
    return (struct ring){(uint32_t *)(base + offsets->producer), (uint32_t *)(base + offsets->consumer),
        (uint32_t *)(base + offsets->flags), base + offsets->desc, 0, 0};
}

static void set_option(int fd, int option, int value) {
    if (setsockopt(fd, SOL_XDP, option, &value, sizeof(value)) < 0) {
        die("setsockopt of a ring");
    }
}

static void refill(struct port *port, uint32_t count) {
    struct ring *fill = &port->fill;
    uint32_t done = 0;
    while (done < count && free_count > 0) {
        ((uint64_t *)fill->entries)[fill->mine++ & (RING - 1)] = free_chunks[--free_count];
        done++;
    }
    __atomic_store_n(fill->producer, fill->mine, __ATOMIC_RELEASE);
}

static void open_port(struct port *port, const char *name, int shared_fd) {
    unsigned interface = if_nametoindex(name);
    if (interface == 0) {
        die(name);
    }
    port->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        die("socket(AF_XDP)");
    }
    if (shared_fd < 0) {
        struct xdp_umem_reg registration = {
            .addr = (uintptr_t)memory, .len = (uint64_t)CHUNKS * CHUNK, .chunk_size = CHUNK};
        if (setsockopt(port->fd, SOL_XDP, XDP_UMEM_REG, &registration, sizeof(registration)) < 0) {
            die("XDP_UMEM_REG");
        }
    }
    set_option(port->fd, XDP_UMEM_FILL_RING, RING);
    set_option(port->fd, XDP_UMEM_COMPLETION_RING, RING);
    set_option(port->fd, XDP_RX_RING, RING);
    set_option(port->fd, XDP_TX_RING, RING);
    struct xdp_mmap_offsets offsets;
    socklen_t length = sizeof(offsets);
    if (getsockopt(port->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0) {
        die("XDP_MMAP_OFFSETS");
    }
    port->receive = map_ring(port->fd, &offsets.rx, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc));
    port->transmit = map_ring(port->fd, &offsets.tx, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc));
    port->fill = map_ring(port->fd, &offsets.fr, (off_t)XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t));
    port->completion = map_ring(port->fd, &offsets.cr, (off_t)XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t));
    port->under_way = 0;
    refill(port, FILLED);
    struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_ifindex = interface, .sxdp_queue_id = 0};
    address.sxdp_flags = shared_fd < 0 ? XDP_COPY | XDP_USE_NEED_WAKEUP : XDP_SHARED_UMEM;
    address.sxdp_shared_umem_fd = shared_fd < 0 ? 0 : (uint32_t)shared_fd;
    if (bind(port->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        die("bind(AF_XDP)");
    }

    int map = bpf_map(BPF_MAP_TYPE_XSKMAP, 4, 4, 1);
    uint32_t queue = 0;
    bpf_put(map, &queue, &port->fd);
    struct bpf_insn code[] = {
        LOAD(BPF_W, BPF_REG_2, BPF_REG_1, 16), /* rx_queue_index */
        MAP_FD(BPF_REG_1, map),
        MOV_IMM(BPF_REG_3, XDP_PASS),
        CALL(BPF_FUNC_redirect_map),
        EXIT(),
    };
    bpf_attach(bpf_load(BPF_PROG_TYPE_XDP, BPF_XDP, code, COUNT_OF(code)), (int)interface, BPF_XDP);
}

static void reap(struct port *port) {
    struct ring *completion = &port->completion;
    uint32_t end = __atomic_load_n(completion->producer, __ATOMIC_ACQUIRE);
    if (end == completion->mine) {
        return;
    }
    while (completion->mine != end) {
        free_chunks[free_count++] = ((uint64_t *)completion->entries)[completion->mine++ & (RING - 1)] & ~(uint64_t)(CHUNK - 1);
        port->under_way--;
    }
    __atomic_store_n(completion->consumer, completion->mine, __ATOMIC_RELEASE);
}

static void kick(struct port *port) {
    while (port->under_way > 0) {
        sendto(port->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
        reap(port);
        if (__atomic_load_n(port->transmit.consumer, __ATOMIC_ACQUIRE) == port->transmit.mine) {
            break;
        }
    }
}

static void forward(struct port *from, struct port *to) {
    struct ring *receive = &from->receive;
    uint32_t waiting = receive->seen - receive->mine;
    if (waiting == 0) {
        receive->seen = __atomic_load_n(receive->producer, __ATOMIC_ACQUIRE);
        waiting = receive->seen - receive->mine;
        if (waiting == 0) {
            return;
        }
    }
    uint32_t count = waiting < BATCH ? waiting : BATCH;
    struct xdp_desc *in = receive->entries;
    struct xdp_desc *out = to->transmit.entries;
    for (uint32_t i = 0; i < count; i++) {
        out[to->transmit.mine++ & (RING - 1)] = in[receive->mine++ & (RING - 1)];
    }
    __atomic_store_n(receive->consumer, receive->mine, __ATOMIC_RELEASE);
    __atomic_store_n(to->transmit.producer, to->transmit.mine, __ATOMIC_RELEASE);
    to->under_way += count;
    kick(to);
    refill(from, count);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: forwarder IFACE IFACE\n");
        return 2;
    }
    memory = mmap(NULL, (size_t)CHUNKS * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        die("mmap of the frames");
    }
    for (int i = 0; i < CHUNKS; i++) {
        free_chunks[free_count++] = (uint64_t)i * CHUNK;
    }
    struct port first, second;
    open_port(&first, argv[1], -1);
    open_port(&second, argv[2], first.fd);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        forward(&first, &second);
        forward(&second, &first);
    }
}
