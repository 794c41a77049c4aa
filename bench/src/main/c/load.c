/*
 * Offers 64-byte UDP frames to a port and counts what comes out at the other end.
 *
 *   load FROM TO FLOWS WARMUP_S SECONDS RATE [PID]
 *
 * FROM and TO are the far ends of the wires of two ports; frames are put on FROM's wire and counted as TO receives them. FLOWS is a power of
 * two up to 2^28. Of up to 2^20 flows each first sends a few frames slowly from both ends, so that trackers call it established; of more, each frame is of a flow never seen before. Then WARMUP_S and SECONDS of load run,
 * RATE frames per second, or as many as possible if RATE is 0. Prints "begin" after the warm-up and at the end
 *   sent N received N seconds S cpu S
 * where cpu is the processor time that the process PID spent meanwhile, 0 without one.
 *
 * With RATE 0 the frames are made by the kernel (BPF_PROG_TEST_RUN with live frames, in one call, because each call costs 20 ms) and redirected to the wire by
 * an XDP program, which also writes the headers with the ports of the flow whose turn it is; else an AF_PACKET socket sends them. The UDP checksum is 0, the TTL 64.
 */
#define _GNU_SOURCE
#include "bpf.h"
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum { ESTABLISHED_MAX = 1 << 20, FLOWS_MAX = 1 << 28 };
static const double SETTLE_S = 0.3;
enum { FRAME_BYTES = 60, SOURCE_PORT = 34, TARGET_PORT = 36, BASE_PORT = 1024, BATCH = 64, SLOW_RATE = 100000 };

static int flow_counter;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Four bytes of the frame's headers. */
#define HEADER(AT) \
    INSN(BPF_ST | BPF_W | BPF_MEM, BPF_REG_1, 0, AT, (int)((uint32_t)frame[AT] | (uint32_t)frame[AT + 1] << 8 | (uint32_t)frame[AT + 2] << 16 | (uint32_t)frame[AT + 3] << 24))
#define HEADERS_WORDS 10

/*
 * port = BASE_PORT + low bits of the flow; the other port = BASE_PORT + high bits. Flows come in a scattered order. All headers are written, since the kernel uses the memory of frames again as the
 * device has left it, with other addresses for example.
 */
static int program(int interface, int flows, const unsigned char *frame) {
    struct bpf_insn code[] = {
        MOV_REG(BPF_REG_6, BPF_REG_1),
        STORE_IMM(BPF_W, BPF_REG_10, -4, 0),
        MOV_REG(BPF_REG_2, BPF_REG_10),
        ALU_IMM(BPF_ADD, BPF_REG_2, -4),
        MAP_FD(BPF_REG_1, flow_counter),
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP_IMM(BPF_JEQ, BPF_REG_0, 0, 20 + HEADERS_WORDS),
        LOAD(BPF_DW, BPF_REG_3, BPF_REG_0, 0),
        MOV_REG(BPF_REG_4, BPF_REG_3),
        ALU_IMM(BPF_ADD, BPF_REG_4, 1),
        STORE(BPF_DW, BPF_REG_0, 0, BPF_REG_4),
        ALU_IMM(BPF_MUL, BPF_REG_3, 0x9e3779b1 & 0x7fffffff),
        ALU_IMM(BPF_AND, BPF_REG_3, flows - 1),
        LOAD(BPF_W, BPF_REG_1, BPF_REG_6, 0),
        LOAD(BPF_W, BPF_REG_2, BPF_REG_6, 4),
        MOV_REG(BPF_REG_5, BPF_REG_1),
        ALU_IMM(BPF_ADD, BPF_REG_5, FRAME_BYTES),
        JUMP_REG(BPF_JGT, BPF_REG_5, BPF_REG_2, 9 + HEADERS_WORDS),
        HEADER(0),
        HEADER(4),
        HEADER(8),
        HEADER(12),
        HEADER(16),
        HEADER(20),
        HEADER(24),
        HEADER(28),
        HEADER(32),
        HEADER(36),
        MOV_REG(BPF_REG_4, BPF_REG_3),
        ALU_IMM(BPF_AND, BPF_REG_4, 0x7fff),
        ALU_IMM(BPF_ADD, BPF_REG_4, BASE_PORT),
        INSN(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_4, 0, 0, 16),
        STORE(BPF_H, BPF_REG_1, SOURCE_PORT, BPF_REG_4),
        ALU_IMM(BPF_RSH, BPF_REG_3, 15),
        ALU_IMM(BPF_ADD, BPF_REG_3, BASE_PORT),
        INSN(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_3, 0, 0, 16),
        STORE(BPF_H, BPF_REG_1, TARGET_PORT, BPF_REG_3),
        MOV_IMM(BPF_REG_1, interface),
        MOV_IMM(BPF_REG_2, 0),
        CALL(BPF_FUNC_redirect),
        EXIT(),
    };
    return bpf_load(BPF_PROG_TYPE_XDP, BPF_XDP, code, COUNT_OF(code));
}

