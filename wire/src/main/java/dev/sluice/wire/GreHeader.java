package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * A GRE header without checksum as a value, for control code and tests; {@link Gre} on the hot path.
 *
 * @param protocol Ethernet type of the payload, 0..65535
 * @param key 0..2^32-1, or -1 for none
 * @param sequence 0..2^32-1, or -1 for none
 */
public record GreHeader(int protocol, long key, long sequence) implements TunnelHeader {
    /** Checks the ranges of all fields. */
    public GreHeader {
        Range.check("protocol", protocol, 16, "RFC 2784 2.4");
        if (key != -1) {
            Range.check("key", key, 32, "RFC 2890 2.1");
        }
        if (sequence != -1) {
            Range.check("sequence", sequence, 32, "RFC 2890 2.2");
        }
    }

    /** Reads the header at {@code base}, which has passed {@link Gre#check}. */
    public static GreHeader read(MemorySegment f, long base) {
        return new GreHeader(Gre.protocol(f, base), Gre.key(f, base), Gre.sequence(f, base));
    }

    @Override
    public int port() {
        return 0;
    }

    @Override
    public int ipProtocol() {
        return IpProtocols.GRE;
    }

    @Override
    public int payloadType() {
        return protocol;
    }

    @Override
    public int headerBytes() {
        return Gre.headerBytes((key >= 0 ? Gre.KEY : 0) | (sequence >= 0 ? Gre.SEQUENCE : 0));
    }

    @Override
    public int write(MemorySegment f, long base) {
        return Gre.write(f, base, protocol, key, sequence);
    }
}
