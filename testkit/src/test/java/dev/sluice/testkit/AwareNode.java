package dev.sluice.testkit;

import java.util.Arrays;

/**
 * A service node with an agent, by the bytes of docs/reference/overlay-formats.md and without the code under test: datagrams over IPv4 with the metadata that Sluice
 * writes. Offsets: Ethernet 0, IPv4 14, UDP 34, Geneve 42, NSH 50, tenant 62, node 70, flow 78, Sluice's own 90, frame 110.
 */
final class AwareNode {
    static final int INDEX = 57;
    static final int TENANT = 65;
    static final int INGRESS_NODE = 73;
    static final int FLOW = 85;
    static final int FLAGS = 91;
    static final int FRAME = 110;

    static final int ACCEPT = 2;
    static final int DROP = 1;
    static final int DROP_MESSAGE = 3;
    static final int NEW_PATH = 4;
    static final int TAKE_BACK = 7;
    static final int ALL = 0x20;
    static final int BOTH = 0x10;

    private AwareNode() {}

    /** The node says that the address is its own. */
    static byte[] arpReply(byte[] request, long mac) {
        byte[] reply = request.clone();
        System.arraycopy(request, 6, reply, 0, 6);
        System.arraycopy(request, 22, reply, 32, 10);
        System.arraycopy(request, 38, reply, 28, 4);
        for (int i = 0; i < 6; i++) {
            reply[6 + i] = (byte) (mac >>> (40 - 8 * i));
            reply[22 + i] = reply[6 + i];
        }
        reply[21] = 2;
        return reply;
    }

    /** The datagram back to the switch, one less in the index. */
    static byte[] answer(byte[] datagram) {
        byte[] answer = datagram.clone();
        System.arraycopy(datagram, 6, answer, 0, 6);
        System.arraycopy(datagram, 0, answer, 6, 6);
        System.arraycopy(datagram, 26, answer, 30, 4);
        System.arraycopy(datagram, 30, answer, 26, 4);
        answer[INDEX]--;
        return answer;
    }

    /** The same, and the node says something of the flow. */
    static byte[] answer(byte[] datagram, int action, int flags, int path) {
        byte[] answer = answer(datagram);
        answer[FLAGS] |= (byte) flags;
        answer[98] = (byte) action;
        answer[99] = (byte) (path >>> 16);
        answer[100] = (byte) (path >>> 8);
        answer[101] = (byte) path;
        return answer;
    }

    /** The node only says something of the flow: the packet ends at the service header. */
    static byte[] message(byte[] datagram, int action, int flags, int path) {
        byte[] message = Arrays.copyOf(answer(datagram, action, flags, path), FRAME);
        message[50] |= 0x20;
        message[53] = 0;
        putU16(message, 16, FRAME - 14);
        putU16(message, 38, FRAME - 34);
        Sums.fixIpv4(message, 14);
        return message;
    }

    /** The frame inside. */
    static byte[] inside(byte[] datagram) {
        return Arrays.copyOfRange(datagram, FRAME, datagram.length);
    }

    private static void putU16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }
}
