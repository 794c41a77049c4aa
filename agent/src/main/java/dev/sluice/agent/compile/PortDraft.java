package dev.sluice.agent.compile;

import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.Port.FastPath;
import dev.sluice.model.Port.XdpMode;
import dev.sluice.model.Port.ZeroCopy;
import dev.sluice.model.PortDriver;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A port while its snapshot is being compiled. One writer: the compilation. */
final class PortDraft {
    final int index;
    final String name;
    final PortEntry.Role role;
    int router = -1;
    int peer = -1;
    long mac;
    int mtuBytes;
    final List<PortAddress> addresses = new ArrayList<>();
    boolean classifyFromPort;
    boolean classifyToPort;

    /** Bits of {@link NonUnicast} kinds. */
    int refusedKinds;

    @Nullable
    PortBinding binding;

    /** Ids of the rules of the two sides. */
    final BitSet[] rules = {new BitSet(), new BitSet()};

    final int[] groups = new int[2];

    PortDraft(int index, String name, PortEntry.Role role) {
        this.index = index;
        this.name = name;
        this.role = role;
    }

    /** Binds the port to an interface and takes over its facts; without facts the MAC is one made from the name. */
    void bind(
            String interfaceName,
            @Nullable InterfaceFacts facts,
            PortDriver driver,
            XdpMode xdpMode,
            ZeroCopy zeroCopy,
            FastPath fastPath) {
        binding = new PortBinding(index, interfaceName, role, driver, xdpMode, zeroCopy, fastPath);
        mac = facts == null ? DerivedMac.of("port/" + name) : facts.mac();
        mtuBytes = facts == null ? 0 : facts.mtuBytes();
    }

    void addAddresses(List<InterfaceAddress> more) {
        for (InterfaceAddress address : more) {
            PortAddress own = new PortAddress(address.address(), address.bits());
            if (!addresses.contains(own)) {
                addresses.add(own);
            }
        }
    }

    PortEntry toEntry() {
        return new PortEntry(
                index,
                name,
                role,
                router,
                peer,
                mac,
                addresses,
                classifyFromPort,
                classifyToPort,
                groups[PortSides.FROM_PORT],
                groups[PortSides.TO_PORT],
                mtuBytes,
                refusedKinds);
    }

    /** Keeps the index of a port that is no longer configured: nothing comes from it, and what a record still sends to it is lost. */
    static PortEntry vanished(int index, String name) {
        return new PortDraft(index, name, PortEntry.Role.SERVICE).toEntry();
    }
}
