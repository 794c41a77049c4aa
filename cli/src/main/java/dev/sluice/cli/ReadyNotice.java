package dev.sluice.cli;

import dev.sluice.ports.PortException;
import dev.sluice.ports.Readiness;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells systemd that a service does its work, where that started it (Type=notify). Stateless. */
final class ReadyNotice {
    private static final Logger LOG = LoggerFactory.getLogger(ReadyNotice.class);

    private ReadyNotice() {}

    static void give() {
        String address = System.getenv(Readiness.VARIABLE);
        try {
            Readiness.tell(address == null ? "" : address);
        } catch (PortException e) {
            LOG.error("who started this process does not hear that it is ready, and may end it: {}", e.getMessage());
        }
    }
}
