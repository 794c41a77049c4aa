package dev.sluice.cli.house;

import dev.sluice.liveness.bfd.BfdVerdict;

/** Writes docs/reference/bfd-refusals.md from the verdicts of the sessions. */
final class BfdRefusalReference {
    private BfdRefusalReference() {}

    static String markdown() {
        StringBuilder out = new StringBuilder("""
                # BFD packets that are refused

                Generated from `dev.sluice.liveness.bfd.BfdVerdict` by `./dev docs`; don't edit.

                A [BFD](bfd.md) packet that its session does not take is counted under one of these and dropped as `BFD_REFUSED`; nothing else comes of it. `sluice status`
                and `sluice_peer_refused_packets_total` show them, behind `bfd` if the packet came in the name of another host, behind `bfd of service nodes` if in that
                of a service node.

                | reason | specification | what is wrong |
                |---|---|---|
                """);
        for (BfdVerdict verdict : BfdVerdict.values()) {
            if (verdict != BfdVerdict.ACCEPTED) {
                out.append("| `").append(verdict.word()).append("` | ").append(verdict.source());
                out.append(" | ").append(verdict.sentence()).append(" |\n");
            }
        }
        return out.toString();
    }
}
