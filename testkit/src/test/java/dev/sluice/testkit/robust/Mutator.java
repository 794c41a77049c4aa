package dev.sluice.testkit.robust;

import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;
import java.util.Random;

/** Damages frames in the ways that have broken parsers before. One user: the test. */
final class Mutator {
    private static final int[] TYPES = {0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x9100, 0x8847, 0x0026};
    private static final int[] PROTOCOLS = {0, 1, 2, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 135, 139, 140, 255
    };
    private static final int FRAME_BYTES_MAX = 3000;

    private final Random random;

    Mutator(Random random) {
        this.random = random;
    }

    /** The frame with one to four kinds of damage; its IPv4 checksum mostly made right again, so that the damage is looked at. */
    MemoryFrame mutate(MemoryFrame frame) {
        byte[] bytes = frame.bytes();
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes = damage(bytes);
        }
        if (random.nextInt(10) < 7) {
            bytes = RawFrames.summed(bytes);
        }
        MemoryFrame damaged = new MemoryFrame(
                bytes,
                frame.offload(),
                frame.gsoType(),
                frame.gsoSizeBytes(),
                frame.gsoHeaderBytes(),
                frame.csumStart(),
                frame.csumOffset());
        return random.nextInt(5) == 0 ? withOffloads(damaged) : damaged;
    }

    /** Offload metadata as no honest kernel would give them. */
    private MemoryFrame withOffloads(MemoryFrame f) {
        return new MemoryFrame(
                f.bytes(),
                (byte) random.nextInt(4),
                (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(6)),
                absurd(),
                absurd(),
                absurd(),
                absurd());
    }

    private int absurd() {
        return switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> 65_535;
            case 3 -> random.nextInt(100);
            default -> random.nextInt(65_536);
        };
    }

    private byte[] damage(byte[] f) {
        if (f.length == 0) {
            return new byte[random.nextInt(60)];
        }
        int at = random.nextInt(f.length);
        return switch (random.nextInt(10)) {
            case 0 -> flipped(f);
            case 1 -> Arrays.copyOf(f, at);
            case 2 -> Arrays.copyOf(f, f.length + random.nextInt(64));
            case 3 -> RawFrames.spliced(f, at, at + random.nextInt(Math.min(64, f.length - at) + 1), new byte[0]);
            case 4 -> f.length > FRAME_BYTES_MAX ? f : RawFrames.spliced(f, at, at, range(f, at));
            case 5 -> overwritten(f, at);
            case 6 -> tagged(f);
            case 7 -> header(f);
            case 8 -> RawFrames.network(f) > 20 ? untagged(f) : header(f);
            default -> flipped(header(f));
        };
    }

    private byte[] flipped(byte[] f) {
        byte[] g = f.clone();
        for (int i = random.nextInt(8); i >= 0; i--) {
            g[random.nextInt(Math.min(g.length, 120))] ^= (byte) (1 << random.nextInt(8));
        }
        return g;
    }

    private byte[] range(byte[] f, int at) {
        return Arrays.copyOfRange(f, at, at + random.nextInt(Math.min(64, f.length - at) + 1));
    }

    private byte[] overwritten(byte[] f, int at) {
        byte[] noise = new byte[random.nextInt(Math.min(32, f.length - at) + 1)];
        random.nextBytes(noise);
        return RawFrames.spliced(f, at, at + noise.length, noise);
    }

    private byte[] tagged(byte[] f) {
        if (f.length < 14 || f.length > FRAME_BYTES_MAX) {
            return f;
        }
        byte[] tag = new byte[4];
        RawFrames.put16(tag, 0, random.nextInt(3) == 0 ? 0x88a8 : 0x8100);
        int[] vlans = {0, 9, 10, 50, 100, 101, 200, 201, 300, 301, 4095, random.nextInt(65_536)};
        RawFrames.put16(tag, 2, vlans[random.nextInt(vlans.length)]);
        return RawFrames.spliced(f, 12, 12, tag);
    }

    private static byte[] untagged(byte[] f) {
        return RawFrames.spliced(f, 12, 16, new byte[0]);
    }

    /** One header field set to something interesting. */
    private byte[] header(byte[] frame) {
        byte[] f = frame.clone();
        int l3 = RawFrames.network(f);
        if (l3 + 44 > f.length) {
            return f;
        }
        boolean six = RawFrames.u16(f, l3 - 2) == 0x86dd;
        int l4 = l3 + (six ? 40 : Math.max(20, (f[l3] & 0xf) * 4));
        int[] lengths = {0, 1, 7, 8, 19, 20, f.length - l3 - 1, f.length - l3, f.length - l3 + 1, 65_535};
        int value = lengths[random.nextInt(lengths.length)];
        switch (random.nextInt(9)) {
            case 0 -> RawFrames.put16(f, l3 - 2, TYPES[random.nextInt(TYPES.length)]);
            case 1 -> RawFrames.put16(f, l3 + (six ? 4 : 2), value);
            case 2 -> f[l3] = (byte) random.nextInt(256);
            case 3 -> f[l3 + (six ? 6 : 9)] = (byte) PROTOCOLS[random.nextInt(PROTOCOLS.length)];
            case 4 -> RawFrames.put16(f, l3 + 6, random.nextInt(65_536));
            case 5 -> f[Math.min(f.length - 1, l4 + 12)] = (byte) random.nextInt(256);
            case 6 -> RawFrames.put16(f, Math.min(f.length - 2, l4 + 4), value);
            case 7 -> RawFrames.put16(f, Math.min(f.length - 2, l4 + 2), 79 + random.nextInt(9));
            default -> f[random.nextInt(2) * 6] ^= 1;
        }
        return f;
    }
}
