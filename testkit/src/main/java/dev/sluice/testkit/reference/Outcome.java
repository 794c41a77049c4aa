package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.ports.MemoryFrame;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Forgets the order of frames: of several neighbours that give up at the same moment, none is the first. */
    void sort() {
        sent.values().forEach(frames -> frames.sort((a, b) -> Arrays.compareUnsigned(a.bytes(), b.bytes())));
    }

    /** Whether the same frames went out of the same ports in the same order and every counter moved by the same. */
    boolean matches(Outcome other) {
        if (!counts.equals(other.counts) || !sent.keySet().equals(other.sent.keySet())) {
            return false;
        }
        for (int port : sent.keySet()) {
            List<MemoryFrame> mine = sent.getOrDefault(port, List.of());
            List<MemoryFrame> others = other.sent.getOrDefault(port, List.of());
            boolean same = mine.size() == others.size();
            for (int i = 0; same && i < mine.size(); i++) {
                same = matches(mine.get(i), others.get(i));
            }
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(MemoryFrame one, MemoryFrame other) {
        return Arrays.equals(one.bytes(), other.bytes())
                && one.offload() == other.offload()
                && one.gsoType() == other.gsoType()
                && one.gsoSizeBytes() == other.gsoSizeBytes()
                && one.gsoHeaderBytes() == other.gsoHeaderBytes()
                && one.csumStart() == other.csumStart()
                && one.csumOffset() == other.csumOffset();
    }

    /** For people. */
    String text() {
        StringBuilder out = new StringBuilder();
        sent.forEach((port, frames) -> {
            for (MemoryFrame frame : frames) {
                out.append("  sent to port ")
                        .append(port)
                        .append(": ")
                        .append(text(frame))
                        .append('\n');
            }
        });
        counts.forEach((name, by) ->
                out.append("  ").append(name).append(" +").append(by).append('\n'));
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
