/*
 * Classifies headers with DPDK's access control library (rte_acl), the peer of P7.
 *
 *   acl RULES HEADERS MATCHES ROUNDS
 *
 * RULES has one rule in a line in the format of ClassBench (@source/bits destination/bits low : high low : high 0xprotocol/0xmask), the first one of the highest priority;
 * HEADERS one header in a line (source destination source-port destination-port protocol, decimal). Writes to MATCHES for each header the number of its rule, from 1, or 0;
 * then classifies all of them ROUNDS times, in batches of 256, and prints for each round
 *   round N ns X
 * the processor time for one header.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_acl.h>
#include <rte_byteorder.h>
#include <rte_eal.h>

enum { BATCH = 256, FIELDS = 5, LINE = 256 };

struct header {
    uint8_t protocol;
    uint8_t unused[3];
    uint32_t source;
    uint32_t destination;
    uint16_t source_port;
    uint16_t destination_port;
};

enum { PROTOCOL, SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT };

#define FIELD(index, kind, bytes, input, member) \
    {.type = (kind), .size = (bytes), .field_index = (index), .input_index = (input), .offset = offsetof(struct header, member)}

static const struct rte_acl_field_def fields[FIELDS] = {
    FIELD(PROTOCOL, RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, protocol),
    FIELD(SOURCE, RTE_ACL_FIELD_TYPE_MASK, 4, 1, source),
    FIELD(DESTINATION, RTE_ACL_FIELD_TYPE_MASK, 4, 2, destination),
    FIELD(SOURCE_PORT, RTE_ACL_FIELD_TYPE_RANGE, 2, 3, source_port),
    FIELD(DESTINATION_PORT, RTE_ACL_FIELD_TYPE_RANGE, 2, 3, destination_port),
};

RTE_ACL_RULE_DEF(acl_rule, FIELDS);

static void die(const char *what, int error) {
    fprintf(stderr, "acl: %s: %s\n", what, strerror(error < 0 ? -error : error));
    exit(1);
}

static FILE *open_file(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static int lines_of(FILE *file) {
    char line[LINE];
    int count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        count++;
    }
    rewind(file);
    return count;
}

static struct acl_rule *read_rules(const char *path, int *count) {
    FILE *file = open_file(path, "r");
    int rules = lines_of(file);
    struct acl_rule *all = calloc((size_t)rules, sizeof(*all));
    char line[LINE];
    for (int i = 0; i < rules && fgets(line, sizeof(line), file) != NULL; i++) {
        unsigned a[5], b[5], low[2], high[2], protocol, mask;
        if (sscanf(line, "@%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", a, a + 1, a + 2, a + 3, a + 4, b, b + 1, b + 2,
                b + 3, b + 4, low, high, low + 1, high + 1, &protocol, &mask) != 16) {
            fprintf(stderr, "acl: %s line %d is no rule: %s", path, i + 1, line);
            exit(1);
        }
        struct acl_rule *rule = all + i;
        rule->data.category_mask = 1;
        rule->data.priority = rules - i;
        rule->data.userdata = (uint32_t)i + 1;
        rule->field[PROTOCOL].value.u8 = (uint8_t)protocol;
        rule->field[PROTOCOL].mask_range.u8 = (uint8_t)mask;
        rule->field[SOURCE].value.u32 = a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3];
        rule->field[SOURCE].mask_range.u32 = a[4];
        rule->field[DESTINATION].value.u32 = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
        rule->field[DESTINATION].mask_range.u32 = b[4];
        for (int side = 0; side < 2; side++) {
            rule->field[SOURCE_PORT + side].value.u16 = (uint16_t)low[side];
            rule->field[SOURCE_PORT + side].mask_range.u16 = (uint16_t)high[side];
        }
    }
    fclose(file);
    *count = rules;
    return all;
}

static struct header *read_headers(const char *path, int *count) {
    FILE *file = open_file(path, "r");
    int headers = lines_of(file);
    struct header *all = calloc((size_t)headers, sizeof(*all));
    for (int i = 0; i < headers; i++) {
        uint32_t source, destination;
        unsigned ports[2], protocol;
        if (fscanf(file, "%" SCNu32 " %" SCNu32 " %u %u %u", &source, &destination, ports, ports + 1, &protocol) != 5) {
            fprintf(stderr, "acl: %s line %d is no header\n", path, i + 1);
            exit(1);
        }
        all[i] = (struct header){.protocol = (uint8_t)protocol, .source = rte_cpu_to_be_32(source), .destination = rte_cpu_to_be_32(destination),
            .source_port = rte_cpu_to_be_16((uint16_t)ports[0]), .destination_port = rte_cpu_to_be_16((uint16_t)ports[1])};
    }
    fclose(file);
    *count = headers;
    return all;
}

static struct rte_acl_ctx *build(struct acl_rule *rules, int count) {
    struct rte_acl_param parameters = {.name = "rules", .rule_size = RTE_ACL_RULE_SZ(FIELDS), .max_rule_num = (uint32_t)count};
    struct rte_acl_ctx *context = rte_acl_create(&parameters);
    if (context == NULL) {
        die("rte_acl_create", ENOMEM);
    }
    int error = rte_acl_add_rules(context, (const struct rte_acl_rule *)rules, (uint32_t)count);
    if (error != 0) {
        die("rte_acl_add_rules", error);
    }
    struct rte_acl_config config = {.num_categories = 1, .num_fields = FIELDS};
    memcpy(config.defs, fields, sizeof(fields));
    error = rte_acl_build(context, &config);
    if (error != 0) {
        die("rte_acl_build", error);
    }
    return context;
}

static double processor_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void classify(const struct rte_acl_ctx *context, const uint8_t **data, uint32_t *results, int count) {
    for (int i = 0; i < count; i += BATCH) {
        int error = rte_acl_classify(context, data + i, results + i, (uint32_t)(count - i < BATCH ? count - i : BATCH), 1);
        if (error != 0) {
            die("rte_acl_classify", error);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: acl RULES HEADERS MATCHES ROUNDS\n");
        return 2;
    }
    char *eal[] = {"acl", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "4096", "--log-level=error"};
    if (rte_eal_init((int)(sizeof(eal) / sizeof(eal[0])), eal) < 0) {
        die("rte_eal_init", EINVAL);
    }
    int rule_count, header_count;
    struct acl_rule *rules = read_rules(argv[1], &rule_count);
    struct header *headers = read_headers(argv[2], &header_count);
    struct rte_acl_ctx *context = build(rules, rule_count);
    const uint8_t **data = calloc((size_t)header_count, sizeof(*data));
    uint32_t *results = calloc((size_t)header_count, sizeof(*results));
    for (int i = 0; i < header_count; i++) {
        data[i] = (const uint8_t *)(headers + i);
    }
    classify(context, data, results, header_count);
    FILE *matches = open_file(argv[3], "w");
    for (int i = 0; i < header_count; i++) {
        fprintf(matches, "%" PRIu32 "\n", results[i]);
    }
    fclose(matches);
    for (int round = 1; round <= atoi(argv[4]); round++) {
        double start = processor_ns();
        classify(context, data, results, header_count);
        printf("round %d ns %.2f\n", round, (processor_ns() - start) / header_count);
    }
    return 0;
}
