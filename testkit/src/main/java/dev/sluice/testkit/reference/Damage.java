package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;

/** Makes of a packet that a fast path could repeat one that differs a little: as close as possible to what it knows. One user: the traffic of a scenario. */
final class Damage {
    private static final int ETHERNET = 14;
    private static final int TAG = 4;

    /** Headers end here at the latest, in a frame with two tags. */
    private static final int HEADERS = ETHERNET + 2 * TAG + 60;

    private final Dice dice;

    Damage(Dice dice) {
        this.dice = dice;
    }

    Event.Arrives of(Event.Arrives packet) {
        MemoryFrame frame = packet.frame();
        byte[] bytes = frame.bytes().clone();
        boolean plain = frame.gsoType() == Batch.GSO_NONE && frame.offload() == 0;
        // What goes with other frames says where their headers are, so these stay as long as they are.
        bytes = plain && dice.percent(30) ? otherLength(bytes) : otherHeader(bytes);
        int l3 = network(bytes);
        if (l3 + 20 <= bytes.length && bytes[l3] == 0x45 && dice.percent(75)) {
            Packet.fixIpv4Checksum(bytes, l3);
        }
        return new Event.Arrives(
                packet.port(),
                new MemoryFrame(
                        bytes,
                        frame.offload(),
                        frame.gsoType(),
                        frame.gsoSizeBytes(),
                        frame.gsoHeaderBytes(),
                        frame.csumStart(),
                        frame.csumOffset()),
                packet.headroomBytes(),
                packet.scarce());
    }

    private static int network(byte[] f) {
        int at = ETHERNET;
        for (int i = 0; i < 2 && f.length >= at + TAG; i++) {
            int type = u16(f, at - 2);
            if (type != 0x8100 && type != 0x88a8 && type != 0x9100) {
                break;
            }
            at += TAG;
        }
        return at;
    }

    private static int u16(byte[] f, int at) {
        return (f[at] & 0xff) << 8 | (f[at + 1] & 0xff);
    }

    private byte[] otherLength(byte[] f) {
        int l3 = network(f);
        return switch (dice.below(4)) {
            case 0 -> Arrays.copyOf(f, f.length + dice.between(1, 40));
            case 1 -> Arrays.copyOf(f, Math.max(1, f.length - dice.between(1, 30)));
            case 2 -> l3 == ETHERNET ? f : spliced(f, ETHERNET - 2, ETHERNET + 2, new byte[0]);
            default -> spliced(f, ETHERNET - 2, ETHERNET - 2, tag());
        };
    }

    private byte[] tag() {
        int whole = dice.any(0x8100, 0x88a8, 0x9100) << 16 | dice.below(12);
        return new byte[] {(byte) (whole >>> 24), (byte) (whole >>> 16), (byte) (whole >>> 8), (byte) whole};
    }

    private static byte[] spliced(byte[] f, int from, int to, byte[] with) {
        byte[] all = new byte[f.length - (to - from) + with.length];
        System.arraycopy(f, 0, all, 0, from);
        System.arraycopy(with, 0, all, from, with.length);
        System.arraycopy(f, to, all, from + with.length, f.length - to);
        return all;
    }

    /** One field, or a few bits anywhere. */
    private byte[] otherHeader(byte[] f) {
        int l3 = network(f);
        boolean six = l3 < f.length && (f[l3] & 0xf0) == 0x60;
        int l4 = l3 + (six ? 40 : 20);
        switch (dice.below(9)) {
            case 0 -> f[dice.below(Math.min(12, f.length))] ^= (byte) (1 << dice.below(8));
            case 1 -> put(f, l3 + (six ? 7 : 8), dice.below(4));
            case 2 -> put(f, l3 + (six ? 6 : 9), dice.any(1, 6, 17, 44, 58, 132));
            case 3 -> put(f, l3 + (six ? 5 : 3), dice.below(256));
            case 4 -> put(f, l3 + 6, dice.any(0, 0x20, 0x40, 0x80));
            case 5 -> put(f, l4 + 13, dice.below(64));
            case 6 -> put(f, l4 + dice.below(4), dice.below(256));
            case 7 -> put(f, l4 + dice.any(4, 5, 12), dice.below(256));
            default -> {
                for (int i = dice.between(1, 3); i > 0; i--) {
                    f[dice.below(Math.min(f.length, HEADERS))] ^= (byte) (1 << dice.below(8));
                }
            }
        }
        return f;
    }

    private static void put(byte[] f, int at, int value) {
        if (at < f.length) {
            f[at] = (byte) value;
        }
    }
}
