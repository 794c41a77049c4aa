package dev.sluice.cli.house;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.fastpath.PuntReason;

/** Writes docs/reference/fast-path-reasons.md from the tables of data path and fast path. */
final class FastPathReasonReference {
    private FastPathReasonReference() {}

    static String markdown() {
        StringBuilder out = new StringBuilder("""
                # Why packets come to the process although there is a fast path

                Generated from `dev.sluice.datapath.offload.OffloadRefusal` and `dev.sluice.fastpath.PuntReason` by `./dev docs`; don't edit.

                Nothing comes to the process without being counted under one of these. `sluice status` has both tables, metrics too; `sluice doctor -f DIR` names the objects of a configuration whose packets
                are never repeated before the first one comes ([what is repeated](../guides/operating.md#what-is-repeated)).

                ## Not recorded
                What the data path did not want to be repeated, by the first reason met on the way of a packet ([packet-life](packet-life.md#fast-path)).

                | reason | what it says | what `sluice doctor` names before |
                |---|---|---|
                """);
        for (OffloadRefusal why : OffloadRefusal.values()) {
            row(out, why.name(), why.sentence() + " | " + foreseen(why));
        }
        out.append("""

                ## Not repeated
                What the kernel's program found out about a packet, in the order in which it looks.

                | reason | what it says |
                |---|---|
                """);
        for (PuntReason why : PuntReason.values()) {
            if (!why.isOfKernel()) {
                row(out, why.name(), why.text());
            }
        }
        return out.toString();
    }

    /** Whose packets are meant, where that is known before one comes (FastPathExamination). */
    private static String foreseen(OffloadRefusal why) {
        return switch (why) {
            case PORT_NOT_ATTACHED -> "ports that have none by their driver or setting, links between routers";
            case UNTRACKED -> "ports where no rule is asked";
            case ATTRIBUTES -> "policies whose rules ask for attributes or observe";
            case TRANSLATED, COPIED, CAPPED, OVERLAY -> "service instances";
            case SEGMENT -> "logical switches";
            case ENDED_HERE -> "policies with rules that drop";
            case FULL -> "nodes that run whose table is full";
            case TRACED,
                    NOT_UNICAST_IP,
                    FRAGMENT,
                    PROTOCOL,
                    OPTIONS,
                    TCP_FLAGS,
                    TCP_NOT_ESTABLISHED,
                    NEW_FLOW,
                    TOO_MANY_RECORDS,
                    INSTRUCTED,
                    UNINSPECTED,
                    PATH_CHANGING,
                    TWO_PATHS,
                    TAGS,
                    TOO_LARGE,
                    REWRITTEN,
                    DEVICE_REFUSED -> "depends on the packet";
        };
    }

    private static void row(StringBuilder out, String name, String words) {
        out.append("| `").append(name).append("` | ").append(words).append(" |\n");
    }
}
