package dev.sluice.testkit.sim;

/** What is wrong with a disk for now. One user. */
final class DiskState {
    boolean full;

    /** So long each write takes. */
    long slowNs;

    /** The process ends: 1: before the next write, 2: behind it; 0: it does not. */
    int crashAtWrite;

    /** Writes are over: as good as new. */
    void mend() {
        full = false;
        slowNs = 0;
        crashAtWrite = 0;
    }

    void beforeWrite() {
        if (crashAtWrite == 1) {
            crashAtWrite = 0;
            throw new Crash("before a write to disk");
        }
    }

    void afterWrite() {
        if (crashAtWrite == 2) {
            crashAtWrite = 0;
            throw new Crash("behind a write to disk");
        }
    }
}
