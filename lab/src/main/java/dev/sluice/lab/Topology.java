package dev.sluice.lab;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A network of namespaces and wires that vanishes when it is closed, or when the JVM ends, in the reverse order of its making. Written by the
 * thread that builds it; the lock is there for the shutdown hook.
 */
public final class Topology implements AutoCloseable {
    private static final AtomicInteger SEQUENCE = new AtomicInteger();

    private record Cleanup(String what, Runnable action) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Cleanup> cleanups = new ArrayDeque<>();
    private final Map<String, Namespace> namespaces = new LinkedHashMap<>();
    private final LabName prefix;
    private final Path logDirectory;
    private final Thread hook;
    private int macCount;
    private boolean closed;

    private Topology(LabName prefix, Path logDirectory) {
        this.prefix = prefix;
        this.logDirectory = logDirectory;
        this.hook = new Thread(this::closeAtExit, "lab-cleanup-" + prefix);
    }

    /** An empty topology; needs what {@link Privilege} says. */
    public static Topology create() {
        Privilege.prepare();
        Lab.sweep();
        LabName prefix = LabName.own(SEQUENCE.incrementAndGet());
        Topology topology = new Topology(prefix, LogFolders.create(prefix));
        topology.onClose("log folder", () -> LogFolders.delete(topology.logDirectory));
        Runtime.getRuntime().addShutdownHook(topology.hook);
        return topology;
    }

    /** What the names of all its namespaces begin with. */
    public LabName prefix() {
        return prefix;
    }

    /** Where the logs of its processes are; deleted on close. */
    public Path logDirectory() {
        return logDirectory;
    }

    /** Its namespaces by their short names, in order of making. */
    public Map<String, Namespace> namespaces() {
        return Map.copyOf(namespaces);
    }

    /** The namespace of that short name. */
    public Namespace get(String name) {
        Namespace namespace = namespaces.get(name);
        if (namespace == null) {
            throw new LabException("topology has no namespace '" + name + "', only " + namespaces.keySet());
        }
        return namespace;
    }

    /** Makes a namespace: loopback up, no duplicate address detection, no router advertisements, no forwarding, bridges not filtered. */
    public Namespace namespace(String name) {
        LabName.checkPart(name);
        lock.lock();
        try {
            checkOpen();
            if (namespaces.containsKey(name)) {
                throw new LabException("topology has a namespace '" + name + "' already");
            }
            Namespace namespace = new Namespace(this, name, prefix.of(name));
            onClose("namespace " + name, namespace::delete);
            namespace.create();
            namespaces.put(name, namespace);
            return namespace;
        } finally {
            lock.unlock();
        }
    }

    /** Makes a wire (veth pair) between two namespaces, up at both ends, MTU 1,500, with locally administered MAC addresses counted up. */
    public Wire wire(Namespace a, String interfaceA, Namespace b, String interfaceB) {
        lock.lock();
        try {
            checkOpen();
            return Wire.create(a, interfaceA, nextMac(), b, interfaceB, nextMac());
        } finally {
            lock.unlock();
        }
    }

    /** Starts a process that is ended with this topology. */
    LabProcess start(String name, List<String> command) {
        lock.lock();
        try {
            checkOpen();
            Path log = logDirectory.resolve(name + "-" + SEQUENCE.incrementAndGet() + ".log");
            LabProcess process = LabProcess.start(name, command, log);
            onClose("process " + name, process::stop);
            return process;
        } finally {
            lock.unlock();
        }
    }

    /** A fresh file beside the logs. */
    Path freshFile(String name) {
        return logDirectory.resolve(name + "-" + SEQUENCE.incrementAndGet());
    }

    private String nextMac() {
        macCount++;
        return String.format("02:5c:00:00:%02x:%02x", macCount >>> 8 & 0xff, macCount & 0xff);
    }

    private void onClose(String what, Runnable action) {
        cleanups.push(new Cleanup(what, action));
    }

    private void checkOpen() {
        if (closed) {
            throw new LabException("topology " + prefix + " is closed");
        }
    }

    /** Removes everything; goes on when a part resists and says so at the end. Does nothing the second time. */
    @Override
    public void close() {
        List<String> problems = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            while (!cleanups.isEmpty()) {
                Cleanup cleanup = cleanups.pop();
                try {
                    cleanup.action.run();
                } catch (RuntimeException e) {
                    problems.add(cleanup.what + ": " + e.getMessage());
                }
            }
        } finally {
            lock.unlock();
        }
        forgetHook();
        if (!problems.isEmpty()) {
            throw new LabException("topology " + prefix + " left something behind (try 'sluice lab down'):\n"
                    + String.join("\n", problems));
        }
    }

    private void forgetHook() {
        if (!Thread.currentThread().equals(hook)) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is ending already: the hook finds nothing to do.
                assert closed;
            }
        }
    }

    private void closeAtExit() {
        try {
            close();
        } catch (LabException e) {
            System.err.println(e.getMessage());
        }
    }
}
