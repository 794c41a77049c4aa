package dev.sluice.ports;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;

/** Opens a port in a process of its own, which may have fewer rights, and prints what it is or why it could not be opened. */
final class OpenPort {
    private OpenPort() {}

    /** Arguments: interface, driver, number of small chunks. */
    public static void main(String[] arguments) {
        int chunks = Integer.parseInt(arguments[2]);
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(chunks, 1), 4096), chunks, 1);
        PortOptions options = PortOptions.DEFAULT.withDriver(PortOptions.Driver.valueOf(arguments[1]));
        try (PacketPort port = new PortOpener(pool).open(arguments[0], 0, options)) {
            System.out.println(port.description());
        } catch (PortException e) {
            System.out.println(e.getMessage());
        }
    }

    /** Runs {@link #main} behind a command that takes rights away; what it printed. */
    static String run(String prefix, String arguments) {
        return Namespace.run(prefix + " " + System.getProperty("java.home")
                + "/bin/java --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                + "' dev.sluice.ports.OpenPort " + arguments);
    }
}
