package dev.sluice.sdk.example;

import dev.sluice.sdk.Samples;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.NshContextHeader;
import dev.sluice.wire.NshHeader;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;

/**
 * Packets as a switch sends them, which a node that searches for {@link #SIGNATURE} and clears flows after {@link #CLEAR_AFTER_BYTES} has to answer in one way only. Printed
 * in docs/reference/aware-nodes.md; nodes in any language are held against them.
 */
final class Vectors {
    static final String SIGNATURE = "EVIL";
    static final int CLEAR_AFTER_BYTES = 20;

    private Vectors() {}

    /** To be passed. */
    static byte[] harmless() {
        return packet(0x11, "hello");
    }

    /** To be passed, and the flow to be accepted. */
    static byte[] longEnough() {
        return packet(0x12, "twenty bytes of data");
    }

    /** To be dropped, and the flow too. */
    static byte[] bad() {
        return packet(0x13, "so EVIL");
    }

    private static byte[] packet(long flow, String data) {
        byte[] frame = Samples.udp(Samples.CLIENT, Samples.SERVER, 1024, 5000, Samples.bytes(data));
        List<NshContextHeader> contexts = List.of(
                NshContextHeader.of32(NshContext.TENANT, 7),
                NshContextHeader.of32(NshContext.INGRESS_NODE, 3),
                NshContextHeader.of64(NshContext.FLOW_ID, flow),
                NshContextHeader.sluice(0, 3000, 0, 0));
        return Samples.datagram(Samples.geneve(), Samples.nsh(3, contexts), frame);
    }

    /** The packet as the reference page shows it, one header a line. */
    static String shown(byte[] packet) {
        MemorySegment f = MemorySegment.ofArray(packet);
        StringBuilder text = new StringBuilder();
        int nsh = Samples.nshOffset(packet);
        NshHeader header = Samples.nshOf(packet);
        line(text, packet, 0, 8, "Geneve: NSH follows, VNI " + Samples.SVNI);
        line(
                text,
                packet,
                nsh,
                4,
                "NSH: " + (header.oam() ? "O, " : "") + "TTL " + header.ttl() + ", " + header.headerBytes() / 4
                        + " words, metadata type 2, "
                        + (header.nextProtocol() == 0 ? "nothing follows" : "Ethernet follows"));
        line(text, packet, nsh + 4, 4, "SPI 0x" + Integer.toHexString(header.spi()) + ", SI " + header.si());
        long end = NshContext.end(f, nsh);
        for (long at = NshContext.first(f, nsh); at < end; at = NshContext.next(f, at)) {
            line(text, packet, (int) at, (int) (NshContext.next(f, at) - at), name(f, at));
        }
        int frame = (int) end;
        if (frame < packet.length) {
            line(text, packet, frame, 14, "Ethernet");
            line(text, packet, frame + 14, 20, "IPv4");
            line(text, packet, frame + 34, 8, "UDP");
            line(text, packet, frame + 42, packet.length - frame - 42, "data");
        }
        return text.toString();
    }

    private static String name(MemorySegment f, long at) {
        long value = NshContext.value(at);
        return switch (NshContext.kind(f, at)) {
            case NshContext.TENANT -> "tenant " + NshContext.number(f, at);
            case NshContext.INGRESS_NODE -> "came in at node " + NshContext.number(f, at);
            case NshContext.FLOW_ID -> "flow 0x" + Long.toHexString(NshContext.number(f, at));
            default ->
                "Sluice: flags 0x" + Integer.toHexString(Layouts.u8(f, value + 1)) + ", chain "
                        + SluiceContext.chainTag(f, value) + ", action " + SluiceContext.action(f, value);
        };
    }

    private static void line(StringBuilder text, byte[] packet, int from, int bytes, String what) {
        String hex = HexFormat.of().formatHex(packet, from, from + bytes);
        text.append(String.format("%-57s %s%n", hex.replaceAll("(.{8})(?!$)", "$1 "), what));
    }
}