static void build(unsigned char *frame, int reverse) {
    static const unsigned char client_mac[6] = {2, 0, 0, 0, 0, 0x11};
    static const unsigned char server_mac[6] = {2, 0, 0, 0, 0, 0x22};
    static const unsigned char client[4] = {10, 0, 0, 1};
    static const unsigned char server[4] = {10, 0, 0, 2};
    memset(frame, 0, FRAME_BYTES);
    memcpy(frame, reverse ? client_mac : server_mac, 6);
    memcpy(frame + 6, reverse ? server_mac : client_mac, 6);
    frame[12] = 0x08;
    unsigned char *ip = frame + 14;
    ip[0] = 0x45;
    ip[3] = FRAME_BYTES - 14;
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, reverse ? server : client, 4);
    memcpy(ip + 16, reverse ? client : server, 4);
    unsigned sum = 0;
    for (int i = 0; i < 20; i += 2) {
        sum += (unsigned)(ip[i] << 8 | ip[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16)) & 0xffff;
    ip[10] = (unsigned char)(sum >> 8);
    ip[11] = (unsigned char)sum;
    ip[25] = FRAME_BYTES - 34;
}

static void run(int program_fd, unsigned char *frame, int interface, int frames) {
    struct xdp_md context;
    memset(&context, 0, sizeof(context));
    context.data_end = FRAME_BYTES;
    context.ingress_ifindex = (uint32_t)interface;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.test.prog_fd = (uint32_t)program_fd;
    attributes.test.data_in = (uintptr_t)frame;
    attributes.test.data_size_in = FRAME_BYTES;
    attributes.test.ctx_in = (uintptr_t)&context;
    attributes.test.ctx_size_in = sizeof(context);
    attributes.test.repeat = (uint32_t)frames;
    attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    attributes.test.batch_size = BATCH;
    if (bpf_call(BPF_PROG_TEST_RUN, &attributes) < 0 && errno != EINTR) {
        die("BPF_PROG_TEST_RUN");
    }
}

static void set_ports(unsigned char *frame, unsigned flow, int varied, int other) {
    unsigned low = BASE_PORT + (flow & 0x7fff);
    unsigned high = BASE_PORT + (flow >> 15);
    frame[varied] = (unsigned char)(low >> 8);
    frame[varied + 1] = (unsigned char)low;
    frame[other] = (unsigned char)(high >> 8);
    frame[other + 1] = (unsigned char)high;
}

static int open_socket(int interface) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = interface};
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0
            || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        die("AF_PACKET");
    }
    return fd;
}

/* Sends each flow's frame in turn at a rate until the time is over or the number is reached; the number sent. */
static long send_paced(int fd, const unsigned char *frame, int reverse, int flows, double seconds, long frames, double rate) {
    static unsigned char buffers[BATCH][FRAME_BYTES];
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < BATCH; i++) {
        memcpy(buffers[i], frame, FRAME_BYTES);
        vectors[i] = (struct iovec){buffers[i], FRAME_BYTES};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    double start = now();
    long sent = 0;
    unsigned flow = 0;
    while (sent < frames && now() - start < seconds) {
        if (start + (double)sent / rate > now()) {
            continue;
        }
        for (int i = 0; i < BATCH; i++) {
            set_ports(buffers[i], flow++ & (unsigned)(flows - 1), reverse ? TARGET_PORT : SOURCE_PORT,
                reverse ? SOURCE_PORT : TARGET_PORT);
        }
        int count = sendmmsg(fd, messages, BATCH, 0);
        sent += count > 0 ? count : 0;
    }
    return sent;
}

