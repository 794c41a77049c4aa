package dev.sluice.testkit.robust;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemorySwitch;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The rich world under test: takes events and says what rule one of them broke. One user: the test. */
final class Subject implements AutoCloseable {
    private static final int GROWTH_BYTES_MAX = 8;

    /** An error quotes as much of its packet as fits 1,280 bytes (RFC 4443 3.1). */
    private static final int ERROR_BYTES_MAX = 1_280 + 14;

    /** Answers to ARP and neighbour discovery are at least this long. */
    private static final int ANSWER_BYTES_MAX = 90;

    /** One thing that happens. */
    sealed interface Event {
        /** A frame comes in at a port. */
        record Frame(int port, MemoryFrame frame) implements Event {}

        /** Time passes. */
        record Time(long ns) implements Event {}

        /** A service instance dies or comes back. */
        record Alive(int instance, boolean alive) implements Event {}

        /** The same configuration comes again as a new generation. */
        record Reload() implements Event {}

        /** Nothing comes in until everything that waits has been given up: all frames have to be free. */
        record Quiet() implements Event {}
    }

    /** A frame that the switch sent out of a port. */
    record Sent(int port, MemoryFrame frame) {}

    private final MemorySwitch sluice;
    private final int framesInAll;
    private final CRC32 trace = new CRC32();
    private List<Sent> lastSent = List.of();
    private List<Attachment> nodes;
    private int generation = 1;

    /** The longest frame that came in since something waits inside; 0: nothing does. */
    private int heldBytes;

    private long dropped;
    private long copied;
    private long ownFrames;

    Subject() {
        Snapshot snapshot = Worlds.rich(generation);
        sluice = new MemorySwitch(snapshot, 2048);
        framesInAll = sluice.freeFrames();
        nodes = snapshot.attachments();
        introduceHosts();
    }

    /** Hosts say who they are, so that packets are sent to them and not only held. */
    private void introduceHosts() {
        int[] ports = {Worlds.LEFT, Worlds.RIGHT, Worlds.FAR, Worlds.ROUTE_IN, Worlds.ROUTE_OUT};
        int[] subnets = {1, 2, 3, 13, 14};
        for (int i = 0; i < ports.length; i++) {
            String host = i < 3 ? "09" : "02";
            String subnet = String.format("0a00%02x", subnets[i]);
            sluice.receive(ports[i], RawFrames.arp(1, Seeds.HOST, subnet + host, subnet + "01"));
            String v6 = "fd%02d".formatted(subnets[i]) + "0".repeat(26);
            byte[] asked = RawFrames.discovery(135, Seeds.HOST, v6 + host, v6 + "01", v6 + "01");
            sluice.receive(ports[i], RawFrames.withDestination(asked, Worlds.mac(ports[i])));
        }
        sluice.sentAnywhere();
        dropped = dropsSoFar();
    }

    /** What was sent because of the last event. */
    List<Sent> lastSent() {
        return lastSent;
    }

    MemorySwitch sluice() {
        return sluice;
    }

    /** Sum of everything that has been sent and dropped so far. */
    long digest() {
        return trace.getValue();
    }

    /** Lets one thing happen; what is wrong with what the switch did, null if nothing. */
    @Nullable
    String take(Event event) {
        lastSent = List.of();
        try {
            return switch (event) {
                case Event.Frame f -> frame(f);
                case Event.Time t -> {
                    pass(t.ns());
                    yield null;
                }
                case Event.Alive a -> {
                    sluice.liveness().setInstance(a.instance(), a.alive());
                    yield null;
                }
                case Event.Reload _ -> {
                    Snapshot snapshot = Worlds.rich(++generation);
                    sluice.apply(snapshot);
                    nodes = snapshot.attachments();
                    copied = 0;
                    yield null;
                }
                case Event.Quiet _ -> quiet();
            };
        } catch (RuntimeException | AssertionError e) {
            StringWriter words = new StringWriter();
            e.printStackTrace(new PrintWriter(words));
            return "exception: " + words;
        }
    }

    private @Nullable String quiet() {
        for (int i = 0; i < 10; i++) {
            pass(1_000_000_000L);
        }
        int missing = framesInAll - sluice.freeFrames();
        return missing == 0 ? null : missing + " frames leaked";
    }

    private void pass(long ns) {
        sluice.advance(ns);
        dropped = dropsSoFar();
        ownFrames = ownFramesSoFar();
        collect();
    }

    private @Nullable String frame(Event.Frame in) {
        int free = sluice.freeFrames();
        sluice.receive(in.port(), in.frame());
        collect();
        long drops = -dropped + (dropped = dropsSoFar());
        long copies = -copied + (copied = copiesSoFar());
        long made = -ownFrames + (ownFrames = ownFramesSoFar());
        int held = free - sluice.freeFrames();
        long gone = 1 + copies + made - lastSent.size() - drops - held;
        if (gone != 0 && !(gone == 1 && RawFrames.isControl(in.frame().bytes()))) {
            return "1 frame came in, " + copies + " copied, " + made + " made, " + lastSent.size() + " sent, " + drops
                    + " dropped, " + held + " held";
        }
        // A fragment that waited for the first one of its packet leaves together with that.
        int bytesMax = Math.max(heldBytes, in.frame().bytes().length);
        heldBytes = sluice.freeFrames() < framesInAll ? bytesMax : 0;
        for (Sent sent : lastSent) {
            String wrong = check(in, sent, bytesMax);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private static @Nullable String check(Event.Frame in, Sent sent, int bytesMax) {
        int bytes = sent.frame().bytes().length;
        int answer = RawFrames.isIcmpError(sent.frame().bytes()) ? ERROR_BYTES_MAX : ANSWER_BYTES_MAX;
        int most = Math.max(answer, bytesMax + GROWTH_BYTES_MAX);
        if (bytes > most) {
            return "sent " + bytes + " bytes at port " + sent.port();
        }
        boolean fromNode = in.port() == Worlds.SILENT_IN || in.port() == Worlds.SILENT_OUT;
        boolean toPair = sent.port() == Worlds.ONE || sent.port() == Worlds.OTHER;
        if (toPair && !fromNode && RawFrames.isUnicastIp(sent.frame().bytes())) {
            return "bypass: left by port " + sent.port() + " without having been at the node";
        }
        return null;
    }

    private void collect() {
        List<Sent> all = new ArrayList<>();
        for (Map.Entry<Integer, List<MemoryFrame>> port : sluice.sentAnywhere().entrySet()) {
            for (MemoryFrame frame : port.getValue()) {
                all.add(new Sent(port.getKey(), frame));
                trace.update(port.getKey());
                trace.update(frame.bytes());
            }
        }
        lastSent = all;
        trace.update((int) dropped);
    }

    private long dropsSoFar() {
        long all = 0;
        for (DropReason reason : DropReason.values()) {
            all += sluice.datapath().drops().total(reason);
        }
        return all;
    }

    /** Frames that the data path made: errors, and the fragments that a packet became, but for the one that it was. */
    private long ownFramesSoFar() {
        DatapathCounters counters = sluice.datapath().counters();
        return counters.icmpErrors + counters.fragmentsMade - counters.packetsFragmented;
    }

    private long copiesSoFar() {
        long all = 0;
        for (Attachment node : nodes) {
            all += node.counters().copies;
        }
        return all;
    }

    @Override
    public void close() {
        sluice.close();
    }
}
