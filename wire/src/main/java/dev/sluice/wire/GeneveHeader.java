package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A Geneve header with its options as a value, for control code and tests; {@link Geneve} on the hot path.
 *
 * @param control bit O: a message between tunnel endpoints
 * @param protocol Ethernet type of the payload, 0..65535
 * @param vni virtual network identifier, 24 bits
 * @param options in the order in which they stand, at most 252 bytes; bit C follows from them
 */
public record GeneveHeader(boolean control, int protocol, int vni, List<GeneveOption> options) implements TunnelHeader {
    /** Checks the ranges of all fields. */
    public GeneveHeader {
        Range.check("protocol", protocol, 16, "RFC 8926 3.4");
        Range.check("VNI", vni, 24, "RFC 8926 3.4");
        options = List.copyOf(options);
        int bytes = optionBytes(options);
        if (bytes > Geneve.OPTION_BYTES_MAX) {
            throw new IllegalArgumentException("options of " + bytes + " bytes are outside 0..252 (RFC 8926 3.4)");
        }
    }

    private static int optionBytes(List<GeneveOption> options) {
        return options.stream().mapToInt(GeneveOption::optionBytes).sum();
    }

    /** Reads the header at {@code base}, which has passed {@link Geneve#check} and {@link GeneveOptions#check}. */
    public static GeneveHeader read(MemorySegment f, long base) {
        List<GeneveOption> options = new ArrayList<>();
        long end = GeneveOptions.end(f, base);
        for (long at = GeneveOptions.first(base); at < end; at = GeneveOptions.next(f, at)) {
            options.add(GeneveOption.read(f, at));
        }
        return new GeneveHeader(Geneve.isControl(f, base), Geneve.protocol(f, base), Geneve.vni(f, base), options);
    }

    @Override
    public int port() {
        return Geneve.PORT;
    }

    @Override
    public int payloadType() {
        return protocol;
    }

    @Override
    public int headerBytes() {
        return Geneve.BYTES + optionBytes(options);
    }

    @Override
    public int write(MemorySegment f, long base) {
        boolean critical = options.stream().anyMatch(GeneveOption::isCritical);
        Geneve.write(f, base, optionBytes(options), control, critical, protocol, vni);
        long at = GeneveOptions.first(base);
        for (GeneveOption option : options) {
            at += option.write(f, at);
        }
        return headerBytes();
    }
}