static long statistic(const char *interface, const char *name) {
    char path[128];
    long value = 0;
    snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface, name);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%ld", &value) != 1) {
        die(path);
    }
    fclose(file);
    return value;
}

/* What came out of the device: frames that the far end had no room for as well. */
static long received(const char *interface) {
    return statistic(interface, "rx_packets") + statistic(interface, "rx_dropped");
}

static long generated(void) {
    union bpf_attr attributes;
    uint32_t key = 0;
    int64_t value = 0;
    memset(&attributes, 0, sizeof(attributes));
    attributes.map_fd = (uint32_t)flow_counter;
    attributes.key = (uintptr_t)&key;
    attributes.value = (uintptr_t)&value;
    if (bpf_call(BPF_MAP_LOOKUP_ELEM, &attributes) < 0) {
        die("BPF_MAP_LOOKUP_ELEM");
    }
    return (long)value;
}

static void rest(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&time, &time) < 0 && errno == EINTR) {
    }
}

/* User and system time of a process in seconds; 0 for none. */
static double processor_time(const char *pid) {
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    FILE *file = *pid == 0 ? NULL : fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = 0;
    const char *fields = strrchr(text, ')'); /* the name may hold anything */
    if (fields == NULL
            || sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) {
        return 0;
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

struct mark {
    long received;
    double time;
    double processor;
};

static void say_begin(void) {
    printf("begin\n");
    fflush(stdout);
}

static struct mark mark(const char *interface, const char *pid) {
    return (struct mark){received(interface), now(), processor_time(pid)};
}

static void report(long sent, struct mark begin, struct mark end) {
    printf("sent %ld received %ld seconds %.3f cpu %.2f\n", sent, end.received - begin.received, end.time - begin.time,
        end.processor - begin.processor);
}

int main(int argc, char **argv) {
    if (argc != 7 && argc != 8) {
        fprintf(stderr, "usage: load FROM TO FLOWS WARMUP_S SECONDS RATE [PID]\n");
        return 2;
    }
    int from = (int)if_nametoindex(argv[1]);
    int to = (int)if_nametoindex(argv[2]);
    int flows = atoi(argv[3]);
    double warmup = atof(argv[4]);
    double seconds = atof(argv[5]);
    double rate = atof(argv[6]);
    const char *pid = argc == 8 ? argv[7] : "";
    if (from == 0 || to == 0) {
        die("if_nametoindex");
    }
    if (flows < 1 || flows > FLOWS_MAX || (flows & (flows - 1)) != 0) {
        fprintf(stderr, "FLOWS %d is not a power of two in 1..%d\n", flows, FLOWS_MAX);
        return 2;
    }
    flow_counter = bpf_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
    unsigned char request[FRAME_BYTES], answer[FRAME_BYTES];
    build(request, 0);
    build(answer, 1);

    int request_fd = open_socket(from);
    int answer_fd = open_socket(to);
    for (int round = 0; flows <= ESTABLISHED_MAX && round < 2; round++) {
        send_paced(request_fd, request, 0, flows, 60, flows + BATCH, SLOW_RATE);
        send_paced(answer_fd, answer, 1, flows, 60, flows + BATCH, SLOW_RATE);
        /* A router asks for its neighbours first, and the answer is not to come behind the load. */
        rest(SETTLE_S);
    }
    if (rate > 0) {
        send_paced(request_fd, request, 0, flows, warmup, INT64_MAX, rate);
        say_begin();
        struct mark begin = mark(argv[2], pid);
        long sent = send_paced(request_fd, request, 0, flows, seconds, INT64_MAX, rate);
        report(sent, begin, mark(argv[2], pid));
        return 0;
    }
    flow_counter = bpf_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
    int forward = program(from, flows, request);
    pid_t generator = fork();
    if (generator == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            run(forward, request, from, 1 << 30);
        }
    }
    rest(warmup);
    say_begin();
    long sent_before = generated();
    struct mark begin = mark(argv[2], pid);
    rest(seconds);
    long sent = generated() - sent_before;
    report(sent, begin, mark(argv[2], pid));
    kill(generator, SIGKILL);
    waitpid(generator, NULL, 0);
    return 0;
}
