package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a host of a scenario sends, with everything that can be odd about it. Mutable; {@link #bytes} builds the frame. */
final class Packet {
    long destinationMac;
    long sourceMac;
    List<Integer> tags = new ArrayList<>();
    IpAddress source = IpAddress.ANY_V4;
    IpAddress destination = IpAddress.ANY_V4;
    int protocol = 17;
    int sourcePort;
    int destinationPort;
    int tcpFlags;
    int icmpType;
    int ttl = 64;
    int dscp;
    int fragmentOffset;
    boolean moreFragments;
    boolean dontFragment;
    byte[] options = new byte[0];

    /** Extension headers: type and content behind the two bytes of next header and length. */
    List<byte[]> extensions = new ArrayList<>();

    List<Integer> extensionTypes = new ArrayList<>();
    byte[] payload = new byte[0];
    byte[] padding = new byte[0];

    boolean isFragment() {
        return fragmentOffset > 0 || moreFragments;
    }

    /** Adds an extension header whose length is a multiple of 8. */
    void extension(int type, byte[] content) {
        extensionTypes.add(type);
        extensions.add(content);
    }

    /** Adds a fragment header that does not fragment. */
    void atomicFragment() {
        extension(44, new byte[] {0, 0, 0, 0, 7, 7});
    }

    /** Number that the fragments of a datagram share. */
    int identification = 77;

    /** What is behind the network header, instead of transport header and payload. */
    byte @Nullable [] slice;

    byte[] bytes() {
        byte[] upper = slice != null ? slice : fragmentOffset > 0 ? payload : transport();
        if (moreFragments && upper.length % 8 != 0) {
            upper = java.util.Arrays.copyOf(upper, upper.length + 8 - upper.length % 8);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, destinationMac, 6);
        Bytes.write(out, sourceMac, 6);
        tags.forEach(tag -> Bytes.write(out, tag, 4));
        Bytes.write(out, source.isIpv4() ? 0x0800 : 0x86dd, 2);
        out.writeBytes(source.isIpv4() ? ipv4(upper) : ipv6(upper));
        out.writeBytes(padding);
        return out.toByteArray();
    }

    private byte[] ipv4(byte[] upper) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int header = 20 + options.length;
        Bytes.write(out, 0x40 | header / 4, 1);
        Bytes.write(out, dscp << 2, 1);
        Bytes.write(out, header + upper.length, 2);
        Bytes.write(out, identification, 2);
        Bytes.write(out, (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | fragmentOffset / 8, 2);
        Bytes.write(out, ttl, 1);
        Bytes.write(out, protocol, 1);
        Bytes.write(out, 0, 2);
        out.writeBytes(Bytes.of(source));
        out.writeBytes(Bytes.of(destination));
        out.writeBytes(options);
        out.writeBytes(upper);
        byte[] packet = out.toByteArray();
        fixIpv4Checksum(packet, 0);
        return packet;
    }

    static void fixIpv4Checksum(byte[] bytes, int at) {
        int header = (bytes[at] & 0xf) * 4;
        if (at + header > bytes.length || header < 20) {
            return;
        }
        bytes[at + 10] = 0;
        bytes[at + 11] = 0;
        int checksum = 0xffff - Bytes.sum(bytes, at, header, 0);
        bytes[at + 10] = (byte) (checksum >>> 8);
        bytes[at + 11] = (byte) checksum;
    }

    private byte[] ipv6(byte[] upper) {
        List<Integer> types = new ArrayList<>(extensionTypes);
        List<byte[]> contents = new ArrayList<>(extensions);
        if (isFragment()) {
            int word = fragmentOffset | (moreFragments ? 1 : 0);
            types.add(44);
            byte[] content = {(byte) (word >>> 8), (byte) word, 0, 7, 0, (byte) identification};
            contents.add(content);
        }
        types.add(protocol);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        for (int i = 0; i < contents.size(); i++) {
            int bytes = contents.get(i).length + 2;
            rest.write(types.get(i + 1));
            rest.write(types.get(i) == 44 ? 0 : types.get(i) == 51 ? bytes / 4 - 2 : bytes / 8 - 1);
            rest.writeBytes(contents.get(i));
        }
        rest.writeBytes(upper);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, 6L << 28 | (long) dscp << 22, 4);
        Bytes.write(out, rest.size(), 2);
        Bytes.write(out, types.getFirst(), 1);
        Bytes.write(out, ttl, 1);
        out.writeBytes(Bytes.of(source));
        out.writeBytes(Bytes.of(destination));
        out.writeBytes(rest.toByteArray());
        return out.toByteArray();
    }

    byte[] transport() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (protocol) {
            case 6 -> {
                ports(out);
                Bytes.write(out, 1000, 4);
                Bytes.write(out, 2000, 4);
                Bytes.write(out, 0x50, 1);
                Bytes.write(out, tcpFlags, 1);
                Bytes.write(out, 0xffff_0000_0000L, 6);
            }
            case 17 -> {
                ports(out);
                Bytes.write(out, 8 + payload.length, 2);
                Bytes.write(out, 0, 2);
            }
            case 132 -> {
                ports(out);
                Bytes.write(out, 0, 8);
            }
            case 1, 58 -> {
                Bytes.write(out, icmpType, 1);
                Bytes.write(out, 0, 3);
                Bytes.write(out, sourcePort, 2);
                Bytes.write(out, 1, 2);
            }
            case 47 -> Bytes.write(out, 0x0000_0800, 4);
            default -> {
                // Nothing known of it.
            }
        }
        out.writeBytes(payload);
        byte[] upper = out.toByteArray();
        if (protocol == 1 || protocol == 58) {
            long pseudo = source.isIpv4() ? 0 : Bytes.pseudoSum6(source, destination, upper.length);
            int checksum = 0xffff - Bytes.sum(upper, 0, upper.length, pseudo);
            upper[2] = (byte) (checksum >>> 8);
            upper[3] = (byte) checksum;
        }
        return upper;
    }

    private void ports(ByteArrayOutputStream out) {
        Bytes.write(out, sourcePort, 2);
        Bytes.write(out, destinationPort, 2);
    }
}
