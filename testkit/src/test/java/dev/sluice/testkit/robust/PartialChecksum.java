package dev.sluice.testkit.robust;

/** Checksums of TCP and UDP that a stack has left to hardware, which XDP can tell from others by their value only. */
final class PartialChecksum {
    private PartialChecksum() {}

    /** With the checksum that a stack leaves to hardware: the sum of the pseudo-header. */
    static byte[] partial(byte[] f) {
        int at = checksumAt(f);
        if (at > 0) {
            int sum = pseudoHeaderSum(f);
            f[at] = (byte) (sum >>> 8);
            f[at + 1] = (byte) sum;
        }
        return f;
    }

    /** As {@link #partial}, where 0 and 0xffff are the same sum; 0 in UDP is none. */
    static boolean looksPartial(byte[] f) {
        int at = checksumAt(f);
        if (at < 0) {
            return false;
        }
        int found = RawFrames.u16(f, at);
        boolean none = RawFrames.u8(f, RawFrames.network(f) + (isSix(f) ? 6 : 9)) == 17 && found == 0;
        return !none && found % 0xffff == pseudoHeaderSum(f) % 0xffff;
    }

    private static boolean isSix(byte[] f) {
        return RawFrames.u16(f, RawFrames.network(f) - 2) == 0x86dd;
    }

    /** Negative if there is none that could be partial. */
    private static int checksumAt(byte[] f) {
        int l3 = RawFrames.network(f);
        int l4 = l3 + (isSix(f) ? 40 : 20);
        return switch (RawFrames.u8(f, l3 + (isSix(f) ? 6 : 9))) {
            case 6 -> l4 + 16;
            case 17 -> l4 + 6;
            default -> -1;
        };
    }

    private static int pseudoHeaderSum(byte[] f) {
        int l3 = RawFrames.network(f);
        boolean six = isSix(f);
        int bytes = six ? RawFrames.u16(f, l3 + 4) : RawFrames.u16(f, l3 + 2) - 20;
        int sum = bytes + RawFrames.u8(f, l3 + (six ? 6 : 9));
        for (int at = l3 + (six ? 8 : 12); at < l3 + (six ? 40 : 20); at += 2) {
            sum += RawFrames.u16(f, at);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }
}
