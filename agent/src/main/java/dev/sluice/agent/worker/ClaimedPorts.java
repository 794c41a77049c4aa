package dev.sluice.agent.worker;

import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Ports whose interface another node has: they are opened when that one has let go of it. One user: the control thread. */
public final class ClaimedPorts {
    private static final long LOOK_NS = 500_000_000L;

    /** A node that is started again gets its interfaces before one that waits for them. */
    private static final long GRACE_NS = 5_000_000_000L;

    private final Function<String, Optional<Claim.Holder>> holders;
    private final Map<String, Long> freeSinceNs = new HashMap<>();
    private long lastNs;
    private boolean looked;

    /** @param holders who has an interface */
    public ClaimedPorts(Function<String, Optional<Claim.Holder>> holders) {
        this.holders = holders;
    }

    /** For each port whose interface has been free for a while, that it appeared: that is what ports open themselves by. To be called often. */
    public List<LinkEvent> freed(List<OpenPort> ports, LinkSource links, long nowNs) {
        if (looked && nowNs - lastNs < LOOK_NS) {
            return List.of();
        }
        looked = true;
        lastNs = nowNs;
        List<LinkEvent> freed = new ArrayList<>();
        List<String> waiting = new ArrayList<>();
        for (OpenPort port : ports) {
            String name = port.binding().interfaceName();
            LinkInfo link = links.link(name);
            if (port.open() || link == null || !Claim.isRefusal(port.description(), name)) {
                continue;
            }
            if (holders.apply(name).isPresent()) {
                continue;
            }
            waiting.add(name);
            if (nowNs - freeSinceNs.computeIfAbsent(name, _ -> nowNs) >= GRACE_NS) {
                freed.add(new LinkEvent.Appeared(link));
                // Who is refused again waits as long as the first time.
                freeSinceNs.put(name, nowNs);
            }
        }
        freeSinceNs.keySet().retainAll(waiting);
        return freed;
    }
}
