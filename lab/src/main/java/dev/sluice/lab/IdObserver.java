package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A witness on an interface of a node (or a tap that gets copies): says which ids it saw, by a capture of its own. */
public final class IdObserver {
    /** Which frames count, seen from the interface's namespace. */
    public enum Direction {
        /** What the interface receives. */
        IN,
        /** What it sends. */
        OUT,
        /** Both. */
        BOTH
    }

    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration CATCH_UP = Duration.ofSeconds(20);
    private static final Pattern STATE = Pattern.compile("frames=(\\d+) unseen=(\\d+)");

    private final LabProcess process;
    private final Path ids;
    private long unseenBefore;

    private IdObserver(LabProcess process, Path ids) {
        this.process = process;
        this.ids = ids;
    }

    /** Starts to observe. */
    public static IdObserver start(LabInterface on, Direction direction) {
        Path ids = on.namespace().topology().freshFile("observed-" + on.name());
        LabProcess process = on.namespace()
                .startJava(
                        "observer-" + on.name(),
                        IdObserverMain.class,
                        List.of(
                                "--on", on.name(), //
                                "--direction", direction.name().toLowerCase(Locale.ROOT), //
                                "--ids", ids.toString()))
                .awaitReady(START);
        return new IdObserver(process, ids);
    }

    /**
     * What begins now is what the observer has to answer for: frames that it lost before, as in a download faster than it reads, make no later
     * account wrong.
     */
    public void answerFromNow() {
        synchronise();
        unseenBefore = state(2);
    }

    /** The different ids seen so far; none that came before the call is missing. */
    public Set<Long> seen() {
        synchronise();
        Set<Long> seen = new HashSet<>();
        for (long id : IdFile.read(ids)) {
            seen.add(id);
        }
        return seen;
    }

    /** All sightings of ids so far, repetitions included. */
    public long sightingCount() {
        synchronise();
        return IdFile.read(ids).length;
    }

    /** Frames seen so far, whatever they carry; behind by 50 ms at most. */
    public long frameCount() {
        return state(1);
    }

    /** Frames that came too fast for the observer since {@link #answerFromNow}: while this is not 0, what it did not see proves nothing. */
    public long unseenCount() {
        return state(2) - unseenBefore;
    }

    /** The capturing process. */
    LabProcess process() {
        return process;
    }

    private void synchronise() {
        Path sync = Path.of(ids + ".sync");
        try {
            Files.writeString(sync, "");
        } catch (IOException e) {
            throw new LabException("file " + sync + " cannot be written: " + e.getMessage(), e);
        }
        Waits.until(
                "the observer has caught up", CATCH_UP, () -> !Files.exists(sync) || !process.isAlive(), process::log);
        if (!process.isAlive()) {
            throw new LabException("the observer process '" + process.name() + "' has ended:\n" + process.log());
        }
    }

    private long state(int group) {
        Matcher matcher = STATE.matcher(process.lastLine("frames=").orElse(""));
        return matcher.matches() ? Long.parseLong(matcher.group(group)) : 0;
    }
}
