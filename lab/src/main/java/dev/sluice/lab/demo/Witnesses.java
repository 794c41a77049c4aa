package dev.sluice.lab.demo;

import dev.sluice.lab.IdObserver;
import dev.sluice.lab.LabInterface;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Captures on the interfaces of others than Sluice, each begun when it is first asked for. One thread. */
final class Witnesses {
    private final Scene scene;
    private @Nullable IdObserver firewall;
    private @Nullable IdObserver inspector;
    private @Nullable IdObserver server;

    Witnesses(Scene scene) {
        this.scene = scene;
    }

    /** What the firewall's in side receives and sends. */
    IdObserver firewall() {
        if (firewall == null) {
            firewall = IdObserver.start(scene.firewall().in(), IdObserver.Direction.BOTH);
        }
        return firewall;
    }

    /** What the second node's in side receives and sends. */
    IdObserver inspector() {
        if (inspector == null) {
            inspector = IdObserver.start(scene.inspector().in(), IdObserver.Direction.BOTH);
        }
        return inspector;
    }

    /** What the server's wire brings. */
    IdObserver server() {
        if (server == null) {
            server = IdObserver.start(new LabInterface(scene.server(), "eth0"), IdObserver.Direction.IN);
        }
        return server;
    }

    /** The firewall as the node that all packets must pass. */
    Map<String, IdObserver> firewallOnly() {
        return Map.of("firewall", firewall());
    }

    /** The second node as the one that no packet may pass. */
    Map<String, IdObserver> inspectorOnly() {
        return Map.of("ips", inspector());
    }

    /** Both nodes as those that all packets must pass. */
    Map<String, IdObserver> both() {
        return Map.of("firewall", firewall(), "ips", inspector());
    }
}
