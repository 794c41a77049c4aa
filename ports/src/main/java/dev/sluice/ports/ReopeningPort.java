package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import org.jspecify.annotations.Nullable;

/**
 * A port that outlives its interface: deaf while there is none of its name, open again when one appears. One user: the worker that owns it, to which link
 * events are handed too.
 *
 * <p>Counters go on across interfaces. Never throws: why the port could not be opened is in {@link #description}.
 */
public final class ReopeningPort implements PacketPort {
    /** Opens the driver for the interface as it is now, counting in the given counters. */
    @FunctionalInterface
    public interface Driver {
        /** A driver instance, or an exception that says why there is none. */
        PacketPort open(PortCounters counters) throws PortException;
    }

    /** Gives the right to the interface as it is now, see {@link Claim}. */
    @FunctionalInterface
    public interface Right {
        /** What is held while the interface is open, or an exception that says who has it. */
        Claim take() throws PortException;
    }

    private final String name;
    private final FramePool pool;
    private final @Nullable Right right;
    private final Driver driver;
    private final PortCounters counters = new PortCounters();
    private @Nullable PacketPort current;
    private @Nullable Claim claim;
    private int interfaceIndex;
    private String trouble = "not opened yet";

    private ReopeningPort(String name, FramePool pool, @Nullable Right right, Driver driver) {
        this.name = name;
        this.pool = pool;
        this.right = right;
        this.driver = driver;
    }

    /**
     * Opens the port if the interface is there, else leaves it deaf until it appears.
     *
     * @param interfaceName Linux interface name
     */
    public static ReopeningPort open(String interfaceName, FramePool pool, Driver driver) {
        return open(interfaceName, pool, null, driver);
    }

    /**
     * The same for an interface that nobody else is to have.
     *
     * @param right asked for before each opening; null: it is not asked for
     */
    public static ReopeningPort open(String interfaceName, FramePool pool, @Nullable Right right, Driver driver) {
        ReopeningPort port = new ReopeningPort(interfaceName, pool, right, driver);
        port.reopen(Math.max(0, Linux.interfaceIndex(interfaceName)));
        return port;
    }

    /**
     * Takes note of a change of interfaces; others than its own are passed over.
     *
     * @return whether {@link #pollDescriptor} has changed, so that a {@link Poller} has to be told
     */
    public boolean onLinkEvent(LinkEvent event) {
        boolean deleted = false;
        if (current instanceof InterfaceHolder holder) {
            if (holder.holdsInterface()) {
                return false;
            }
            // Perhaps there is another one of its name already, of which the event tells.
            deleted = goDeaf("interface " + name + " was deleted");
        }
        return follow(event) || deleted;
    }

    private boolean follow(LinkEvent event) {
        LinkInfo link = event.link();
        boolean mine = link.name().equals(name);
        return switch (event) {
            case LinkEvent.Vanished _ -> link.index() == interfaceIndex && goDeaf("interface " + name + " vanished");
            // The first event may tell of the very interface that is open already.
            case LinkEvent.Appeared _ ->
                mine && (current == null || link.index() != interfaceIndex) && reopen(link.index());
            case LinkEvent.Changed _ -> {
                if (mine && (current == null || link.index() != interfaceIndex)) {
                    yield reopen(link.index());
                }
                yield !mine && link.index() == interfaceIndex && goDeaf("interface was renamed to " + link.name());
            }
            case LinkEvent.Readdressed _ -> {
                if (link.index() == interfaceIndex && current instanceof AddressFollower follower) {
                    follower.onAddresses();
                }
                yield false;
            }
        };
    }

    private boolean reopen(int index) {
        boolean wasOpen = current != null;
        closeCurrent();
        interfaceIndex = index;
        try {
            claim = right == null ? null : right.take();
            current = driver.open(counters);
            trouble = "";
        } catch (PortException e) {
            trouble = String.valueOf(e.getMessage());
            letGo();
        }
        return wasOpen || current != null;
    }

    private boolean goDeaf(String why) {
        closeCurrent();
        interfaceIndex = 0;
        trouble = why;
        return true;
    }

    private void closeCurrent() {
        if (current != null) {
            current.close();
            current = null;
        }
        letGo();
    }

    private void letGo() {
        Claim held = claim;
        claim = null;
        if (held != null) {
            held.close();
        }
    }

    /** Whether the interface is open now. */
    public boolean isOpen() {
        return current != null;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        PacketPort port = current;
        return port == null ? 0 : port.receive(batch);
    }

    @Override
    public void send(Batch batch, int slot) {
        PacketPort port = current;
        if (port == null) {
            counters.sendDropped++;
            pool.give(batch.start[slot]);
        } else {
            port.send(batch, slot);
        }
    }

    @Override
    public void flush() {
        PacketPort port = current;
        if (port != null) {
            port.flush();
        }
    }

    @Override
    public int pollDescriptor() {
        PacketPort port = current;
        return port == null ? -1 : port.pollDescriptor();
    }

    @Override
    public boolean carriesOffloads() {
        PacketPort port = current;
        return port != null && port.carriesOffloads();
    }

    @Override
    public String description() {
        PacketPort port = current;
        return port == null ? "deaf: " + trouble : port.description();
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        closeCurrent();
        trouble = "closed";
    }
}
