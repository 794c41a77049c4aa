package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What the packets of a comparison met, counted by the model. */
public final class Coverage {
    private final Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
    private final Map<String, Long> events = new TreeMap<>();
    private long packets;
    private long redirected;
    private long hits;
    private boolean thisRedirected;
    private boolean thisHit;

    void packet() {
        packets++;
        thisRedirected = false;
        thisHit = false;
    }

    /** The packet went to a node, or came from one as part of a flow. */
    void redirected() {
        redirected += thisRedirected ? 0 : 1;
        thisRedirected = true;
    }

    /** The packet met a record that was there. */
    void hit() {
        hits += thisHit ? 0 : 1;
        thisHit = true;
    }

    void dropped(DropReason reason) {
        drops.merge(reason, 1L, Long::sum);
    }

    void event(String name) {
        events.merge(name, 1L, Long::sum);
    }

    public long packets() {
        return packets;
    }

    public double redirectedShare() {
        return (double) redirected / packets;
    }

    public double hitShare() {
        return (double) hits / packets;
    }

    public long drops(DropReason reason) {
        return drops.getOrDefault(reason, 0L);
    }

    public long events(String name) {
        return events.getOrDefault(name, 0L);
    }

    /** All counts, for people. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(
                Locale.ROOT,
                "%d packets, %.1f %% reach a redirect, %.1f %% hit existing records%n",
                packets,
                100 * redirectedShare(),
                100 * hitShare()));
        events.forEach((name, count) -> out.append(String.format(Locale.ROOT, "  %-32s %9d%n", name, count)));
        for (DropReason reason : DropReason.values()) {
            out.append(String.format(Locale.ROOT, "  drop %-27s %9d%n", reason, drops(reason)));
        }
        return out.toString();
    }
}
