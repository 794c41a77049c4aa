package dev.sluice.testkit.reference;

import dev.sluice.datapath.DropReason;
import dev.sluice.ports.MemoryFrame;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What became of one event: frames sent in the order of each port, drops, and how far counters moved, by name. */
final class Outcome {
    final Map<Integer, List<MemoryFrame>> sent = new TreeMap<>();
    final Map<String, Integer> counts = new TreeMap<>();

    void sent(int port, MemoryFrame frame) {
        sent.computeIfAbsent(port, _ -> new ArrayList<>()).add(frame);
    }

    void dropped(int port, DropReason reason) {
        count("drop " + reason + " of port " + port);
    }

    void count(String name) {
        count(name, 1);
    }

    void count(String name, int by) {
        if (by != 0) {
            counts.merge(name, by, Integer::sum);
        }
    }

    /** For people, and for comparing: equal texts mean equal outcomes. */
    String text() {
        StringBuilder out = new StringBuilder();
        sent.forEach((port, frames) -> {
            for (MemoryFrame frame : frames) {
                out.append("  sent to port ").append(port).append(": ").append(text(frame)).append('\n');
            }
        });
        counts.forEach((name, by) -> out.append("  ").append(name).append(" +").append(by).append('\n'));
        return out.isEmpty() ? "  nothing\n" : out.toString();
    }

    static String text(MemoryFrame frame) {
        String hex = HexFormat.of().formatHex(frame.bytes());
        boolean plain = frame.offload() == 0 && frame.gsoType() == 0;
        return plain
                ? hex
                : hex + " offload " + frame.offload() + " gso " + frame.gsoType() + "/" + frame.gsoSizeBytes() + "/"
                        + frame.gsoHeaderBytes() + " csum " + frame.csumStart() + "+" + frame.csumOffset();
    }
}
