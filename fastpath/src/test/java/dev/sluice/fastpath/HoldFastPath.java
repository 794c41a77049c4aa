package dev.sluice.fastpath;

import dev.sluice.datapath.packet.FramePool;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A process with a fast path between two ports and one record in it, that does nothing more until it is killed. */
final class HoldFastPath {
    private HoldFastPath() {}

    /** Arguments: directory for what outlives it, MAC addresses of server and client as numbers. Says "ready". */
    public static void main(String[] arguments) throws Exception {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(8, 1), 4096), 8, 1);
        FastPath path = FastPath.open(pool, 16, Path.of(arguments[0]));
        FastPort left = path.attach("left", 0);
        FastPort right = path.attach("right", 1);
        Journey journey = Journey.between(left.number(), right.number(), 17, "10.9.0.1", 4000, "10.9.0.2", 5000)
                .macs(Long.parseLong(arguments[1]), Long.parseLong(arguments[2]));
        if (path.offload().install(journey.key, journey.action) == 0) {
            System.out.println("ready");
        }
        Thread.sleep(60_000);
    }
}
