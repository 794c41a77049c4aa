package dev.sluice.datapath.planted;

import java.nio.file.Path;

/** Reads the clock, starts threads, knows files and logs; uses what lies above it. */
public record ClockReader(Path file, Thread thread, org.slf4j.Logger log) {
    static final Object LINKER = java.lang.foreign.Linker.class;

    static long now() {
        return System.nanoTime();
    }

    static long wallClock() {
        return System.currentTimeMillis();
    }
}
