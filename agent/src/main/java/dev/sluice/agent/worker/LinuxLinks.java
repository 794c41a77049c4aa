package dev.sluice.agent.worker;

import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.LinkMonitor;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interfaces of the network namespace of the thread that opens it. One user: the control thread. */
public final class LinuxLinks implements LinkSource {
    private final LinkMonitor monitor;

    private LinuxLinks(LinkMonitor monitor) {
        this.monitor = monitor;
    }

    public static LinuxLinks open() throws IOException {
        return new LinuxLinks(LinkMonitor.open());
    }

    @Override
    public List<LinkEvent> poll() throws IOException {
        return monitor.poll();
    }

    @Override
    public @Nullable LinkInfo link(String interfaceName) {
        return monitor.link(interfaceName).orElse(null);
    }

    @Override
    public void close() {
        monitor.close();
    }
}
