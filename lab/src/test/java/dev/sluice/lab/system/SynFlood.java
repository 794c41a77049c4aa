package dev.sluice.lab.system;

import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.MacAddress;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** SYNs from random addresses to one port, at a rate: more than programs like hping3 manage. Its own thread; any thread reads the counts. */
final class SynFlood implements AutoCloseable {
    private static final int FRAME_BYTES = 54;
    private static final int IP = 14;
    private static final int TCP = 34;
    private static final int IP_BYTES = 40;
    private static final int TCP_BYTES = 20;
    private static final int CHECKSUM_OF_TCP = 16;
    private static final int SYN = 2;
    private static final long NS_PER_S = 1_000_000_000L;
    private static final long SLICE_NS = 1_000_000;

    private final int perSecond;
    private final Random random = new Random(11);
    private final byte[] frame = new byte[FRAME_BYTES];
    private final MemorySegment memory = MemorySegment.ofArray(frame);
    private final int destination;
    private final AtomicLong sent = new AtomicLong();
    private final long startNs = System.nanoTime();
    private final Thread thread;
    private volatile boolean closing;

    private SynFlood(LabInterface from, String mac, String address, int port, int perSecond) {
        this.perSecond = perSecond;
        destination = (int) IpAddress.parse(address).orElseThrow().lo();
        long to = MacAddress.parse(mac).orElseThrow().bits();
        for (int i = 0; i < 6; i++) {
            frame[i] = (byte) (to >>> (40 - 8 * i));
        }
        frame[6] = 2;
        frame[11] = 1;
        put16(12, 0x0800);
        frame[IP] = 0x45;
        put16(IP + 2, IP_BYTES);
        frame[IP + 8] = 64;
        frame[IP + 9] = IpProtocols.TCP;
        put32(IP + 16, destination);
        put16(TCP + 2, port);
        frame[TCP + 12] = 0x50;
        frame[TCP + 13] = SYN;
        put16(TCP + 14, 1024);
        thread = Inside.start(from.namespace(), "syn-flood", () -> run(from.name()));
    }

    /** From now on until it is closed; to a host in the same subnet. */
    static SynFlood start(LabInterface from, LabInterface to, String address, int port, int perSecond) {
        return new SynFlood(from, to.mac(), address, port, perSecond);
    }

    private void put16(int at, int value) {
        frame[at] = (byte) (value >>> 8);
        frame[at + 1] = (byte) value;
    }

    private void put32(int at, int value) {
        put16(at, value >>> 16);
        put16(at + 2, value);
    }

    private void run(String interfaceName) {
        try (FrameSocket socket = FrameSocket.open(interfaceName, true)) {
            while (!closing) {
                long due = (System.nanoTime() - startNs) * perSecond / NS_PER_S;
                while (sent.get() < due && !closing) {
                    next();
                    sent.addAndGet(socket.send(FrameSocket.Frame.of(frame)) ? 1 : 0);
                }
                LockSupport.parkNanos(SLICE_NS);
            }
        }
    }

    /** Another address from 11.0.0.0/8 on, another port. */
    private void next() {
        int source = 0x0b00_0000 + random.nextInt(0x3000_0000);
        put32(IP + 12, source);
        put16(IP + 10, 0);
        put16(IP + 10, Checksum.of(memory, IP, 20));
        put16(TCP, 1024 + random.nextInt(60_000));
        put32(TCP + 4, random.nextInt());
        put16(TCP + CHECKSUM_OF_TCP, 0);
        long pseudo = Checksum.pseudoIpv4(source, destination, IpProtocols.TCP, TCP_BYTES);
        put16(TCP + CHECKSUM_OF_TCP, Checksum.layer4(memory, pseudo, TCP, TCP_BYTES, CHECKSUM_OF_TCP));
    }

    /** Each second since it began, as far as they really went out. */
    long perSecond() {
        return sent.get() * NS_PER_S / Math.max(1, System.nanoTime() - startNs);
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
