package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;

/** Ports by the names that users know. Stateless. */
final class PortNames {
    private PortNames() {}

    /**
     * The index of a port that has a device.
     *
     * @throws NodeException if there is none of this name; the message names those there are
     */
    static int index(Snapshot snapshot, String name) throws NodeException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            if (port.role() != PortEntry.Role.LINK) {
                if (port.name().equals(name)) {
                    return i;
                }
                names.add(port.name());
            }
        }
        throw new NodeException("port "
                + (name.isEmpty() ? "is missing" : AdminRequest.shorten(name) + " is not known") + "; allowed: "
                + String.join(", ", names));
    }
}
