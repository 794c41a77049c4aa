package dev.sluice.datapath;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.wire.IpAddress;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A ring of decisions to be logged: the worker fills it, the control thread writes them down. One writer, one reader. The worker allocates nothing and never waits: a
 * decision for which there is no room is counted as suppressed.
 */
public final class RuleLog {
    /** Log lines of one rule in a second above which further ones are only counted. */
    public static final int LINES_PER_SECOND = 10;

    private static final int SLOTS = 1024;
    private static final long SECOND_NS = 1_000_000_000L;

    /**
     * A decision.
     *
     * @param rule the rule
     * @param protocol IP protocol
     * @param source of the packet as it came
     * @param portName the port at which it came in
     */
    public record Line(
            Rule rule,
            int protocol,
            IpAddress source,
            int sourcePort,
            IpAddress destination,
            int destinationPort,
            String portName) {}

    private static final class Slot {
        @Nullable
        Rule rule;

        @Nullable
        String portName;

        int protocol;
        long sourceHi;
        long sourceLo;
        int sourcePort;
        long destinationHi;
        long destinationLo;
        int destinationPort;
    }

    private final Slot[] slots = new Slot[SLOTS];
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong read = new AtomicLong();

    RuleLog() {
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    /** Worker: remembers a decision, if the rule has not said too much this second. */
    void offer(Rule rule, Cursor c, String portName) {
        RuleCounters counters = rule.counters();
        if (counters.loggedInSecond == 0 || c.nowNs - counters.logSecondNs >= SECOND_NS) {
            counters.logSecondNs = c.nowNs;
            counters.loggedInSecond = 0;
        }
        long at = written.getPlain();
        if (counters.loggedInSecond == LINES_PER_SECOND || at - read.getAcquire() == SLOTS) {
            counters.logSuppressed++;
            return;
        }
        counters.loggedInSecond++;
        fill(slots[(int) (at % SLOTS)], rule, c.fields, portName);
        written.setRelease(at + 1);
    }

    private static void fill(Slot slot, Rule rule, PacketFields p, String portName) {
        slot.rule = rule;
        slot.portName = portName;
        slot.protocol = p.protocol;
        slot.sourceHi = p.sourceHi;
        slot.sourceLo = p.sourceLo;
        slot.sourcePort = p.sourcePort;
        slot.destinationHi = p.destinationHi;
        slot.destinationLo = p.destinationLo;
        slot.destinationPort = p.destinationPort;
    }

    /** Reader: takes out what has been decided since. */
    public void drain(Consumer<Line> to) {
        long end = written.getAcquire();
        for (long at = read.getPlain(); at < end; at++) {
            Slot slot = slots[(int) (at % SLOTS)];
            Line line = new Line(
                    Objects.requireNonNull(slot.rule),
                    slot.protocol,
                    new IpAddress(slot.sourceHi, slot.sourceLo),
                    slot.sourcePort,
                    new IpAddress(slot.destinationHi, slot.destinationLo),
                    slot.destinationPort,
                    Objects.requireNonNull(slot.portName));
            read.setRelease(at + 1);
            to.accept(line);
        }
    }
}
