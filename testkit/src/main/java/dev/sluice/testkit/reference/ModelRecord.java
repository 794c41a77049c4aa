package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection: what the model knows of one flow at one rule. */
final class ModelRecord {
    /** What a flow is known by, in the direction of the packet it was made for. */
    record Key(
            int router,
            int outerVlan,
            int innerVlan,
            int protocol,
            IpAddress source,
            int sourcePort,
            IpAddress destination,
            int destinationPort) {
        /** The key of the opposite direction. */
        @SuppressWarnings("ArgumentSelectionDefectChecker") // they change places: that is what it is for
        Key turned() {
            return new Key(router, outerVlan, innerVlan, protocol, destination, destinationPort, source, sourcePort);
        }
    }

    /** Ethernet addresses to restore. */
    record Macs(long source, long destination) {}

    final Key key;
    int ruleId;
    int targetId;

    /** 0: no service. */
    int pathId;

    int configGeneration;
    int livenessGeneration;
    boolean oneDirection;

    /** What it was made with, and the port at which the forward side came in, -1 if not known. */
    ModelAttributes.Values attributes = ModelAttributes.Values.NONE;

    int forwardPort = -1;
    boolean translated;
    String tcp = "NONE";
    boolean halfOpen = true;
    final long[] seenMs = new long[2];
    final int[] packets = new int[2];

    /** Port chosen for each direction, -1 none. */
    final int[] chosenPort = {-1, -1};

    final @Nullable Macs[] macs = new Macs[2];

    /** The same flow before or behind a node that translates. */
    @Nullable
    ModelRecord linked;

    boolean removed;

    /** Hops that packets of each direction leave out. */
    final List<Set<Integer>> skipped = new ArrayList<>(List.of(Set.of(), Set.of()));

    /** Its first packet was TCP with ACK and without SYN and RST: of those that may be evicted it is one of the last. */
    boolean metInTheMiddle;

    /** A newer record decides; this one only explains packets that are under way on its path. */
    boolean superseded;

    /** Nobody goes its path yet: packets that are inside nodes might be taken for others. */
    boolean waits;

    /** It waits for packets of a record that is forgotten. */
    boolean waitsForAnother;

    /** Its path was another one before. */
    boolean moved;

    /** Directions of which packets may be inside nodes that had less of its path than lies before them. */
    final Set<Integer> partial = new HashSet<>();

    /** When it became one of those that may be evicted, as a number that grows. */
    long evictableSince;

    ModelRecord(Key key, long nowMs) {
        this.key = key;
        Arrays.fill(seenMs, nowMs);
    }

    boolean concerns(Key packet) {
        return key.equals(packet) || key.equals(packet.turned());
    }

    int directionOf(Key packet) {
        return key.equals(packet) ? 0 : 1;
    }

    boolean isTcp() {
        return key.protocol == 6;
    }

    /** Over: an RST or both FINs. */
    boolean isClosing() {
        return tcp.equals("CLOSING") || tcp.equals("CLOSED") || tcp.startsWith("RESET");
    }

    /** The table in the comment of TcpState. */
    void onTcp(int direction, int flags) {
        boolean fin = (flags & 1) != 0;
        boolean syn = (flags & 2) != 0;
        boolean ack = (flags & 16) != 0;
        String before = tcp;
        boolean establishes = false;
        metInTheMiddle |= tcp.equals("NONE") && ack && !syn && (flags & 4) == 0 && halfOpen;
        if ((flags & 4) != 0) {
            boolean agreed = tcp.equals("ESTABLISHED") || tcp.startsWith("FIN_") || tcp.startsWith("RESET");
            tcp = !agreed ? "CLOSED" : direction == 0 ? "RESET_FORWARD" : "RESET_REVERSE";
        } else if (tcp.equals("NONE")) {
            tcp = syn && !ack && direction == 0
                    ? "SYN_SENT"
                    : direction == 0 ? "PICKED_UP_FORWARD" : "PICKED_UP_REVERSE";
        } else if (tcp.startsWith("PICKED_UP")) {
            int seenFirst = tcp.equals("PICKED_UP_FORWARD") ? 0 : 1;
            establishes = direction != seenFirst ? !syn || ack : oneDirection && ack && !syn;
        } else if (tcp.equals("SYN_SENT")) {
            if (direction == 1 && syn) {
                tcp = "SYN_RECEIVED";
            } else {
                establishes = direction == 0 && ack && !syn && oneDirection;
            }
        } else if (tcp.equals("SYN_RECEIVED")) {
            establishes = direction == 0 && ack && !syn;
        } else if (tcp.equals("ESTABLISHED")) {
            establishes = true;
        } else if (tcp.startsWith("RESET")) {
            establishes = ack && !syn && tcp.equals(direction == 0 ? "RESET_FORWARD" : "RESET_REVERSE");
        } else if (fin && tcp.equals(direction == 1 ? "FIN_FORWARD" : "FIN_REVERSE")) {
            tcp = "CLOSING";
        }
        if (establishes) {
            tcp = !fin ? "ESTABLISHED" : direction == 0 ? "FIN_FORWARD" : "FIN_REVERSE";
        }
        if (!tcp.equals(before) && (tcp.equals("ESTABLISHED") || tcp.startsWith("FIN_"))) {
            halfOpen = false;
        }
    }

    /** One packet of a direction. */
    void count(int direction, long nowMs) {
        seenMs[direction] = nowMs;
        packets[direction]++;
        if (!isTcp() && packets[0] > 0 && packets[1] > 0) {
            halfOpen = false;
        }
    }
}
