package dev.sluice.agent.compile;

import java.nio.charset.StandardCharsets;

/**
 * MAC addresses that stand for things without hardware: sides of service nodes, ends of links between routers.
 *
 * <p>Locally administered (02:...), the other 40 bits are a hash of the name, so that the same configuration gives the same addresses on each
 * start and frames captured yesterday can be read today.
 */
public final class DerivedMac {
    private static final long LOCAL = 0x0200_0000_0000L;

    private DerivedMac() {}

    /** The address of a name; 64-bit FNV-1a, folded to 40 bits. */
    public static long of(String name) {
        long hash = 0xcbf2_9ce4_8422_2325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x0000_0100_0000_01b3L;
        }
        hash ^= hash >>> 40;
        return LOCAL | (hash & 0xff_ffff_ffffL);
    }
}
