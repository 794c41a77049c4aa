package dev.sluice.bench;

import dev.sluice.lab.Namespace;
import java.util.List;

/** The kernel as a router between p0 and p1 of {@link Bed#routed}, with or without connection tracking, on the core that the frames come in at. Static, for the benchmark's thread. */
final class LinuxRouter {
    private LinuxRouter() {}

    /** Only forwarding. */
    static void start(Bed bed) {
        Namespace router = bed.namespace();
        router.interfaceNamed("p0").address("10.0.0.0/31");
        router.interfaceNamed("p1").address("10.0.0.3/31");
        router.forwarding(true);
    }

    /** The same with a rule that lets through what belongs to a known flow, and new ones. */
    static void startTracking(Bed bed) {
        start(bed);
        bed.namespace().execWithInput(List.of("nft", "-f", "-"), LinuxBridge.RULES);
    }
}
