package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A network service header with its context as a value, for control code and tests; {@link Nsh} on the hot path.
 *
 * @param oam bit O: for operation and maintenance (RFC 9451)
 * @param ttl time to live, 0..63
 * @param nextProtocol what follows, 0..255
 * @param spi service path identifier, 24 bits
 * @param si service index, 0..255
 * @param metadata what the context headers hold
 */
public record NshHeader(boolean oam, int ttl, int nextProtocol, int spi, int si, Metadata metadata)
        implements OverlayHeader {
    /** Context of one of the two types of metadata. */
    public sealed interface Metadata {
        /** Metadata type of the base header. */
        int mdType();

        /** Length in bytes. */
        int metadataBytes();
    }

    /**
     * Metadata type 1.
     *
     * @param data 16 bytes in hexadecimal digits, lower case
     */
    public record Fixed(String data) implements Metadata {
        /** Checks the length. */
        public Fixed {
            int bytes = Range.hexBytes("fixed context", data);
            if (bytes != Nsh.FIXED_BYTES - Nsh.BYTES) {
                throw new IllegalArgumentException("fixed context of " + bytes + " bytes is not 16 (RFC 8300 2.4)");
            }
        }

        @Override
        public int mdType() {
            return Nsh.MD_FIXED;
        }

        @Override
        public int metadataBytes() {
            return Nsh.FIXED_BYTES - Nsh.BYTES;
        }
    }

    /**
     * Metadata type 2.
     *
     * @param contexts in the order in which they stand, at most 244 bytes
     */
    public record Variable(List<NshContextHeader> contexts) implements Metadata {
        /** Checks the length. */
        public Variable {
            contexts = List.copyOf(contexts);
            int bytes = sum(contexts);
            if (bytes > Nsh.BYTES_MAX - Nsh.BYTES) {
                throw new IllegalArgumentException(
                        "context headers of " + bytes + " bytes are outside 0..244 (RFC 8300 2.2)");
            }
        }

        private static int sum(List<NshContextHeader> contexts) {
            return contexts.stream().mapToInt(NshContextHeader::contextBytes).sum();
        }

        @Override
        public int mdType() {
            return Nsh.MD_VARIABLE;
        }

        @Override
        public int metadataBytes() {
            return sum(contexts);
        }
    }

    /** Checks the ranges of all fields. */
    public NshHeader {
        Range.check("TTL", ttl, 6, "RFC 8300 2.2");
        Range.check("next protocol", nextProtocol, 8, "RFC 8300 2.2");
        Range.check("SPI", spi, 24, "RFC 8300 2.3");
        Range.check("SI", si, 8, "RFC 8300 2.3");
    }

    /** Reads the header at {@code base}, which has passed {@link Nsh#check} and {@link NshContext#check}. */
    public static NshHeader read(MemorySegment f, long base) {
        return new NshHeader(
                Nsh.isOam(f, base),
                Nsh.ttl(f, base),
                Nsh.nextProtocol(f, base),
                Nsh.spi(f, base),
                Nsh.si(f, base),
                metadata(f, base));
    }

    private static Metadata metadata(MemorySegment f, long base) {
        if (Nsh.mdType(f, base) == Nsh.MD_FIXED) {
            return new Fixed(Range.hex(f, base + Nsh.BYTES, Nsh.FIXED_BYTES - Nsh.BYTES));
        }
        List<NshContextHeader> contexts = new ArrayList<>();
        long end = NshContext.end(f, base);
        for (long at = NshContext.first(f, base); at < end; at = NshContext.next(f, at)) {
            contexts.add(NshContextHeader.read(f, at));
        }
        return new Variable(contexts);
    }

    @Override
    public int ownType() {
        return EtherTypes.NSH;
    }

    @Override
    public int payloadType() {
        return Nsh.etherTypeOf(nextProtocol);
    }

    @Override
    public int headerBytes() {
        return Nsh.BYTES + metadata.metadataBytes();
    }

    @Override
    public int write(MemorySegment f, long base) {
        Nsh.write(f, base, headerBytes(), metadata.mdType(), oam, ttl, nextProtocol, spi, si);
        switch (metadata) {
            case Fixed fixed -> {
                byte[] bytes = HexFormat.of().parseHex(fixed.data);
                MemorySegment.copy(bytes, 0, f, Layouts.U8, base + Nsh.BYTES, bytes.length);
            }
            case Variable variable -> {
                long at = base + Nsh.BYTES;
                for (NshContextHeader context : variable.contexts) {
                    at += context.write(f, at);
                }
            }
        }
        return headerBytes();
    }
}
