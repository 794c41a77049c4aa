package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.UNDERLAY;

import dev.sluice.datapath.snapshot.NodeTunnel;
import java.util.Arrays;
import java.util.List;

/** The firewall of {@link ThreeHosts} as a node that gets the network service header, by what stands in front of that. It works on bytes, without the code under test. */
enum NshNode {
    GENEVE(NodeTunnel.Format.NSH, 50),
    GPE(NodeTunnel.Format.NSH_GPE, 50),
    ETHERNET(NodeTunnel.Format.NSH_ETHERNET, 14),
    TAGGED(NodeTunnel.Format.NSH_ETHERNET, 18);

    // Offsets from the service header on.
    static final int INDEX = 7;

    private final NodeTunnel.Format format;

    /** Where the service header begins. */
    final int nsh;

    NshNode(NodeTunnel.Format format, int nsh) {
        this.format = format;
        this.nsh = nsh;
    }

    /** It is on A or B. */
    ThreeHosts hosts(int host) {
        return this == TAGGED ? ThreeHosts.tagged(host) : ThreeHosts.nodeIn(host, format);
    }

    /** The same, and it knows metadata type 1 only. */
    ThreeHosts hostsWithFixedContext(int host) {
        ThreeHosts hosts = hosts(host);
        hosts.giveFixedContext();
        return hosts;
    }

    boolean isOverIp() {
        return nsh == 50;
    }

    /** What the node got since the last call. */
    List<byte[]> got(ThreeHosts hosts, int host) {
        return isOverIp() ? hosts.toNode() : hosts.host(host).sent(hosts.nodePort());
    }

    byte[] frame(byte[] packet) {
        return Arrays.copyOfRange(packet, nsh + nshBytes(packet), packet.length);
    }

    /** Length of the service header. */
    int nshBytes(byte[] packet) {
        return (packet[nsh + 1] & 0x3f) * 4;
    }

    /** Back to the switch, one less in the index. */
    byte[] answer(byte[] packet) {
        byte[] answer = packet.clone();
        System.arraycopy(packet, 0, answer, 6, 6);
        System.arraycopy(packet, 6, answer, 0, 6);
        if (isOverIp()) {
            System.arraycopy(packet, 26, answer, 30, 4);
            System.arraycopy(packet, 30, answer, 26, 4);
        }
        answer[nsh + INDEX]--;
        return answer;
    }

    /** A message without payload, which is shorter than an Ethernet frame may be, and padded. */
    byte[] message(byte[] packet) {
        byte[] message = Arrays.copyOf(answer(packet), nsh + nshBytes(packet) + 6);
        message[nsh] |= 0x20;
        message[nsh + 3] = 0;
        fixLengths(message);
        return message;
    }

    /** Writes the lengths of a packet, and the checksum of the outer header, if it has one. */
    void fixLengths(byte[] packet) {
        if (isOverIp()) {
            packet[16] = (byte) ((packet.length - 14) >>> 8);
            packet[17] = (byte) (packet.length - 14);
            packet[38] = (byte) ((packet.length - 34) >>> 8);
            packet[39] = (byte) (packet.length - 34);
            fixSum(packet);
        }
    }

    /** Writes the checksum of the outer header, if there is one. */
    void fixSum(byte[] packet) {
        if (isOverIp()) {
            Sums.fixIpv4(packet, 14);
        }
    }

    void sendBack(ThreeHosts hosts, int host, byte[] answer) {
        hosts.receive(host, isOverIp() ? UNDERLAY : hosts.nodePort(), answer);
    }
}
