package dev.sluice.cli;

import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;

/** A UDP flow from a host to one that answers each packet: sent one after the other, each with a number, each answer found or missed. */
final class EchoFlow implements AutoCloseable {
    private static final int ANSWER_MS = 5_000;
    private static final int BYTES = 64;

    private final DatagramSocket socket;
    private final InetSocketAddress to;
    private volatile boolean ending;
    private long sent;
    private long lost;
    private Thread sender = new Thread();

    private EchoFlow(DatagramSocket socket, InetSocketAddress to) {
        this.socket = socket;
        this.to = to;
    }

    /** Answers in a namespace until the JVM ends. */
    static void echo(Namespace namespace, int port) {
        DatagramSocket socket = Inside.call(namespace, () -> new DatagramSocket(port));
        Thread.ofPlatform().daemon().name("echo").start(() -> {
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            while (true) {
                try {
                    socket.receive(packet);
                    socket.send(packet);
                } catch (IOException e) {
                    // An ICMP error of a packet before.
                }
            }
        });
    }

    static EchoFlow open(Namespace from, String address, int port) {
        return new EchoFlow(Inside.call(from, () -> new DatagramSocket()), new InetSocketAddress(address, port));
    }

    /** Sends a packet and waits for its answer; whether it came. */
    boolean exchange() {
        return exchange(ANSWER_MS);
    }

    /** The same with another patience. */
    boolean exchange(int answerMs) {
        try {
            long number = ++sent;
            byte[] bytes = ByteBuffer.allocate(BYTES).putLong(number).array();
            socket.send(new DatagramPacket(bytes, BYTES, to));
            DatagramPacket answer = new DatagramPacket(new byte[BYTES], BYTES);
            socket.setSoTimeout(answerMs);
            do {
                socket.receive(answer);
            } while (ByteBuffer.wrap(answer.getData()).getLong() != number);
            return true;
        } catch (SocketTimeoutException e) {
            lost++;
            return false;
        } catch (IOException e) {
            lost++;
            throw new AssertionError(e);
        }
    }

    /** Goes on sending, a packet each few milliseconds, until {@link #end}. */
    EchoFlow goOn() {
        sender = Thread.ofPlatform().daemon().start(() -> {
            while (!ending) {
                exchange();
                try {
                    Thread.sleep(3);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        return this;
    }

    /** Sends no more; how many were lost. */
    long end() {
        ending = true;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        socket.close();
        return lost;
    }

    /** How many were sent. */
    long sent() {
        return sent;
    }

    @Override
    public void close() {
        end();
    }
}
