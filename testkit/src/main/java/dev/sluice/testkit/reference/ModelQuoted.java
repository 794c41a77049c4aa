package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The chapter "Errors of flows": the packet that an ICMP or ICMPv6 error quotes. */
final class ModelQuoted {
    private static final List<Integer> EXTENSIONS = List.of(0, 43, 44, 51, 60, 135, 139, 140);

    private final ModelFrame error;

    /** Where the quote begins in the body of the error. */
    final int at;

    private int protocol;

    private ModelQuoted(ModelFrame error) {
        this.error = error;
        this.at = error.transportAt + 8;
    }

    /** The quote of a frame, null if it has none that counts. */
    static @Nullable ModelQuoted of(ModelFrame frame) {
        if (!frame.isIcmp()) {
            return null;
        }
        int type = frame.u8(frame.transportAt);
        boolean quoting = frame.ipv4 ? List.of(3, 11, 12).contains(type) : type >= 1 && type <= 4;
        if (!quoting) {
            return null;
        }
        ModelQuoted quoted = new ModelQuoted(frame);
        return quoted.readable() && quoted.source().equals(frame.destination) ? quoted : null;
    }

    /** The flow in a router, in the direction of the error: the quoted packet's turned round. */
    ModelRecord.Key flow(int router) {
        int upper = upperAt();
        boolean ports = protocol == 6 || protocol == 17 || protocol == 132;
        boolean echo = protocol == 1 || protocol == 58;
        int from = ports ? error.u16(upper) : echo ? error.u16(upper + 4) : 0;
        int to = ports ? error.u16(upper + 2) : from;
        return new ModelRecord.Key(router, error.vlan(0), error.vlan(1), protocol, source(), from, destination(), to)
                .turned();
    }

    IpAddress source() {
        return error.ipv4 ? Bytes.address4(error.body, at + 12) : Bytes.address6(error.body, at + 8);
    }

    private IpAddress destination() {
        return error.ipv4 ? Bytes.address4(error.body, at + 16) : Bytes.address6(error.body, at + 24);
    }

    private int rest() {
        return error.body.length - at;
    }

    private boolean readable() {
        int need = error.ipv4 ? 20 : 40;
        if (rest() < need || error.u8(at) >>> 4 != (error.ipv4 ? 4 : 6)) {
            return false;
        }
        int upper = upperAt();
        if (upper < 0 || upper > error.body.length) {
            return false;
        }
        return switch (protocol) {
            case 6, 17, 132 -> upper + 8 <= error.body.length;
            case 1 -> upper + 8 <= error.body.length && List.of(0, 8).contains(error.u8(upper));
            case 58 -> upper + 8 <= error.body.length && List.of(128, 129).contains(error.u8(upper));
            default -> true;
        };
    }

    /** Where the quoted packet's upper layer begins in the body, -1 if nowhere. Sets the protocol. */
    int upperAt() {
        if (error.ipv4) {
            int header = (error.u8(at) & 0xf) * 4;
            protocol = error.u8(at + 9);
            return header < 20 || (error.u16(at + 6) & 0x1fff) != 0 ? -1 : at + header;
        }
        int here = at + 40;
        protocol = error.u8(at + 6);
        for (int headers = 0; EXTENSIONS.contains(protocol); headers++) {
            if (headers == 8 || here + 8 > error.body.length) {
                return -1;
            }
            if (protocol == 44 && (error.u16(here + 2) & 0xfff8) != 0) {
                return -1;
            }
            int bytes =
                    protocol == 44 ? 8 : protocol == 51 ? 4 * (error.u8(here + 1) + 2) : 8 * (error.u8(here + 1) + 1);
            protocol = error.u8(here);
            here += bytes;
            if (here > error.body.length) {
                return -1;
            }
        }
        return here;
    }
}
