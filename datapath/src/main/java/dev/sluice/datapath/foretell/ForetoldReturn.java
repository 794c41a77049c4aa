package dev.sluice.datapath.foretell;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import org.jspecify.annotations.Nullable;

/**
 * What a service node that lets a packet pass gives back: the assumption behind a foretold journey. Stateless.
 *
 * <p>Works on bytes without the flyweights of {@code wire}: with arrays instead of frames of a pool behind them, those would become slower for the data path.
 */
final class ForetoldReturn {
    private static final int MAC_BYTES = 6;
    private static final int IPV4_TTL = 8;
    private static final int IPV4_CHECKSUM = 10;
    private static final int IPV6_HOP_LIMIT = 7;
    private static final int IPV4_SOURCE = 12;
    private static final int IPV6_SOURCE = 8;
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;
    private static final int UDP_CHECKSUM = 6;

    /** Of Geneve without options, and of VXLAN-GPE. */
    private static final int TUNNEL_BYTES = 8;

    private static final int NSH_INDEX = 7;
    private static final int GRE_KEY_END = 7;
    private static final int VNI_END = 6;

    private ForetoldReturn() {}

    /** The frame at the node's other side; null if a node that routes would drop it. */
    static @Nullable ForetoldFrame of(ForetoldFrame sent, Attachment node, int entered, Snapshot snapshot) {
        NodeTunnel tunnel = node.tunnel();
        if (tunnel != null) {
            return sentBack(sent, tunnel, snapshot.port(sent.port()).mac());
        }
        Attachment.Side from = node.side(entered);
        Attachment.Side to = node.side(node.oneArmed() ? entered : 1 - entered);
        int less = tagBytes(from);
        int more = tagBytes(to);
        byte[] old = sent.bytes();
        byte[] bytes = new byte[old.length - less + more];
        int macs = Ethernet.TYPE_OFFSET;
        System.arraycopy(old, 0, bytes, 0, macs);
        int at = putTag(bytes, macs, to.outerTag());
        at = putTag(bytes, at, to.innerTag());
        System.arraycopy(old, macs + less, bytes, at, old.length - macs - less);
        if (node.kind() == Attachment.Kind.ROUTE
                && !route(bytes, at, snapshot.port(to.port()).mac())) {
            return null;
        }
        int shift = more - less;
        boolean partial = (sent.offload() & Batch.CHECKSUM_PARTIAL) != 0;
        return new ForetoldFrame(
                to.port(),
                bytes,
                sent.offload(),
                sent.gsoType(),
                sent.gsoSizeBytes(),
                sent.gsoHeaderBytes() == 0 ? 0 : sent.gsoHeaderBytes() + shift,
                partial ? sent.csumStart() + shift : 0,
                sent.csumOffset());
    }

    /** A node behind a tunnel returns the packet to where it came from, an aware one with one less in the index; without checksum, which may be left out here. */
    private static ForetoldFrame sentBack(ForetoldFrame sent, NodeTunnel tunnel, long portMac) {
        byte[] bytes = sent.bytes().clone();
        System.arraycopy(bytes, 0, bytes, MAC_BYTES, MAC_BYTES);
        putMac(bytes, portMac);
        int ip = Ethernet.TYPE_OFFSET + 2;
        if (tunnel.format() == NodeTunnel.Format.NSH_ETHERNET) {
            int tag = VlanTag.isTagType(u16(bytes, ip - 2)) ? VlanTag.BYTES : 0;
            bytes[ip + tag + NSH_INDEX]--;
            return new ForetoldFrame(sent.port(), bytes, (byte) 0, Batch.GSO_NONE, 0, 0, 0, 0);
        }
        boolean v4 = u16(bytes, ip - 2) == EtherTypes.IPV4;
        int addressBytes = v4 ? IPV4_BYTES : IPV6_BYTES;
        int source = ip + (v4 ? IPV4_SOURCE : IPV6_SOURCE);
        System.arraycopy(sent.bytes(), source, bytes, source + addressBytes, addressBytes);
        System.arraycopy(sent.bytes(), source + addressBytes, bytes, source, addressBytes);
        int udp = source + 2 * addressBytes;
        if (tunnel.format() == NodeTunnel.Format.GRE) {
            // The tunnel of the other side.
            bytes[udp + GRE_KEY_END] ^= 1;
            return new ForetoldFrame(sent.port(), bytes, (byte) 0, Batch.GSO_NONE, 0, 0, 0, 0);
        }
        bytes[udp + UDP_CHECKSUM] = 0;
        bytes[udp + UDP_CHECKSUM + 1] = 0;
        if (tunnel.format() == NodeTunnel.Format.VXLAN) {
            bytes[udp + Udp.BYTES + VNI_END] ^= 1;
        }
        if (tunnel.isAware()) {
            int header = udp + Udp.BYTES;
            int options = tunnel.format() == NodeTunnel.Format.NSH ? (bytes[header] & 0x3f) * 4 : 0;
            bytes[header + TUNNEL_BYTES + options + NSH_INDEX]--;
        }
        return new ForetoldFrame(sent.port(), bytes, (byte) 0, Batch.GSO_NONE, 0, 0, 0, 0);
    }

    private static int tagBytes(Attachment.Side side) {
        return (side.outerTag() != 0 ? VlanTag.BYTES : 0) + (side.innerTag() != 0 ? VlanTag.BYTES : 0);
    }

    private static int putTag(byte[] bytes, int at, int tag) {
        if (tag == 0) {
            return at;
        }
        for (int i = 0; i < VlanTag.BYTES; i++) {
            bytes[at + i] = (byte) (tag >>> (24 - 8 * i));
        }
        return at + VlanTag.BYTES;
    }

    /** The node's own MAC address is where the frame went to; {@code typeAt} is where the EtherType or a tag of the packet's own is. */
    private static boolean route(byte[] bytes, int typeAt, long portMac) {
        System.arraycopy(bytes, 0, bytes, MAC_BYTES, MAC_BYTES);
        putMac(bytes, portMac);
        int ip = typeAt + 2;
        while (VlanTag.isTagType(u16(bytes, ip - 2))) {
            ip += VlanTag.BYTES;
        }
        boolean v4 = u16(bytes, ip - 2) == EtherTypes.IPV4;
        int ttlAt = ip + (v4 ? IPV4_TTL : IPV6_HOP_LIMIT);
        int ttl = bytes[ttlAt] & 0xff;
        if (ttl <= 1) {
            return false;
        }
        if (v4) {
            int before = u16(bytes, ttlAt);
            int sum = Checksum.update16(u16(bytes, ip + IPV4_CHECKSUM), before, before - 0x100);
            bytes[ip + IPV4_CHECKSUM] = (byte) (sum >>> 8);
            bytes[ip + IPV4_CHECKSUM + 1] = (byte) sum;
        }
        bytes[ttlAt] = (byte) (ttl - 1);
        return true;
    }

    private static void putMac(byte[] bytes, long mac) {
        for (int i = 0; i < MAC_BYTES; i++) {
            bytes[i] = (byte) (mac >>> (40 - 8 * i));
        }
    }

    private static int u16(byte[] bytes, int at) {
        return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
    }
}
