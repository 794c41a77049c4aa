package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/**
 * An option of a Geneve header as a value; {@link GeneveOptions} on the hot path.
 *
 * @param optionClass 0..65535
 * @param type 0..255, from 128 on critical
 * @param data in hexadecimal digits, lower case: whole words, at most 31
 */
public record GeneveOption(int optionClass, int type, String data) {
    /** Checks the ranges of all fields. */
    public GeneveOption {
        Range.check("option class", optionClass, 16, "RFC 8926 3.5");
        Range.check("option type", type, 8, "RFC 8926 3.5");
        int bytes = Range.hexBytes("option data", data);
        if ((bytes & 3) != 0 || bytes > GeneveOptions.DATA_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "option data of " + bytes + " bytes are no multiple of 4 in 0..124 (RFC 8926 3.5)");
        }
    }

    /** Reads the option at {@code option}, whose list has passed {@link GeneveOptions#check}. */
    public static GeneveOption read(MemorySegment f, long option) {
        return new GeneveOption(
                GeneveOptions.optionClass(f, option),
                GeneveOptions.type(f, option),
                Range.hex(f, GeneveOptions.data(option), GeneveOptions.dataBytes(f, option)));
    }

    /** Class and type. */
    public int kind() {
        return optionClass << 8 | type;
    }

    /** Whether an endpoint that does not know this option has to drop the packet. */
    public boolean isCritical() {
        return (type & GeneveOptions.CRITICAL) != 0;
    }

    /** Length with class, type and length, in bytes. */
    public int optionBytes() {
        return GeneveOptions.BYTES + data.length() / 2;
    }

    /** Writes the option; returns its length in bytes. */
    public int write(MemorySegment f, long option) {
        byte[] bytes = HexFormat.of().parseHex(data);
        MemorySegment.copy(bytes, 0, f, Layouts.U8, GeneveOptions.write(f, option, kind(), bytes.length), bytes.length);
        return optionBytes();
    }
}
