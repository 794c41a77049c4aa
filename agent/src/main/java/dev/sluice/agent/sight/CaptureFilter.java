package dev.sluice.agent.sight;

import dev.sluice.wire.IpAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which frames a capture takes.
 *
 * @param stage where; empty: at all of them
 * @param port index of the port at which the frame comes in or goes out, empty for any
 * @param address source or destination of the packet as it is at that stage, empty for any
 * @param portNumber source or destination port, likewise
 */
record CaptureFilter(Optional<Stage> stage, OptionalInt port, Optional<IpAddress> address, OptionalInt portNumber) {
    /** Where a frame is on its way. */
    enum Stage {
        /** Came in by a port. */
        IN,
        /** Leaves by a port that is no service port, or answers a neighbour. */
        OUT,
        /** Goes into a service node, or is a copy for one. */
        STEERED,
        /** Came back from a service node and belongs to a flow; without the node's tags. */
        RETURNED,
        /** Is dropped. */
        DROPPED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    boolean takes(Stage at, int atPort) {
        return (stage.isEmpty() || stage.get() == at) && (port.isEmpty() || port.getAsInt() == atPort);
    }

    /** Whether the addresses and ports of a frame are those asked for; reads what is there, however short it is. */
    boolean takes(byte[] frame) {
        if (address.isEmpty() && portNumber.isEmpty()) {
            return true;
        }
        int at = 12;
        int type = u16(frame, at);
        while (type == 0x8100 || type == 0x88a8) {
            at += 4;
            type = u16(frame, at);
        }
        at += 2;
        if (type == IPV4) {
            boolean first = (u16(frame, at + 6) & 0x1fff) == 0;
            return hasAddress(
                            IpAddress.IPV4_MAPPED | u32(frame, at + 12),
                            0,
                            IpAddress.IPV4_MAPPED | u32(frame, at + 16),
                            0)
                    && hasPort(frame, u8(frame, at + 9), first ? at + (u8(frame, at) & 15) * 4 : frame.length);
        }
        return type == IPV6
                && hasAddress(u64(frame, at + 16), u64(frame, at + 8), u64(frame, at + 32), u64(frame, at + 24))
                && hasPort(frame, u8(frame, at + 6), at + 40);
    }

    private boolean hasAddress(long sourceLo, long sourceHi, long destinationLo, long destinationHi) {
        return address.isEmpty()
                || (address.get().lo() == sourceLo && address.get().hi() == sourceHi)
                || (address.get().lo() == destinationLo && address.get().hi() == destinationHi);
    }

    private boolean hasPort(byte[] frame, int protocol, int at) {
        boolean hasPorts = protocol == TCP || protocol == UDP || protocol == SCTP;
        return portNumber.isEmpty()
                || (hasPorts
                        && at + 4 <= frame.length
                        && (u16(frame, at) == portNumber.getAsInt() || u16(frame, at + 2) == portNumber.getAsInt()));
    }

    private static int u8(byte[] frame, int at) {
        return at < frame.length ? frame[at] & 0xff : 0;
    }

    private static int u16(byte[] frame, int at) {
        return (u8(frame, at) << 8) | u8(frame, at + 1);
    }

    private static long u32(byte[] frame, int at) {
        return ((long) u16(frame, at) << 16) | u16(frame, at + 2);
    }

    private static long u64(byte[] frame, int at) {
        return (u32(frame, at) << 32) | u32(frame, at + 4);
    }
}
