package dev.sluice.testkit.sim;

import dev.sluice.agent.worker.LinkSource;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The interfaces of a host: each that is asked for is there. One user. */
final class HostLinks implements LinkSource {
    private static final int MTU = 1700;
    private static final long LOCAL_MAC = 0x0200_0000_0000L;

    private final String host;
    private final Set<String> down = new HashSet<>();

    HostLinks(String host) {
        this.host = host;
    }

    /** Takes the carrier of an interface away, or gives it back. */
    void carrier(String interfaceName, boolean there) {
        if (there) {
            down.remove(interfaceName);
        } else {
            down.add(interfaceName);
        }
    }

    /** All have their carrier again. */
    void mend() {
        down.clear();
    }

    @Override
    public List<LinkEvent> poll() {
        return List.of();
    }

    @Override
    public LinkInfo link(String interfaceName) {
        int hash = (host + " " + interfaceName).hashCode();
        return new LinkInfo(
                interfaceName,
                1 + (hash & 0xffff),
                LOCAL_MAC | (hash & 0xffff_ffffL),
                MTU,
                true,
                !down.contains(interfaceName),
                "",
                0);
    }

    @Override
    public void close() {}
}
