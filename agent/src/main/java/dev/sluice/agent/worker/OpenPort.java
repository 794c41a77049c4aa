package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;

/**
 * A port as the worker last saw it; for other threads, which must not touch the port itself.
 *
 * @param binding what it is bound to
 * @param description driver and why it was chosen, or why the port is deaf
 * @param open whether frames can cross it
 * @param fastPath whether the kernel repeats journeys there
 * @param counters written by the worker, may lag
 */
public record OpenPort(PortBinding binding, String description, boolean open, boolean fastPath, PortCounters counters) {
    static OpenPort of(PortBinding binding, PacketPort port, boolean open, boolean fastPath) {
        return new OpenPort(binding, port.description(), open, fastPath, port.counters());
    }
}
