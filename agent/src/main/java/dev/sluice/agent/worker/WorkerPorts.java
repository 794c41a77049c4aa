package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.ports.LinkEvent;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The open ports of a worker. One user: the worker; {@link #seen} is for any thread. */
final class WorkerPorts {
    private final PortSource source;
    private final Map<PortBinding, PacketPort> open = new LinkedHashMap<>();
    private PacketPort[] receiving = new PacketPort[0];
    private volatile List<OpenPort> seen = List.of();

    WorkerPorts(PortSource source) {
        this.source = source;
    }

    /**
     * Opens ports that are new, keeps those whose binding is the same; closes nothing yet.
     *
     * @param beating whether the worker says between them that it is there: many take longer than it may be silent
     */
    void open(List<PortBinding> bindings, boolean beating) {
        for (PortBinding binding : bindings) {
            if (!open.containsKey(binding)) {
                closeSameInterface(binding);
                open.put(binding, source.open(binding));
                if (beating) {
                    source.beat(System.nanoTime());
                }
            }
        }
    }

    /** A driver that is changed needs its interface free. */
    private void closeSameInterface(PortBinding next) {
        open.entrySet().removeIf(entry -> {
            boolean same = entry.getKey().interfaceName().equals(next.interfaceName());
            if (same) {
                entry.getValue().close();
            }
            return same;
        });
    }

    /** Closes ports that are not bound any more, after the data path has forgotten them. */
    void closeOthers(List<PortBinding> bindings) {
        open.entrySet().removeIf(entry -> {
            boolean other = !bindings.contains(entry.getKey());
            if (other) {
                entry.getValue().close();
            }
            return other;
        });
        receiving = open.values().toArray(new PacketPort[0]);
        publish();
    }

    /** Ports by index of the snapshot; null where there is no device. */
    @Nullable
    PacketPort[] byIndex(int portCount, List<PortBinding> bindings) {
        @Nullable PacketPort[] ports = new PacketPort[portCount];
        for (PortBinding binding : bindings) {
            ports[binding.index()] = open.get(binding);
        }
        return ports;
    }

    /** The ports to receive from; the array is not to be changed. */
    PacketPort[] receiving() {
        return receiving;
    }

    /**
     * Tells all ports of a change of interfaces.
     *
     * @param changed gets the indices of those that are others than before
     * @return whether poll descriptors may have changed beside those
     */
    boolean onLinkEvent(LinkEvent event, BitSet changed) {
        boolean mended = source.mend(event);
        open.forEach((binding, port) -> {
            if (source.onLinkEvent(port, event)) {
                changed.set(binding.index());
            }
        });
        publish();
        return mended;
    }

    private void publish() {
        List<OpenPort> now = new ArrayList<>();
        open.forEach(
                (binding, port) -> now.add(OpenPort.of(binding, port, source.isOpen(port), source.isFast(binding))));
        seen = List.copyOf(now);
    }

    /** What repeats journeys in front of the ports, null if nothing does. */
    @Nullable
    OffloadDevice offload() {
        return source.offload();
    }

    /** The ports as of the last change. */
    List<OpenPort> seen() {
        return seen;
    }

    void closeAll() {
        open.values().forEach(PacketPort::close);
        open.clear();
        receiving = new PacketPort[0];
        seen = List.of();
        source.close();
    }
}
