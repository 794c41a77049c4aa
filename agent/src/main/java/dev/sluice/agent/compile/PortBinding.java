package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.model.Port.FastPath;
import dev.sluice.model.Port.XdpMode;
import dev.sluice.model.Port.ZeroCopy;
import dev.sluice.model.PortDriver;

/**
 * The device that a port of the snapshot is bound to; two equal bindings can share one open port over a change of the snapshot.
 *
 * @param index index of the port in the snapshot
 * @param interfaceName Linux interface
 * @param role what the port is for
 * @param driver how frames are received and sent
 * @param xdpMode where an XDP program is attached
 * @param zeroCopy whether AF_XDP avoids copying
 * @param fastPath where the kernel repeats known flows of it, on a node where it does so
 */
public record PortBinding(
        int index,
        String interfaceName,
        PortEntry.Role role,
        PortDriver driver,
        XdpMode xdpMode,
        ZeroCopy zeroCopy,
        FastPath fastPath) {}
