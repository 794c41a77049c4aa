package dev.sluice.testkit.robust;

import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.robust.Subject.Event;
import dev.sluice.testkit.robust.Subject.Sent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a sequence of events that breaks a rule of {@link Subject}, and makes it short. One user: the test.
 *
 * <p>What comes in is valid, damaged, made up, or what the switch itself had sent a moment ago: as it was or damaged, at the port where a node gives it
 * back or at any other.
 */
final class Hunt {
    private static final int REMEMBERED = 64;
    private static final int SEQUENCE_MAX = 2_000;
    private static final int SHRINK_TRIALS_MAX = 3_000;

    private final List<MemoryFrame> seeds = Seeds.all();
    private final Random random;
    private final Mutator mutator;
    private final List<Sent> recent = new ArrayList<>();

    private Hunt(long seed) {
        random = new Random(seed);
        mutator = new Mutator(random);
    }

    /** A broken rule in words, with the seed and the events that break it; null if {@code events} events broke none. */
    static @Nullable String run(long seed, int events) {
        String broken = new Hunt(seed).run(events, null);
        return broken == null ? null : "seed " + seed + ": " + broken;
    }

    /** A number that stands for everything the switch did. */
    static long digest(long seed, int events) {
        long[] digest = new long[1];
        new Hunt(seed).run(events, digest);
        return digest[0];
    }

    private @Nullable String run(int events, long @Nullable [] digest) {
        Deque<Event> happened = new ArrayDeque<>();
        try (Subject subject = new Subject()) {
            for (int i = 0; i < events; i++) {
                Event event = i % 4096 == 4095 ? new Event.Quiet() : next();
                happened.add(event);
                if (happened.size() > SEQUENCE_MAX) {
                    happened.removeFirst();
                }
                String broken = subject.take(event);
                if (broken != null) {
                    return "event " + i + ": " + broken + "\n" + shrunk(new ArrayList<>(happened));
                }
                remember(subject.lastSent());
            }
            if (digest != null) {
                digest[0] = subject.digest();
            }
            return subject.take(new Event.Quiet());
        }
    }

    private void remember(List<Sent> sent) {
        recent.addAll(sent);
        while (recent.size() > REMEMBERED) {
            recent.removeFirst();
        }
    }

    private Event next() {
        int kind = random.nextInt(1000);
        if (kind < 4) {
            return new Event.Time(random.nextInt(3) * 700_000_000L + 1_000_000L);
        }
        if (kind < 8) {
            return new Event.Alive(random.nextInt(10), random.nextInt(3) > 0);
        }
        if (kind < 9) {
            return new Event.Reload();
        }
        if (kind < 400 && !recent.isEmpty()) {
            return giveBack(recent.get(random.nextInt(recent.size())));
        }
        return fresh(kind < 480);
    }

    private Event giveBack(Sent sent) {
        int port = random.nextInt(5) == 0 ? anyPort() : partner(sent.port());
        boolean damaged = random.nextInt(3) == 0;
        return new Event.Frame(port, damaged ? mutator.mutate(sent.frame()) : sent.frame());
    }

    private Event fresh(boolean noise) {
        int port = anyPort();
        if (noise) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            return new Event.Frame(port, MemoryFrame.plain(bytes));
        }
        MemoryFrame seed = seeds.get(random.nextInt(seeds.size()));
        boolean group = (RawFrames.u8(seed.bytes(), 0) & 1) != 0;
        MemoryFrame addressed =
                group ? seed : withBytes(seed, RawFrames.withDestination(seed.bytes(), Worlds.mac(port)));
        return new Event.Frame(port, random.nextInt(3) == 0 ? addressed : mutator.mutate(addressed));
    }

    private int anyPort() {
        int port = random.nextInt(Worlds.PORTS);
        return isLink(port) ? Worlds.ONE : port;
    }

    static boolean isLink(int port) {
        return port == Worlds.LINK_NEAR || port == Worlds.LINK_FAR;
    }

    /** Where something that was sent out of a port comes back, mostly. */
    private static int partner(int port) {
        return switch (port) {
            case Worlds.LEFT, Worlds.FAR -> Worlds.RIGHT;
            case Worlds.RIGHT -> Worlds.LEFT;
            case Worlds.ARM, Worlds.COPY -> port;
            default -> port % 2 == 1 ? port + 1 : port - 1;
        };
    }

    static MemoryFrame withBytes(MemoryFrame f, byte[] bytes) {
        return new MemoryFrame(
                bytes, f.offload(), f.gsoType(), f.gsoSizeBytes(), f.gsoHeaderBytes(), f.csumStart(), f.csumOffset());
    }

    // Making it short: events from the front, then events in the middle, then bytes of the last frame.

    private static String shrunk(List<Event> found) {
        List<Event> events = found;
        if (!breaks(events)) {
            return "needs more than the last " + found.size() + " events: run the seed again. The last one:\n"
                    + words(found.getLast());
        }
        int trials = 0;
        for (int step = events.size() / 2; step > 0; step /= 2) {
            for (int from = 0; from + step < events.size() && trials++ < SHRINK_TRIALS_MAX; ) {
                List<Event> fewer = new ArrayList<>(events.subList(0, from));
                fewer.addAll(events.subList(from + step, events.size()));
                if (breaks(fewer)) {
                    events = fewer;
                } else {
                    from += step;
                }
            }
        }
        events = withShorterFrame(events);
        StringBuilder words = new StringBuilder();
        events.forEach(event -> words.append(words(event)).append('\n'));
        return words.toString();
    }

    private static List<Event> withShorterFrame(List<Event> events) {
        List<Event> best = events;
        for (int step = 64; step > 0 && best.getLast() instanceof Event.Frame; step /= 2) {
            for (int at = 0;
                    best.getLast() instanceof Event.Frame last
                            && at + step <= last.frame().bytes().length; ) {
                byte[] fewer = RawFrames.spliced(last.frame().bytes(), at, at + step, new byte[0]);
                List<Event> trial = new ArrayList<>(best);
                trial.set(best.size() - 1, new Event.Frame(last.port(), withBytes(last.frame(), fewer)));
                if (breaks(trial)) {
                    best = trial;
                } else {
                    at += step;
                }
            }
        }
        return best;
    }

    private static boolean breaks(List<Event> events) {
        try (Subject subject = new Subject()) {
            for (Event event : events) {
                if (subject.take(event) != null) {
                    return true;
                }
            }
            return false;
        }
    }

    static String words(Event event) {
        return event instanceof Event.Frame(int port, MemoryFrame f)
                ? "frame at port " + port + " "
                        + HexFormat.of().formatHex(f.bytes(), 0, Math.min(400, f.bytes().length))
                        + " (" + f.bytes().length + " bytes) offload " + f.offload() + " "
                        + Arrays.toString(new int[] {
                            f.gsoType(), f.gsoSizeBytes(), f.gsoHeaderBytes(), f.csumStart(), f.csumOffset()
                        })
                : event.toString();
    }
}
