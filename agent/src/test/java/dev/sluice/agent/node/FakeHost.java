package dev.sluice.agent.node;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.agent.worker.PortSource;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.MemoryPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A host whose interfaces are in memory. Tests change it while a node uses it. */
public final class FakeHost implements LinkSource, PortSource.Factory {
    private final Map<String, LinkInfo> links = new ConcurrentHashMap<>();
    private final Queue<LinkEvent> events = new ConcurrentLinkedQueue<>();
    final Map<String, MemoryPort> ports = new ConcurrentHashMap<>();

    /** From now on the next change of an interface is an error of the machine to the worker. */
    volatile boolean memoryIsOut;

    void link(String name, boolean carrier) {
        LinkInfo before = links.get(name);
        LinkInfo now =
                new LinkInfo(name, 1 + (name.hashCode() & 0xffff), 0x02_00_00_00_00_01L, 1500, true, carrier, "", 0);
        links.put(name, now);
        events.add(before == null ? new LinkEvent.Appeared(now) : new LinkEvent.Changed(now, before));
    }

    @Override
    public List<LinkEvent> poll() {
        List<LinkEvent> all = new ArrayList<>();
        for (LinkEvent event = events.poll(); event != null; event = events.poll()) {
            all.add(event);
        }
        return all;
    }

    @Override
    public @Nullable LinkInfo link(String interfaceName) {
        return links.get(interfaceName);
    }

    @Override
    public void close() {}

    @Override
    public PortSource over(FramePool pool) {
        return new PortSource() {
            @Override
            public PacketPort open(PortBinding binding) {
                MemoryPort port = new MemoryPort(binding.interfaceName(), binding.index(), pool);
                ports.put(binding.interfaceName(), port);
                return port;
            }

            @Override
            public boolean isOpen(PacketPort port) {
                return true;
            }

            @Override
            public boolean onLinkEvent(PacketPort port, LinkEvent event) {
                if (memoryIsOut) {
                    throw new OutOfMemoryError("planted");
                }
                return false;
            }
        };
    }
}
