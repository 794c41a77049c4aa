package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.model.PortDriver;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ports that are not open though their interface is there, or is theirs to make: they are tried again, because another node that had it may have let go of it, and what else kept them from opening may have passed. One user: the
 * control thread.
 */
public final class DeafPorts {
    private static final long LOOK_NS = 500_000_000L;

    /** A node that is started again gets its interfaces before one that waits for them. */
    private static final long GRACE_NS = 5_000_000_000L;

    /** A try may cost the other ports some time. */
    private static final long WAIT_MAX_NS = 60_000_000_000L;

    private final Function<String, Optional<Claim.Holder>> holders;
    private final Map<String, Wait> waits = new HashMap<>();
    private long lastNs;
    private boolean looked;

    /** Of a port, until it is tried. */
    private record Wait(long sinceNs, long waitNs) {
        boolean isOver(long nowNs) {
            return nowNs - sinceNs >= waitNs;
        }

        Wait longer(long nowNs) {
            return new Wait(nowNs, Math.min(2 * waitNs, WAIT_MAX_NS));
        }
    }

    /** @param holders who has an interface */
    public DeafPorts(Function<String, Optional<Claim.Holder>> holders) {
        this.holders = holders;
    }

    /** For each port that is to be tried now, that its interface appeared: that is what ports open themselves by. To be called often. */
    public List<LinkEvent> due(List<OpenPort> ports, LinkSource links, long nowNs) {
        if (looked && nowNs - lastNs < LOOK_NS) {
            return List.of();
        }
        looked = true;
        lastNs = nowNs;
        List<LinkEvent> due = new ArrayList<>();
        List<String> waiting = new ArrayList<>();
        for (OpenPort port : ports) {
            String name = port.binding().interfaceName();
            LinkInfo link = link(port.binding(), links);
            if (port.open() || link == null || holders.apply(name).isPresent()) {
                continue;
            }
            waiting.add(name);
            Wait wait = waits.computeIfAbsent(name, _ -> new Wait(nowNs, GRACE_NS));
            if (wait.isOver(nowNs)) {
                due.add(new LinkEvent.Appeared(link));
                waits.put(name, wait.longer(nowNs));
            }
        }
        waits.keySet().retainAll(waiting);
        return due;
    }

    /** A TAP makes its interface where there is none, see {@link dev.sluice.ports.TapPort}. */
    private static @Nullable LinkInfo link(PortBinding binding, LinkSource links) {
        String name = binding.interfaceName();
        LinkInfo link = links.link(name);
        return link == null && binding.driver() == PortDriver.TAP
                ? new LinkInfo(name, 0, 0, 0, false, false, "", 0)
                : link;
    }
}
