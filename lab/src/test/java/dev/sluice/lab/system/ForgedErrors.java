package dev.sluice.lab.system;

import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import dev.sluice.wire.MacAddress;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Errors of ICMP and ICMPv6 that nobody had reason to send (RFC 792, RFC 4443, RFC 5927), as frames with sound checksums. Each quotes a payload id behind the transport header. One user: the test.
 */
final class ForgedErrors {
    /** A message: type, code, and the four bytes before what is quoted (the MTU is in them, or an address). */
    record Message(int type, int code, int rest) {}

    /**
     * The packet that an error pretends to be about.
     *
     * @param source its source
     * @param destination its destination
     * @param protocol 6 or 17
     * @param sourcePort its source port
     * @param destinationPort its destination port
     * @param sequence the first four bytes behind the ports
     */
    record Quoted(String source, String destination, int protocol, int sourcePort, int destinationPort, int sequence) {
        Quoted ports(int newSourcePort, int newDestinationPort) {
            return new Quoted(source, destination, protocol, newSourcePort, newDestinationPort, sequence);
        }

        Quoted protocol(int newProtocol) {
            return new Quoted(source, destination, newProtocol, sourcePort, destinationPort, sequence);
        }

        @SuppressWarnings("ArgumentSelectionDefectChecker") // That is what it is for.
        Quoted turned() {
            return new Quoted(destination, source, protocol, destinationPort, sourcePort, sequence);
        }

        Quoted from(String newSource) {
            return new Quoted(newSource, destination, protocol, sourcePort, destinationPort, sequence);
        }
    }

    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;

    /** All kinds that the RFCs name, with each lie about an MTU that has hurt somebody. */
    static List<Message> messages(boolean v4) {
        List<Message> all = new ArrayList<>();
        int[] mtus = {0, 1, 68, 552, 1279, 1280, 1499, 1500, 65_535};
        for (int mtu : mtus) {
            all.add(v4 ? new Message(3, 4, mtu) : new Message(2, 0, mtu));
        }
        for (int code = 0; code <= (v4 ? 15 : 7); code++) {
            all.add(new Message(v4 ? 3 : 1, v4 && code == 4 ? 16 : code, 0));
        }
        for (int code = 0; code < 3; code++) {
            all.add(new Message(v4 ? 11 : 3, code, 0));
            all.add(new Message(v4 ? 12 : 4, code, v4 ? 0x1400_0000 : 6));
        }
        if (v4) {
            // Source quench (RFC 6633), redirects to a gateway of the liar.
            all.add(new Message(4, 0, 0));
            all.add(new Message(5, 0, 0x0a01_0042));
            all.add(new Message(5, 1, 0x0a01_0042));
        } else {
            all.add(new Message(100, 0, 0));
            all.add(new Message(127, 0, 0));
        }
        return all;
    }

    private ForgedErrors() {}

    /** A frame from one host to another that carries a message about a packet, whose payload has an id. */
    static byte[] frame(String fromMac, String toMac, String from, String to, Message message, byte[] quote) {
        byte[] source = address(from);
        byte[] destination = address(to);
        boolean v4 = source.length == 4;
        ByteBuffer icmp = ByteBuffer.allocate(8 + quote.length);
        icmp.put((byte) message.type).put((byte) message.code).putShort((short) 0);
        icmp.putInt(message.rest).put(quote);
        int sum = v4 ? 0 : ICMPV6 + icmp.capacity() + sum(source, 16) + sum(destination, 16);
        icmp.putShort(2, checksum(sum + sum(icmp.array(), icmp.capacity())));
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(mac(toMac));
        frame.writeBytes(mac(fromMac));
        frame.writeBytes(new byte[] {(byte) (v4 ? 0x08 : 0x86), (byte) (v4 ? 0x00 : 0xdd)});
        frame.writeBytes(header(source, destination, v4 ? ICMP : ICMPV6, icmp.capacity()));
        frame.writeBytes(icmp.array());
        return frame.toByteArray();
    }

    /** The first bytes of a packet, with an id behind its transport header. */
    static byte[] quote(Quoted packet, long id) {
        // Nodes that translate mend the quoted checksum of TCP, if there is one.
        int transport = packet.protocol == SeenFrame.TCP ? 20 : 8;
        ByteBuffer upper = ByteBuffer.allocate(transport + 16);
        upper.putShort((short) packet.sourcePort).putShort((short) packet.destinationPort);
        upper.putInt(packet.protocol == SeenFrame.UDP ? (8 + Payload.BYTES) << 16 : packet.sequence);
        upper.position(transport).put(Payload.of(id), 0, 16);
        byte[] header =
                header(address(packet.source), address(packet.destination), packet.protocol, transport + Payload.BYTES);
        byte[] all = Arrays.copyOf(header, header.length + upper.capacity());
        System.arraycopy(upper.array(), 0, all, header.length, upper.capacity());
        return all;
    }

    /** The id that a message about such a packet has; 0 if the frame is no such message. A node that translates moves nothing. */
    static long idIn(byte[] frame) {
        for (int at = 14; at + 16 <= frame.length; at += 2) {
            long id = Payload.idAt(frame, at);
            if (id != 0) {
                return id;
            }
        }
        return 0;
    }

    private static byte[] header(byte[] source, byte[] destination, int protocol, int bytes) {
        if (source.length == 4) {
            ByteBuffer b = ByteBuffer.allocate(20);
            b.put((byte) 0x45).put((byte) 0).putShort((short) (20 + bytes)).putInt(0x4000);
            b.put((byte) 60)
                    .put((byte) protocol)
                    .putShort((short) 0)
                    .put(source)
                    .put(destination);
            return b.putShort(10, checksum(sum(b.array(), 20))).array();
        }
        ByteBuffer b = ByteBuffer.allocate(40);
        b.putInt(6 << 28).putShort((short) bytes).put((byte) protocol).put((byte) 60);
        return b.put(source).put(destination).array();
    }

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static byte[] mac(String text) {
        long bits = MacAddress.parse(text).orElseThrow().bits();
        return Arrays.copyOfRange(ByteBuffer.allocate(8).putLong(bits).array(), 2, 8);
    }

    private static int sum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (bytes[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    private static short checksum(int sum) {
        int folded = (sum & 0xffff) + (sum >>> 16);
        return (short) ~((folded & 0xffff) + (folded >>> 16));
    }

    /** Sends frames out of an interface of a host. */
    static void send(LabInterface out, List<byte[]> frames) {
        Inside.call(out.namespace(), () -> {
            try (FrameSocket socket = FrameSocket.open(out.name(), true)) {
                for (byte[] frame : frames) {
                    socket.send(FrameSocket.Frame.of(frame));
                }
            }
            return frames.size();
        });
    }
}
