package dev.sluice.sdk;

import dev.sluice.wire.Geneve;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A service node that is reached by the overlay itself (C11): receives packets with what is known of them from its switch, asks its handler, and sends packet and
 * verdict back.
 *
 * <pre>{@code
 * try (ServiceNode node = ServiceNode.builder()
 *         .listen("192.0.2.10")
 *         .allow("192.0.2.1")
 *         .handler(packet -> packet.inner().destinationPort() == 23 ? Verdict.DROP_FLOW : Verdict.PASS)
 *         .start()) {
 *     node.awaitEnd();
 * }
 * }</pre>
 *
 * <p>One thread receives, asks and sends; it is not a daemon. For several cores start several nodes on addresses of their own. Memory is bounded: one buffer of 64 KiB and
 * those of the kernel; what comes faster than the handler decides is lost in the kernel's.
 */
public final class ServiceNode implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int ERRORS_IN_A_ROW_MAX = 100;
    private static final long END_WAIT_MS = 5_000;

    private final NodeSockets sockets;
    private final InetSocketAddress address;
    private final PacketHandler handler;
    private final boolean failOpen;
    private final int returnPort;
    private final NodeCounters counters = new NodeCounters();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final MemorySegment memory =
            MemorySegment.ofBuffer(buffer.duplicate().clear());
    private final Senders senders;
    private final Intake intake;
    private final ServicePacket packet;
    private final Thread thread;
    private volatile @Nullable Throwable failure;

    private ServiceNode(Builder builder, NodeSockets sockets, PacketHandler handler) throws IOException {
        this.sockets = sockets;
        this.handler = handler;
        address = sockets.address();
        failOpen = builder.failOpen;
        returnPort = builder.returnPort;
        senders = new Senders(builder.allowed, builder.returnPort);
        intake = new Intake(builder.planes.stream().mapToInt(Integer::intValue).toArray());
        packet = new ServicePacket(memory, intake);
        thread = Thread.ofPlatform().name("service-node-" + address.getPort()).unstarted(this::run);
    }

    /** Begins to describe a node. */
    public static Builder builder() {
        return new Builder();
    }

    private void run() {
        int errors = 0;
        while (sockets.isOpen()) {
            try {
                buffer.clear();
                SocketAddress from = sockets.receive(buffer);
                errors = 0;
                if (from instanceof InetSocketAddress sender) {
                    onDatagram(sender, buffer.position(), System.nanoTime());
                }
            } catch (IOException e) {
                errors++;
                if (sockets.isOpen() && errors >= ERRORS_IN_A_ROW_MAX) {
                    failure = e;
                    return;
                }
            }
        }
    }

    private void onDatagram(InetSocketAddress from, int bytes, long nowNs) {
        counters.add(NodeCounters.RECEIVED, 1);
        counters.add(NodeCounters.RECEIVED_BYTES, bytes);
        NodeDrop refused =
                senders.isAllowed(from.getAddress()) ? intake.check(memory, bytes) : NodeDrop.SENDER_NOT_ALLOWED;
        if (refused != null) {
            counters.drop(refused);
            return;
        }
        packet.begin(from, nowNs);
        Verdict verdict = ask();
        if (verdict == null) {
            counters.drop(NodeDrop.HANDLER_FAILED);
        } else {
            answer(from.getAddress(), verdict);
        }
    }

    /** What the handler says; null if it failed and the packet is not to go on. */
    private @Nullable Verdict ask() {
        try {
            // A handler that is not compiled with checks for null may give it all the same.
            @Nullable Verdict verdict = handler.handle(packet);
            if (verdict != null) {
                return verdict;
            }
        } catch (RuntimeException | Error e) {
            // Whatever it was, the next packet may do better; a node that stops would take all flows along.
            failure = e;
        }
        counters.add(NodeCounters.FAILURES, 1);
        if (!failOpen || packet.isEdited()) {
            return null;
        }
        counters.add(NodeCounters.FAILED_OPEN, 1);
        return Verdict.PASS;
    }

    private void answer(InetAddress from, Verdict verdict) {
        int sluice = packet.sluiceOffset();
        Instruction instruction = verdict.instruction();
        boolean says = instruction.action() != Instruction.Action.NONE;
        if (says && sluice < 0) {
            counters.drop(NodeDrop.INSTRUCTION_UNSAID);
            says = false;
        }
        if (verdict.passes() && !packet.isCopy()) {
            Answer.packet(memory, packet.nshOffset(), packet.index(), sluice, instruction);
            if (send(buffer.clear().limit(packet.datagramBytes()), senders.returnTo(from), packet.entropy())) {
                counters.add(NodeCounters.RETURNED, 1);
                counters.add(NodeCounters.RETURNED_BYTES, packet.datagramBytes());
                count(says, instruction);
            }
            return;
        }
        counters.drop(verdict.passes() ? NodeDrop.COPY_KEPT : NodeDrop.HANDLER_DROPPED);
        if (says) {
            Answer.message(memory, packet.nshOffset(), packet.index(), sluice, instruction);
            if (send(buffer.clear().limit(packet.frameOffset()), senders.returnTo(from), packet.entropy())) {
                counters.add(NodeCounters.MESSAGES, 1);
                count(true, instruction);
            }
        }
    }

    private boolean send(ByteBuffer bytes, InetSocketAddress to, int entropy) {
        try {
            sockets.send(bytes, to, entropy);
            return true;
        } catch (IOException e) {
            counters.drop(NodeDrop.SEND_FAILED);
            return false;
        }
    }

    private void count(boolean says, Instruction instruction) {
        if (says) {
            counters.said(instruction.action());
        }
    }

    /**
     * Says something about a flow whose packet has been answered already, for example when a slow analysis is done. Any thread. It may get lost like any datagram; say it
     * again while packets of the flow still come.
     *
     * @return whether it was sent; if not, the reason is counted
     */
    public boolean say(FlowReference flow, Instruction instruction) {
        if (!flow.canSay()) {
            counters.drop(NodeDrop.INSTRUCTION_UNSAID);
            return false;
        }
        InetSocketAddress to = new InetSocketAddress(flow.to(), returnPort);
        if (!send(ByteBuffer.wrap(flow.message(instruction)), to, flow.entropy())) {
            return false;
        }
        counters.add(NodeCounters.MESSAGES, 1);
        counters.said(instruction.action());
        return true;
    }

    /** Where it listens; the port that the system chose if 0 was asked for. */
    public InetSocketAddress address() {
        return address;
    }

    /** Counters so far. Any thread. */
    public NodeStatistics statistics() {
        return counters.read();
    }

    /** The last thing that the handler threw, or what ended the node. Any thread. */
    public Optional<Throwable> lastFailure() {
        return Optional.ofNullable(failure);
    }

    /** Whether it takes packets: until {@link #close}, or 100 receive errors in a row. */
    public boolean isRunning() {
        return thread.isAlive();
    }

    /** Waits until it ends. */
    public void awaitEnd() throws InterruptedException {
        thread.join();
    }

    /** Waits until it ends, but not longer than this; whether it has ended. */
    public boolean awaitEnd(Duration atMost) throws InterruptedException {
        return thread.join(atMost);
    }

    /** Ends it; waits up to 5 s for a handler that is at work. */
    @Override
    public void close() throws IOException {
        sockets.close();
        if (!Thread.currentThread().equals(thread)) {
            try {
                thread.join(END_WAIT_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Describes a node. Address, at least one switch, and handler are required. */
    public static final class Builder {
        private static final int SOURCE_PORTS_MAX = 256;
        private static final int VNI_MAX = 0xff_ffff;

        private final List<IpPrefix> allowed = new ArrayList<>();
        private final Set<Integer> planes = new TreeSet<>();
        private @Nullable InetSocketAddress listen;
        private @Nullable PacketHandler handler;
        private boolean failOpen;
        private boolean fragment;
        private int sourcePorts = 16;
        private int returnPort = Geneve.PORT;
        private int receiveBufferBytes = 4 << 20;

        private Builder() {}

        /** The node's own address, on which its switch sends to it, and port 6081. */
        public Builder listen(String ownAddress) {
            return listen(ownAddress, Geneve.PORT);
        }

        /** The node's own address and another port; 0: any. */
        public Builder listen(String ownAddress, int port) {
            if (port < 0 || port > 0xffff) {
                throw new IllegalArgumentException("listen: port " + port + " is outside 0..65535");
            }
            IpPrefix block = prefix("listen", ownAddress);
            if (block.mappedBits() != 128) {
                throw new IllegalArgumentException("listen: '" + ownAddress + "' is a prefix; give one address");
            }
            if (block.address().equals(IpAddress.ANY_V4) || block.address().equals(IpAddress.ANY_V6)) {
                // Packets would go back from whatever address the route chooses, and the switch expects the node's.
                throw new IllegalArgumentException(
                        "listen: '" + ownAddress + "' is any address; give the one that the switch sends to");
            }
            listen = new InetSocketAddress(InetAddress.ofLiteral(block.address().toString()), port);
            return this;
        }

        /** Switches that packets are taken from: addresses or prefixes. Repeated calls add. */
        public Builder allow(String... switches) {
            for (String one : switches) {
                allowed.add(prefix("allow", one));
            }
            return this;
        }

        /** Service planes (VNI) that packets are taken from; all if none is named. Repeated calls add. */
        public Builder allowPlane(int... svnis) {
            for (int svni : svnis) {
                if (svni < 0 || svni > VNI_MAX) {
                    throw new IllegalArgumentException(
                            "allowPlane: VNI " + svni + " is outside 0.." + VNI_MAX + " (24 bits, RFC 8926 3.4)");
                }
                planes.add(svni);
            }
            return this;
        }

        /** Who decides. */
        public Builder handler(PacketHandler decides) {
            handler = decides;
            return this;
        }

        /** A packet whose handler fails goes on unserved, unless it was changed already; else, and by default, it is dropped. */
        public Builder failOpen() {
            failOpen = true;
            return this;
        }

        /** From how many ports packets go back, so that routers can spread flows: 16 unless told otherwise; 0: from the port that listens. */
        public Builder sourcePorts(int count) {
            if (count < 0 || count > SOURCE_PORTS_MAX) {
                throw new IllegalArgumentException("sourcePorts: " + count + " is outside 0.." + SOURCE_PORTS_MAX);
            }
            sourcePorts = count;
            return this;
        }

        /** The port of switches that packets go back to: 6081 unless told otherwise. */
        public Builder returnPort(int port) {
            if (port < 1 || port > 0xffff) {
                throw new IllegalArgumentException("returnPort: " + port + " is outside 1..65535");
            }
            returnPort = port;
            return this;
        }

        /** What the kernel is asked to hold while the handler decides, 4 MiB unless told otherwise; the kernel's own limit may be lower. */
        public Builder receiveBufferBytes(int bytes) {
            if (bytes < BUFFER_BYTES) {
                throw new IllegalArgumentException(
                        "receiveBufferBytes: " + bytes + " is below " + BUFFER_BYTES + ", the largest packet");
            }
            receiveBufferBytes = bytes;
            return this;
        }

        /** Packets that have become larger than the MTU go in fragments, for switches that take them; Sluice does not. By default they are dropped and counted. */
        public Builder fragment() {
            fragment = true;
            return this;
        }

        /**
         * Opens the sockets and begins.
         *
         * @throws IllegalStateException if something required is missing
         * @throws IOException if an address or port cannot be had
         */
        public ServiceNode start() throws IOException {
            InetSocketAddress own = listen;
            PacketHandler decides = handler;
            if (own == null || decides == null || allowed.isEmpty()) {
                String missing = own == null ? "listen" : decides == null ? "handler" : "allow";
                throw new IllegalStateException(missing + " is missing; a node needs listen, allow and handler");
            }
            NodeSockets sockets = NodeSockets.open(own, sourcePorts, receiveBufferBytes, !fragment);
            ServiceNode node = new ServiceNode(this, sockets, decides);
            node.thread.start();
            return node;
        }

        private static IpPrefix prefix(String field, String text) {
            return IpPrefix.parse(text)
                    .orElseThrow(() -> new IllegalArgumentException(field + ": '" + text + "' is no IP address"
                            + (field.equals("allow") ? " or prefix without host bits" : "")));
        }
    }
}
