package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/**
 * A context header of NSH metadata type 2 as a value; {@link NshContext} on the hot path.
 *
 * @param mdClass 0..65535
 * @param type 0..255
 * @param value in hexadecimal digits, lower case: at most 127 bytes
 */
public record NshContextHeader(int mdClass, int type, String value) {
    /** Checks the ranges of all fields. */
    public NshContextHeader {
        Range.check("metadata class", mdClass, 16, "RFC 8300 2.5.1");
        Range.check("metadata type", type, 8, "RFC 8300 2.5.1");
        int bytes = Range.hexBytes("metadata", value);
        Range.check("length of metadata", bytes, 7, "RFC 8300 2.5.1");
    }

    /** Four bytes of metadata under a kind of {@link NshContext}, as Sluice sends all identifiers but that of the flow. */
    public static NshContextHeader of32(int kind, int value) {
        return new NshContextHeader(kind >>> 8, kind & 0xff, HexFormat.of().toHexDigits(value));
    }

    /** Eight bytes of metadata under a kind of {@link NshContext}. */
    public static NshContextHeader of64(int kind, long value) {
        return new NshContextHeader(kind >>> 8, kind & 0xff, HexFormat.of().toHexDigits(value));
    }

    /** Groups of source and destination; 0 for one that is not known. */
    public static NshContextHeader groups(int source, int destination) {
        return of64(NshContext.GROUPS, (long) source << 32 | (destination & 0xffff_ffffL));
    }

    /** The context header of Sluice, see {@link SluiceContext}. */
    public static NshContextHeader sluice(int flags, int chainTag, int programTag, long traceId) {
        MemorySegment value = MemorySegment.ofArray(new byte[SluiceContext.BYTES]);
        SluiceContext.write(value, 0, flags, chainTag, programTag, traceId);
        return new NshContextHeader(
                NshContext.SLUICE_CLASS, NshContext.SLUICE & 0xff, Range.hex(value, 0, SluiceContext.BYTES));
    }

    /** Reads the context header at {@code context}, whose list has passed {@link NshContext#check}. */
    public static NshContextHeader read(MemorySegment f, long context) {
        return new NshContextHeader(
                NshContext.mdClass(f, context),
                NshContext.type(f, context),
                Range.hex(f, NshContext.value(context), NshContext.valueBytes(f, context)));
    }

    /** Class and type. */
    public int kind() {
        return mdClass << 8 | type;
    }

    /** Length with class, type, length and padding, in bytes. */
    public int contextBytes() {
        return NshContext.paddedBytes(value.length() / 2);
    }

    /** Writes the context header; returns its length in bytes. */
    public int write(MemorySegment f, long context) {
        byte[] bytes = HexFormat.of().parseHex(value);
        MemorySegment.copy(bytes, 0, f, Layouts.U8, NshContext.write(f, context, kind(), bytes.length), bytes.length);
        return contextBytes();
    }
}
