package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads frames as the chapter "Parse" of packet-life.md says. One frame per reader. */
final class FrameReader {
    private static final Set<Integer> TAGS = Set.of(0x8100, 0x88a8, 0x9100);
    private static final Set<Integer> EXTENSIONS = Set.of(0, 43, 44, 51, 60, 135, 139, 140);

    private final ModelFrame frame = new ModelFrame();

    /** What is wrong with the frame, null if nothing. */
    final @Nullable DropReason malformed;

    FrameReader(MemoryFrame in) {
        frame.original = in;
        malformed = ethernet(in.bytes());
    }

    ModelFrame frame() {
        return frame;
    }

    private @Nullable DropReason ethernet(byte[] bytes) {
        if (bytes.length < 14) {
            return DropReason.FRAME_TRUNCATED;
        }
        frame.destinationMac = Bytes.read(bytes, 0, 6);
        frame.sourceMac = Bytes.read(bytes, 6, 6);
        if ((bytes[6] & 1) != 0) {
            return DropReason.SOURCE_MAC_INVALID;
        }
        int at = 12;
        frame.etherType = (int) Bytes.read(bytes, at, 2);
        while (TAGS.contains(frame.etherType) && frame.tags.size() < 2) {
            if (bytes.length < at + 6) {
                return DropReason.FRAME_TRUNCATED;
            }
            frame.tags.add((int) Bytes.read(bytes, at, 4));
            at += 4;
            frame.etherType = (int) Bytes.read(bytes, at, 2);
        }
        frame.tagsAtArrival = frame.tags.size();
        frame.body = Arrays.copyOfRange(bytes, at + 2, bytes.length);
        return switch (frame.etherType) {
            case 0x0800 -> ipv4();
            case 0x86dd -> ipv6();
            default -> null;
        };
    }

    private @Nullable DropReason ipv4() {
        byte[] b = frame.body;
        if (b.length < 20 || b[0] >>> 4 != 4) {
            return DropReason.IPV4_HEADER_INVALID;
        }
        int header = (b[0] & 0xf) * 4;
        int total = header > b.length ? 0 : frame.u16(2);
        if (header < 20 || total < header || total > b.length) {
            return DropReason.IPV4_HEADER_INVALID;
        }
        boolean more = (frame.u8(6) & 0x20) != 0;
        int offset = (frame.u16(6) & 0x1fff) * 8;
        if ((more || offset > 0) && !fragmentPossible(total - header, more, header + offset)) {
            return DropReason.IPV4_HEADER_INVALID;
        }
        if (Bytes.sum(b, 0, header, 0) != 0xffff) {
            return DropReason.IPV4_CHECKSUM;
        }
        if (!optionsWellFormed(header)) {
            return DropReason.IPV4_HEADER_INVALID;
        }
        int first = frame.u8(12);
        boolean toMany = (frame.destinationMac >>> 40 & 1) != 0
                && (frame.u8(16) >>> 4 == 14 || Bytes.read(b, 16, 4) == 0xffff_ffffL);
        if (first >= 224 || first == 127 || (Bytes.read(b, 12, 4) == 0 && !toMany)) {
            return DropReason.ADDRESS_INVALID;
        }
        frame.ipv4 = true;
        frame.body = Arrays.copyOf(b, total);
        frame.source = Bytes.address4(b, 12);
        frame.destination = Bytes.address4(b, 16);
        frame.protocol = frame.u8(9);
        frame.dscp = frame.u8(1) / 4;
        frame.fragment = more || offset > 0;
        frame.laterFragment = offset > 0;
        return upper(header);
    }

    private static boolean fragmentPossible(int payload, boolean more, int before) {
        return payload > 0 && !(more && payload % 8 != 0) && before + payload <= 65535;
    }

    private boolean optionsWellFormed(int header) {
        int at = 20;
        while (at < header) {
            int option = frame.u8(at);
            if (option == 0) {
                return true;
            }
            if (option == 1) {
                at++;
            } else {
                if (at + 1 >= header || frame.u8(at + 1) < 2 || at + frame.u8(at + 1) > header) {
                    return false;
                }
                at += frame.u8(at + 1);
            }
        }
        return true;
    }

