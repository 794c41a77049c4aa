package dev.sluice.lab;

/**
 * A paced, bounded stream of packets (UDP) or records (TCP, one write each) with ids.
 *
 * @param protocol what carries it
 * @param address the receiver's address as the sender knows it
 * @param port the receiver's port
 * @param ratePerSecond packets sent in a second, 1 to 100,000
 * @param count packets sent at most, 1 to 10,000,000
 * @param timeLimitMs the sender stops after this time, 1 to 600,000
 * @param payloadBytes size of each, 16 to 1,400
 * @param replies whether the receiver answers each packet with one that carries the same id, marked as a reply
 */
public record TrafficPlan(
        Protocol protocol,
        String address,
        int port,
        int ratePerSecond,
        long count,
        long timeLimitMs,
        int payloadBytes,
        boolean replies) {
    /** The carriers. */
    public enum Protocol {
        /** One datagram for each packet. */
        UDP,
        /** One connection, one write for each record. */
        TCP
    }

    /** Refuses what is not bounded. */
    public TrafficPlan {
        check("port", port, 1, 65_535);
        check("ratePerSecond", ratePerSecond, 1, 100_000);
        check("count", count, 1, 10_000_000);
        check("timeLimitMs", timeLimitMs, 1, 600_000);
        check("payloadBytes", payloadBytes, IdPayload.HEADER_BYTES, 1_400);
    }

    /** So many packets of UDP at 2,000 a second, 200 bytes each, without replies, given up after 60 s. */
    public static TrafficPlan udp(String address, int port, long count) {
        return new TrafficPlan(Protocol.UDP, address, port, 2_000, count, 60_000, 200, false);
    }

    /** The same over TCP. */
    public static TrafficPlan tcp(String address, int port, long count) {
        return new TrafficPlan(Protocol.TCP, address, port, 2_000, count, 60_000, 200, false);
    }

    /** This with answers. */
    public TrafficPlan withReplies() {
        return new TrafficPlan(protocol, address, port, ratePerSecond, count, timeLimitMs, payloadBytes, true);
    }

    /** This at another rate. */
    public TrafficPlan withRate(int packetsPerSecond) {
        return new TrafficPlan(protocol, address, port, packetsPerSecond, count, timeLimitMs, payloadBytes, replies);
    }

    /** This with another time limit. */
    public TrafficPlan withTimeLimitMs(long limitMs) {
        return new TrafficPlan(protocol, address, port, ratePerSecond, count, limitMs, payloadBytes, replies);
    }

    private static void check(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new LabException("traffic plan: " + field + " " + value + " is outside " + least + ".." + most);
        }
    }
}
