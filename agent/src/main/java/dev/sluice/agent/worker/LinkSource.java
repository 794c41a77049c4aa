package dev.sluice.agent.worker;

import dev.sluice.agent.compile.InterfaceDirectory;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interfaces of the host and what happens to them. One user: the control thread. */
public interface LinkSource extends InterfaceDirectory, AutoCloseable {
    /** What has changed since the last call, in order; does not block. */
    List<LinkEvent> poll() throws IOException;

    /** The interface of this name as last seen, null if there is none. */
    @Nullable
    LinkInfo link(String interfaceName);

    @Override
    default @Nullable InterfaceFacts find(String interfaceName) {
        LinkInfo link = link(interfaceName);
        return link == null ? null : new InterfaceFacts(link.mac(), link.mtu());
    }

    @Override
    void close();
}
