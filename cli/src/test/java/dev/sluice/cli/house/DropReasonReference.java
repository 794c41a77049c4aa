package dev.sluice.cli.house;

import dev.sluice.datapath.packet.DropReason;

/** Writes docs/reference/drop-reasons.md from the table of the data path. */
final class DropReasonReference {
    private DropReasonReference() {}

    static String markdown() {
        StringBuilder out = new StringBuilder("""
                # Drop reasons

                Generated from `dev.sluice.datapath.packet.DropReason` by `./dev docs`; don't edit.

                A packet that is dropped is counted under one of these, on the port it came in on: `sluice counters` shows them. "packet-life" is
                [the life of a packet](packet-life.md); letters with numbers are requirement rows.

                | reason | specification | what happened |
                |---|---|---|
                """);
        for (DropReason reason : DropReason.values()) {
            out.append("| `")
                    .append(reason.name())
                    .append("` | ")
                    .append(reason.specification())
                    .append(" | ");
            out.append(reason.sentence()).append(" |\n");
        }
        return out.toString();
    }
}
