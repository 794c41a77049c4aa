package dev.sluice.fastpath;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;

/** Opens the fast path in a process of its own, which may have fewer rights, and prints "open" or why it could not be opened. */
final class OpenFastPath {
    private OpenFastPath() {}

    /** Without arguments. */
    public static void main(String[] arguments) {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(8, 1), 4096), 8, 1);
        try (FastPath path = FastPath.open(pool, 16)) {
            System.out.println("open " + path.offload().capacity());
        } catch (PortException e) {
            System.out.println(e.getMessage());
        }
    }

    /** Runs {@link #main} in a namespace, behind a command that takes rights away; what it printed. */
    static String run(Namespace where, String prefix) {
        return where.output(prefix + " " + System.getProperty("java.home")
                + "/bin/java --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                + "' dev.sluice.fastpath.OpenFastPath");
    }
}
