package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import org.jspecify.annotations.Nullable;

/** A packet on its way, and where it stands. */
final class Trip {
    final ModelFrame frame;

    /** Port on which drops are counted. */
    final int cameFrom;

    /** Whether no frame is free for copies while it is under way. */
    final boolean scarce;

    int port;
    int router = -1;
    int mark = -1;
    int egress = -1;
    int crossings;

    /** It is an error, and its record is that of the flow it is about. */
    boolean follows;

    /** The hop of the record's path that it came back from, if by then it was at one that translates; else -1. */
    int backFrom = -1;

    /** What is to happen when a first fragment has gone its way. */
    Runnable names = () -> {};

    int direction;

    @Nullable
    ModelRecord record;

    Trip(ModelFrame frame, int port, boolean scarce) {
        this.frame = frame;
        this.port = port;
        this.cameFrom = port;
        this.scarce = scarce;
    }

    ModelRecord.Key key() {
        return new ModelRecord.Key(
                router,
                frame.vlan(0),
                frame.vlan(1),
                frame.protocol,
                frame.source,
                frame.sourcePort,
                frame.destination,
                frame.destinationPort);
    }

    ModelRecord decided() {
        if (record == null) {
            throw new IllegalStateException("no record decided on this packet");
        }
        return record;
    }

    /** Address of a neighbour that the destination itself is. */
    IpAddress destination() {
        return frame.destination;
    }
}
