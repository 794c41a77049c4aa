package dev.sluice.agent.southbound;

import dev.sluice.agent.compile.HostSafety;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Lookout;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the interfaces of this host for a manager, for as long as it looks for any. One user: the stream's thread, whose network namespace it is. */
final class HostWatch implements AutoCloseable {
    /** How soon a change of an interface is noticed, in ms. */
    static final long LOOK_MS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    /** Routes and logins change without any change of an interface. */
    private static final long ANEW_NS = 5_000_000_000L;

    private final InterfaceLookout lookout = new InterfaceLookout();
    private final HostSafety safety = HostSafety.ofThisHost();
    private @Nullable LinkMonitor links;
    private boolean anew = true;
    private long lookedNs;
    private boolean complained;

    /** A new stream has begun. */
    void begin() {
        lookout.begin();
        anew = true;
    }

    /** From now on these interfaces are to be told. */
    void lookFor(Lookout wanted) {
        lookout.lookFor(wanted);
        anew = true;
    }

    boolean isLooking() {
        return lookout.isLooking();
    }

    /** What is new of the interfaces that are looked for. */
    Optional<FromAgent> tell(long nowNs) {
        if (!lookout.isLooking()) {
            close();
            return Optional.empty();
        }
        try {
            LinkMonitor monitor = links;
            if (monitor == null) {
                monitor = LinkMonitor.open();
                links = monitor;
            }
            boolean moved = !monitor.poll().isEmpty();
            if (!moved && !anew && nowNs - lookedNs < ANEW_NS) {
                return Optional.empty();
            }
            anew = false;
            lookedNs = nowNs;
            complained = false;
            return lookout.tell(monitor.links(), safety::inUse);
        } catch (IOException e) {
            if (!complained) {
                LOG.warn(
                        "interfaces of this host cannot be watched for the manager, that is tried again: {}",
                        e.getMessage());
            }
            complained = true;
            close();
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        LinkMonitor monitor = links;
        if (monitor != null) {
            monitor.close();
            links = null;
            anew = true;
        }
    }
}
