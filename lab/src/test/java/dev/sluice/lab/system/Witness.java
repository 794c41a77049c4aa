package dev.sluice.lab.system;

import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** A capture on an interface of a peer, from {@link #start} until {@link #close}. Frames are kept by a thread inside; any thread asks. */
final class Witness implements AutoCloseable {
    /** A frame and where it was going, seen from the interface's own host. */
    record Sighting(boolean outgoing, SeenFrame frame) {}

    private static final int IDLE_MS = 4;

    private final LabInterface on;
    private final List<Sighting> sightings = new ArrayList<>();
    private final AtomicLong idleRounds = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean closing;

    private Witness(LabInterface on) {
        this.on = on;
        thread = Inside.start(on.namespace(), "witness-" + on, this::run);
    }

    static Witness start(LabInterface on) {
        Witness witness = new Witness(on);
        try {
            witness.ready.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return witness;
    }

    private void run() {
        try (FrameSocket socket = FrameSocket.open(on.name(), false)) {
            ready.countDown();
            while (!closing) {
                Optional<FrameSocket.Frame> frame = socket.receive();
                if (frame.isPresent()) {
                    keep(frame.get());
                } else {
                    lost.addAndGet(socket.dropCount());
                    idleRounds.incrementAndGet();
                    FrameSocket.awaitAny(List.of(socket), IDLE_MS);
                }
            }
        } finally {
            ready.countDown();
        }
    }

    private void keep(FrameSocket.Frame frame) {
        Sighting sighting = new Sighting(frame.outgoing(), SeenFrame.of(frame.bytes()));
        synchronized (sightings) {
            sightings.add(sighting);
        }
    }

    /** All that passed before the call. */
    List<Sighting> all() {
        long before = idleRounds.get();
        Waits.until(
                "the capture on " + on + " has caught up",
                Duration.ofSeconds(10),
                () -> idleRounds.get() >= before + 2 || !thread.isAlive());
        if (lost.get() > 0) {
            throw new LabException("the capture on " + on + " lost " + lost.get() + " frames, so it proves nothing");
        }
        synchronized (sightings) {
            return List.copyOf(sightings);
        }
    }

    /** Frames that the interface received. */
    List<SeenFrame> in(Predicate<SeenFrame> which) {
        return frames(false, which);
    }

    /** Frames that the interface sent. */
    List<SeenFrame> out(Predicate<SeenFrame> which) {
        return frames(true, which);
    }

    private List<SeenFrame> frames(boolean outgoing, Predicate<SeenFrame> which) {
        return all().stream()
                .filter(s -> s.outgoing == outgoing)
                .map(Sighting::frame)
                .filter(which)
                .toList();
    }

    /** Ids of payloads that passed in either direction. */
    Set<Long> ids() {
        Set<Long> ids = new HashSet<>();
        all().forEach(s -> ids.add(s.frame.id()));
        ids.remove(0L);
        return ids;
    }

    /** Forgets what passed so far. */
    void clear() {
        all();
        synchronized (sightings) {
            sightings.clear();
        }
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
