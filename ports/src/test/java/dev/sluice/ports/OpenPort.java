package dev.sluice.ports;

import dev.sluice.datapath.FramePool;
import java.lang.foreign.Arena;

/** Opens an AF_PACKET port in a process of its own and prints why it could not. */
final class OpenPort {
    private OpenPort() {}

    public static void main(String[] arguments) {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
        try {
            PacketSocketPort.open(arguments[0], 0, pool).close();
            System.out.println("opened");
        } catch (PortException e) {
            System.out.println(e.getMessage());
        }
    }
}
