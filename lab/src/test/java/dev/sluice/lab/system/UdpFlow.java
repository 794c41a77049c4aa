package dev.sluice.lab.system;

import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.UdpSockets;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One UDP flow from a host to an {@link EchoHost}: every packet has an id of its own, every answer is found or missed. One user: the test. */
final class UdpFlow implements AutoCloseable {
    private static final int ANSWER_MS = 3_000;
    private static final int LOOK_MS = 20;
    private static final long LATE_MAX_NS = 20_000_000;

    /**
     * What became of some packets.
     *
     * @param sent their ids
     * @param answered those whose answer came
     * @param foreign answers with ids that this flow never sent
     */
    record Account(Set<Long> sent, Set<Long> answered, int foreign) {
        int lost() {
            return sent.size() - answered.size();
        }
    }

    /** As much as net.core.rmem_max allows: a busy machine may keep the receiver from running for a while. */
    static final int RECEIVE_BUFFER_BYTES = 4 << 20;

    private final Namespace from;
    private final DatagramSocket socket;
    private final InetSocketAddress to;
    private final Set<Long> everSent = ConcurrentHashMap.newKeySet();
    private final Set<Long> arrived = ConcurrentHashMap.newKeySet();
    private final AtomicInteger foreign = new AtomicInteger();

    private UdpFlow(Namespace from, String address, int port, int sourcePort) {
        this.from = from;
        try {
            to = new InetSocketAddress(InetAddress.getByName(address), port);
            socket = Inside.call(from, () -> new DatagramSocket(sourcePort));
            socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static UdpFlow open(Namespace from, String address, int port) {
        return new UdpFlow(from, address, port, 0);
    }

    /** With a source port of the test's choice. */
    static UdpFlow open(Namespace from, String address, int port, int sourcePort) {
        return new UdpFlow(from, address, port, sourcePort);
    }

    /** Answers that came to this host and found no room in the socket: what a busy machine loses, and nobody on the way. */
    long unread() {
        return UdpSockets.dropCount(from, localPort());
    }

    int localPort() {
        return socket.getLocalPort();
    }

    /** Sends packets one after the other, each after the answer to the one before (or 3 s). */
    Account exchange(int count) {
        return exchange(count, ANSWER_MS);
    }

    /** The same with another patience. */
    Account exchange(int count, int answerMs) {
        Set<Long> sent = new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            long id = send();
            sent.add(id);
            long deadlineNs = System.nanoTime() + answerMs * 1_000_000L;
            while (!arrived.contains(id) && System.nanoTime() < deadlineNs) {
                receive((int) Math.max(1, (deadlineNs - System.nanoTime()) / 1_000_000));
            }
        }
        return account(sent);
    }

    /**
     * Sends packets at a rate, then waits until all are answered or no answer comes for a while. A sender that the machine held up goes on from then instead of catching up: a burst would be lost at the
     * receiver's socket, which holds some 270 packets.
     */
    Account stream(int count, int perSecond) {
        return stream(count, perSecond, 500);
    }

    /** The same with another patience, which has to be longer than any pause. */
    Account stream(int count, int perSecond, int quietMs) {
        Set<Long> sent = new LinkedHashSet<>();
        long startNs = System.nanoTime();
        AtomicBoolean sentAll = new AtomicBoolean();
        Thread receiver = Thread.ofPlatform().daemon().start(() -> {
            long quietSinceNs = System.nanoTime();
            while (System.nanoTime() - quietSinceNs < quietMs * 1_000_000L) {
                if (receive(LOOK_MS)) {
                    quietSinceNs = System.nanoTime();
                }
                if (sentAll.get() && arrived.size() >= everSent.size()) {
                    return;
                }
            }
        });
        for (int i = 0; i < count; i++) {
            long dueNs = startNs + i * (1_000_000_000L / perSecond);
            while (System.nanoTime() < dueNs) {
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
            long lateNs = System.nanoTime() - dueNs;
            if (lateNs > LATE_MAX_NS) {
                startNs += lateNs;
            }
            sent.add(send());
        }
        sentAll.set(true);
        try {
            receiver.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        while (arrived.size() < everSent.size() && receive(300)) {
            // Late ones.
        }
        return account(sent);
    }

    /** Reads answers to what others send until that has ended and no answer has come for a while. */
    void readUntil(BooleanSupplier ended) {
        boolean more = true;
        while (more || !ended.getAsBoolean()) {
            more = receive(ANSWER_MS / 10);
        }
    }

    /** Of all packets until now, those whose answer has not come to this host: it may have come and found no room in the socket, which does not count. */
    long unanswered() {
        return everSent.size() - arrived.size() - unread();
    }

    /** Sends one packet and returns its id. */
    long send() {
        long id = Payload.newId();
        everSent.add(id);
        try {
            socket.send(new DatagramPacket(Payload.of(id), Payload.BYTES, to));
        } catch (IOException e) {
            // No route, no neighbour: the packet is lost, which the account shows.
            return id;
        }
        return id;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one receiver at a time
    private boolean receive(int timeoutMs) {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        try {
            socket.setSoTimeout(timeoutMs);
            socket.receive(packet);
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            // An ICMP error of a packet before; the next receive goes on.
            return !socket.isClosed();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        long id = Payload.idAt(packet.getData(), 0);
        if (everSent.contains(id)) {
            arrived.add(id);
        } else {
            foreign.incrementAndGet();
        }
        return true;
    }

    private Account account(Set<Long> sent) {
        Set<Long> answered = new HashSet<>(sent);
        answered.retainAll(arrived);
        return new Account(sent, answered, foreign.get());
    }

    @Override
    public void close() {
        socket.close();
    }
}