    private @Nullable DropReason ipv6() {
        byte[] b = frame.body;
        if (b.length < 40 || frame.u8(0) >>> 4 != 6 || 40 + frame.u16(4) > b.length) {
            return DropReason.IPV6_HEADER_INVALID;
        }
        if (frame.u16(4) == 0 && frame.u8(6) == 0) {
            return DropReason.IPV6_HEADER_INVALID;
        }
        frame.body = Arrays.copyOf(b, 40 + frame.u16(4));
        int upper = walk();
        if (upper < 0) {
            return DropReason.IPV6_EXTENSION_INVALID;
        }
        frame.source = Bytes.address6(b, 8);
        frame.destination = Bytes.address6(b, 24);
        if (frame.u8(8) == 0xff
                || frame.source.equals(new IpAddress(0, 1))
                || frame.source.isIpv4()
                || frame.destination.isIpv4()) {
            return DropReason.ADDRESS_INVALID;
        }
        frame.ipv6 = true;
        frame.dscp = (frame.u16(0) >>> 4 & 0xff) / 4;
        return upper(upper);
    }

    /** The transport header, of fragments that of the first. */
    private @Nullable DropReason upper(int at) {
        if (frame.laterFragment) {
            return null;
        }
        DropReason wrong = transport(at);
        if (wrong != null || !frame.fragment) {
            return wrong == null ? null : frame.fragment ? DropReason.FRAGMENT_TINY : wrong;
        }
        boolean discovery = frame.ipv6 && frame.protocol == 58 && frame.u8(at) >= 133 && frame.u8(at) <= 137;
        return discovery ? DropReason.CONTROL_INVALID : null;
    }

    /** Walks the extension headers: where the upper layer begins, -1 if something is wrong. Sets protocol and fragment. */
    private int walk() {
        byte[] b = frame.body;
        int next = frame.u8(6);
        int at = 40;
        int fragmentProtocol = -1;
        boolean fragmentHeaderSeen = false;
        for (int headers = 0; EXTENSIONS.contains(next); headers++) {
            if (headers == 8 || at + 8 > b.length || (next == 0 && at != 40)) {
                return -1;
            }
            int following = frame.u8(at);
            if (next == 44) {
                int offset = frame.u16(at + 2) & 0xfff8;
                boolean more = (frame.u8(at + 3) & 1) != 0;
                int rest = b.length - at - 8;
                boolean is = more || offset > 0;
                if (fragmentHeaderSeen || (is && !fragmentPossible(rest, more, at - 40 + offset))) {
                    return -1;
                }
                fragmentHeaderSeen = true;
                if (is) {
                    frame.fragment = true;
                    frame.laterFragment = offset > 0;
                    fragmentProtocol = following;
                }
                at += 8;
                if (offset > 0) {
                    break;
                }
            } else {
                at += next == 51 ? (frame.u8(at + 1) + 2) * 4 : (frame.u8(at + 1) + 1) * 8;
                if (at > b.length) {
                    return -1;
                }
            }
            next = following;
        }
        frame.protocol = frame.fragment ? fragmentProtocol : next;
        return frame.fragment && EXTENSIONS.contains(fragmentProtocol) ? -1 : at;
    }

    private @Nullable DropReason transport(int at) {
        int available = frame.body.length - at;
        int needed = switch (frame.protocol) {
            case 6 -> 20;
            case 17, 1, 58 -> 8;
            case 132 -> 12;
            case 47 -> 4;
            default -> 0;
        };
        if (available < needed) {
            return DropReason.TRANSPORT_TRUNCATED;
        }
        if (needed == 0) {
            return null;
        }
        frame.transportAt = at;
        switch (frame.protocol) {
            case 6 -> {
                int header = (frame.u8(at + 12) >>> 4) * 4;
                if (header < 20 || header > available) {
                    return DropReason.TRANSPORT_TRUNCATED;
                }
                frame.tcpFlags = frame.u8(at + 13);
                ports(frame.u16(at), frame.u16(at + 2));
            }
            case 17 -> {
                int length = frame.u16(at + 4);
                boolean none = length == 0 && (frame.ipv6 || frame.original.gsoType() != Batch.GSO_NONE);
                if (!none && (length < 8 || (length > available && !frame.fragment))) {
                    return DropReason.TRANSPORT_TRUNCATED;
                }
                ports(frame.u16(at), frame.u16(at + 2));
            }
            case 132 -> ports(frame.u16(at), frame.u16(at + 2));
            case 1 -> echo(at, 0, 8);
            case 58 -> echo(at, 128, 129);
            default -> {
                // GRE has no ports.
            }
        }
        return null;
    }

    private void echo(int at, int one, int other) {
        if (frame.u8(at) == one || frame.u8(at) == other) {
            ports(frame.u16(at + 4), frame.u16(at + 4));
        }
    }

    private void ports(int source, int destination) {
        frame.sourcePort = source;
        frame.destinationPort = destination;
    }
}
