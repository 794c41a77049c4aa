package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Watches the interfaces of one network namespace, and whether the host's addresses there change, by rtnetlink(7). One user: a control thread.
 *
 * <p>Knows all interfaces from the start; {@link #poll} tells what has changed since. Should the kernel have lost messages (ENOBUFS), everything is listed
 * again, as often as it takes, and the differences are told, so that no change stays unseen. The socket belongs to the namespace of the thread that opens it.
 */
public final class LinkMonitor implements AutoCloseable {
    private static final String OBJECT = "link monitor";
    private static final String CAPABILITY = "a netlink socket";
    private static final int RTMGRP_LINK = 1;
    private static final int RTMGRP_ADDRESSES = 0x10 | 0x100;
    private static final int SOCKADDR_NL_BYTES = 12;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int DUMP_WAIT_MS = 2000;
    private static final int DUMPS_MAX = 5;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
    private final Map<Integer, LinkInfo> links = new HashMap<>();
    private final Set<Integer> listed = new HashSet<>();
    private final List<LinkEvent> untold = new ArrayList<>();
    private boolean dumpRunning;

    /** Whether there may be changes that nothing told of: messages were lost, or a list was not whole. */
    private boolean behind;

    private int sequence;

    private LinkMonitor(int fd) {
        this.fd = fd;
    }

    /** Opens the monitor and reads all interfaces. */
    public static LinkMonitor open() throws PortException {
        int fd = Linux.socket(
                KernelConstants.AF_NETLINK,
                KernelConstants.SOCK_RAW | KernelConstants.SOCK_NONBLOCK | KernelConstants.SOCK_CLOEXEC,
                0);
        if (fd < 0) {
            throw PortException.of(OBJECT, "socket", fd, CAPABILITY);
        }
        LinkMonitor monitor = new LinkMonitor(fd);
        boolean opened = false;
        try {
            monitor.start();
            opened = true;
            return monitor;
        } finally {
            if (!opened) {
                monitor.close();
            }
        }
    }

    /** The facts of one interface of the calling thread's namespace, now; empty if there is none of this name. */
    public static Optional<LinkInfo> read(String interfaceName) throws PortException {
        try (LinkMonitor monitor = open()) {
            return monitor.link(interfaceName);
        }
    }

    private void start() throws PortException {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment address = scratch.allocate(SOCKADDR_NL_BYTES, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_NETLINK);
            address.set(ValueLayout.JAVA_INT, 8, RTMGRP_LINK | RTMGRP_ADDRESSES);
            int answer = Linux.bind(fd, address, SOCKADDR_NL_BYTES);
            if (answer < 0) {
                throw PortException.of(OBJECT, "bind", answer, CAPABILITY);
            }
        }
        for (int i = 0; i < DUMPS_MAX; i++) {
            listFirst();
            if (!behind) {
                return;
            }
        }
        throw new PortException(OBJECT + ": the kernel did not list all its interfaces in " + DUMPS_MAX
                + " tries; do very many come and go? Try again");
    }

    private void listFirst() throws PortException {
        requestDump();
        List<LinkEvent> ignored = new ArrayList<>();
        while (dumpRunning) {
            if (!waitReadable()) {
                throw new PortException(OBJECT + ": the kernel did not list its interfaces within " + DUMP_WAIT_MS
                        + " ms; is the machine overloaded? Try again");
            }
            drain(ignored);
        }
    }

    private boolean waitReadable() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment entry = scratch.allocate(KernelLayouts.POLLFD);
            entry.set(ValueLayout.JAVA_INT, 0, fd);
            entry.set(ValueLayout.JAVA_SHORT, 4, KernelConstants.POLLIN);
            return Linux.poll(entry, 1, DUMP_WAIT_MS) > 0;
        }
    }

    private void requestDump() throws PortException {
        listed.clear();
        dumpRunning = true;
        behind = false;
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment request = scratch.allocate(LinkMessage.DUMP_REQUEST_BYTES, 4);
            LinkMessage.writeDumpRequest(request, ++sequence);
            long answer = Linux.sendto(fd, request, request.byteSize(), 0, MemorySegment.NULL, 0);
            if (answer < 0) {
                dumpRunning = false;
                behind = true;
                throw PortException.of(OBJECT, "RTM_GETLINK", answer, CAPABILITY);
            }
        }
    }

    /** A descriptor that polls readable when {@link #poll} has something to tell. */
    public int pollDescriptor() {
        return fd;
    }

    /** The interface of this name as last seen. */
    public Optional<LinkInfo> link(String interfaceName) {
        return links.values().stream()
                .filter(link -> link.name().equals(interfaceName))
                .findFirst();
    }

    /** All interfaces as last seen. */
    public Collection<LinkInfo> links() {
        return List.copyOf(links.values());
    }

    /**
     * What has changed since the last call, in the kernel's order; does not block.
     *
     * @throws PortException if interfaces had to be listed again and the kernel refused; what was read before it did is told by the next call
     */
    public List<LinkEvent> poll() throws PortException {
        drain(untold);
        if (behind) {
            requestDump();
            drain(untold);
        }
        List<LinkEvent> events = List.copyOf(untold);
        untold.clear();
        return events;
    }

    /** Reads all waiting messages. */
    private void drain(List<LinkEvent> events) {
        while (true) {
            long bytes = Linux.recv(fd, buffer, BUFFER_BYTES, KernelConstants.MSG_DONTWAIT);
            if (bytes == -Errno.ENOBUFS) {
                behind = true;
            } else if (bytes <= 0 && bytes != -Errno.EINTR) {
                return;
            } else {
                onMessages(bytes, events);
            }
        }
    }

    private void onMessages(long bytes, List<LinkEvent> events) {
        for (long at = 0; at + LinkMessage.HEADER_BYTES <= bytes; ) {
            int length = LinkMessage.length(buffer, at);
            if (length < LinkMessage.HEADER_BYTES || at + length > bytes) {
                return;
            }
            onMessage(at, events);
            at += (length + 3) & ~3;
        }
    }

    private void onMessage(long at, List<LinkEvent> events) {
        switch (LinkMessage.type(buffer, at)) {
            case LinkMessage.RTM_NEWLINK -> {
                LinkInfo link = LinkMessage.read(buffer, at);
                if (link != null) {
                    listed.add(link.index());
                    onLink(link, events);
                }
            }
            case LinkMessage.RTM_DELLINK -> {
                LinkInfo link = LinkMessage.read(buffer, at);
                if (link != null) {
                    onGone(link.index(), events);
                }
            }
            case LinkMessage.RTM_NEWADDR, LinkMessage.RTM_DELADDR -> {
                LinkInfo link = links.get(LinkMessage.addressedInterface(buffer, at));
                if (link != null) {
                    events.add(new LinkEvent.Readdressed(link));
                }
            }
            case LinkMessage.NLMSG_DONE, LinkMessage.NLMSG_ERROR -> {
                if (dumpRunning && LinkMessage.sequence(buffer, at) == sequence) {
                    onDumpDone(
                            LinkMessage.type(buffer, at) == LinkMessage.NLMSG_DONE
                                    && LinkMessage.error(buffer, at) == 0,
                            events);
                }
            }
            default -> {}
        }
    }

    private void onLink(LinkInfo link, List<LinkEvent> events) {
        LinkInfo before = links.put(link.index(), link);
        if (before == null) {
            events.add(new LinkEvent.Appeared(link));
        } else if (!before.equals(link)) {
            events.add(new LinkEvent.Changed(link, before));
        }
    }

    private void onGone(int index, List<LinkEvent> events) {
        LinkInfo before = links.remove(index);
        if (before != null) {
            events.add(new LinkEvent.Vanished(before));
        }
    }

    /** What a complete list did not name is gone. */
    private void onDumpDone(boolean complete, List<LinkEvent> events) {
        dumpRunning = false;
        behind |= !complete;
        if (complete) {
            for (Integer index : List.copyOf(links.keySet())) {
                if (!listed.contains(index)) {
                    onGone(index, events);
                }
            }
            // Messages about addresses may have been among those that were lost.
            links.values().forEach(link -> events.add(new LinkEvent.Readdressed(link)));
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
        arena.close();
    }
}
